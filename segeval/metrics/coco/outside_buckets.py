"""Which records are outside of a size bucket, and what buckets relative to images need for that."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from segeval.data import GroundTruth
from segeval.data.wrong_sizes import unknown_sizes_of
from segeval.findings import raise_first
from segeval.metrics.coco.request import Request
from segeval.metrics.coco.selection import Selection
from segeval.metrics.sizes import SizeBucket


def outside_buckets(
    area: NDArray[np.float64],
    image_id: NDArray[np.int64],
    gt: GroundTruth,
    request: Request,
) -> NDArray[np.bool_]:
    """Whether each of N records is outside of each of the A buckets of a request, shape (A, N).

    Args:
        area: of the records, in pixels squared, float64, shape (N,).
        image_id: of the image of each, int64, shape (N,).
        gt: the ground truth, which has the sizes of images.
        request: how records are judged.
    """
    measured = [area]
    if has_relative(request.buckets):
        sides = np.maximum(gt.images.sizes_of(image_id), 1).astype(np.float64)
        # A quotient is rounded once: 7 of 100 pixels are 0.07 to the last bit.
        measured.append(area / sides.prod(axis=1))
    beyond = np.greater_equal if request.rules.ends_are_open else np.greater
    found = np.empty((len(request.buckets), len(area)), np.bool_)
    for row, bucket in zip(found, request.buckets, strict=True):
        own = measured[bucket.relative]
        row[:] = (own < bucket.min_area) | beyond(own, bucket.max_area)
    return found


def has_relative(sizes: Sequence[SizeBucket]) -> bool:
    """Whether a bucket is relative to the image."""
    return any(size.relative for size in sizes)


def check_image_sizes(gt: GroundTruth, selection: Selection, request: Request) -> None:
    """Refuse images of unknown size that have records, where buckets are relative to the image.

    Raises:
        FormatError: for an image without a height and width above 0.
    """
    if not has_relative(request.buckets):
        return
    used = np.union1d(selection.gt_image, selection.pred_image)
    rows = np.sort(selection.image_rows[used])
    needed = "Size buckets relative to the image need it."
    raise_first(unknown_sizes_of(gt.images, rows, source=gt.source, needed=needed))
