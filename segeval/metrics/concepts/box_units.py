"""Boxes as parts of the image: SA-Co writes x, y, width and height from 0 to 1, not in pixels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from segeval.data import GroundTruth, Predictions
from segeval.errors import MismatchError

ENOUGH = 2.0**20
"""What parts of an image are multiplied by, a power of two: no digit of an IoU changes."""

BEYOND = 1.0
"""By how much predicted boxes may reach beyond the image, in its sides."""


def are_parts(boxes: NDArray[np.float64]) -> bool:
    """Whether all boxes, of which there is at least one, lie within 0 and 1 or not far from it.

    Args:
        boxes: xywh, float64, shape (N, 4); NaN rows are missing.
    """
    known = boxes[~np.isnan(boxes).any(axis=1)]
    if not len(known):
        return False
    ends = known[:, :2] + known[:, 2:]
    return bool(known.min() >= -BEYOND and ends.max() <= 1 + BEYOND)


def in_one_unit(
    preds: Predictions, gts: Sequence[GroundTruth]
) -> tuple[Predictions, list[GroundTruth]]:
    """The files with boxes that are parts of the image made as large as those in pixels.

    Their images then have no size. Where a prediction has no box, nothing changes: its mask has
    one in pixels.

    Args:
        preds: the predictions.
        gts: the ground truth of all annotators.

    Raises:
        MismatchError: if boxes are parts of the image in some files and pixels in others.
    """
    every: list[Predictions | GroundTruth] = [preds, *gts]
    boxed = [each for each in every if not np.isnan(each.boxes).all()]
    parts = [are_parts(each.boxes) for each in boxed]
    if not any(parts) or np.isnan(preds.boxes).any():
        return preds, list(gts)
    if not all(parts):
        one, other = boxed[parts.index(True)], boxed[parts.index(False)]
        raise MismatchError(
            f"{one.source}: all boxes lie within -1 .. 2, as parts of the image, and those of "
            f"{other.source} do not, as pixels; expected one of both in all files. Pixels divided "
            "by width and height of the image are its parts.",
            code="fractions-beside-pixels",
            path=one.source,
            field="bbox",
        )
    return replace(preds, boxes=preds.boxes * ENOUGH), [
        replace(
            each,
            boxes=each.boxes * ENOUGH,
            images=replace(each.images, sizes=np.full_like(each.images.sizes, -1)),
        )
        for each in gts
    ]
