"""Ids of panoptic files: of images, categories and segments that do not exist, or exist twice."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from segeval.data.panoptic.read import PanopticSegments
from segeval.data.wrong_ids import unknown_ids
from segeval.errors import InputError, MismatchError
from segeval.findings import Finding, refusal
from segeval.words import counted

FEW_IDS = 5
"""So many ids of segments are listed."""


def unknown_categories(
    segments: PanopticSegments, gt: PanopticSegments | None = None
) -> Iterator[Finding]:
    """Segments of a category that is not listed.

    Args:
        segments: of predictions or of ground truth.
        gt: the ground truth of predictions: its categories count, and its images alone are looked
            at; None for a file that has its own list.
    """
    image = np.repeat(np.arange(len(segments)), np.diff(segments.offsets))
    listing = segments if gt is None else gt
    yield from unknown_ids(
        "category",
        segments.category_id,
        listing.categories.id,
        source=segments.source,
        noun="segment",
        name=lambda row: f"segment {segments.id[row]} (image_id {segments.image_id[image[row]]})",
        owner=None if gt is None else gt.source,
        place=lambda row: int(image[row]),
        taking=None if gt is None else np.isin(segments.image_id, gt.image_id)[image],
    )


def unseen_segments(
    segments: PanopticSegments, image: int, ids: NDArray[np.integer] | Sequence[int]
) -> InputError:
    """The error for segments that the picture of their image does not have.

    Args:
        segments: of one file.
        image: place of the image.
        ids: of the segments.
    """
    return refusal(
        segments.source,
        f"lists {counted(len(ids), 'segment')} of image_id {segments.image_id[image]} that "
        f"{segments.path(image)} does not have: {few_ids(ids)}",
        code="segment-ids",
        rows=image,
        field="segments_info",
        hint="Leave out segments without pixels.",
        error=MismatchError,
        told=len(ids),
    )


def few_ids(ids: NDArray[np.integer] | Sequence[int]) -> str:
    """The first ids of a list in words."""
    return ", ".join(map(str, ids[:FEW_IDS])) + (", ..." if len(ids) > FEW_IDS else "")
