"""Unknown and repeated ids in panoptic files: of images, categories and segments."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from segeval.data import wrong_ids
from segeval.data.panoptic.columns import LARGEST_ID, PanopticSegments
from segeval.errors import MismatchError
from segeval.findings import Finding
from segeval.words import counted, first_few, more_like_it

NO_ISTHING = "a category has no isthing, expected 1 for things and 0 for stuff"

FEW_IDS = 5
"""Most ids of segments that are listed."""


def unknown_categories(
    segments: PanopticSegments, gt: PanopticSegments | None = None
) -> Iterator[Finding]:
    """Segments of unknown categories.

    Args:
        segments: segments of predictions or ground truth.
        gt: the ground truth of predictions, whose categories count and whose images alone are
            checked; None for a file with its own list.
    """
    image = _image_of(segments)
    listing = segments if gt is None else gt
    yield from wrong_ids.unknown_ids(
        "category",
        segments.category_id,
        listing.categories.id,
        source=segments.source,
        noun="segment",
        name=segments.name,
        owner=None if gt is None else gt.source,
        place=lambda row: int(image[row]),
        keys=listing.categories.keys,
        taking=None if gt is None else np.isin(segments.image_id, gt.image_id)[image],
    )


def repeated_ids(segments: PanopticSegments) -> Iterator[Finding]:
    """Repeated ids of images and categories, and of segments in one image."""
    ids, source = segments.image_id, segments.source
    keys = segments.images.keys
    yield from wrong_ids.repeated_ids("image", ids, source=source, field="image_id", keys=keys)
    listed = segments.categories
    yield from wrong_ids.repeated_ids("category", listed.id, source=source, keys=listed.keys)
    image = _image_of(segments)
    again = wrong_ids.repetitions(image * (LARGEST_ID + 1) + segments.id)
    if len(again):
        first = segments.name(int(again[0]))
        yield Finding(
            "error",
            "segment ids",
            f"{first}: the image has two segments with this id, expected every id once per image."
            f"{more_like_it(len(again))}",
            count=len(again),
            path=source,
            index=int(image[again[0]]),
            first=first,
            code="duplicate-id",
            field="segments_info.id",
        )


def unseen_segments(
    segments: PanopticSegments, image: int, ids: NDArray[np.integer] | Sequence[int]
) -> Finding:
    """Segments that the picture of their image lacks.

    Args:
        segments: segments of one file.
        image: place of the image.
        ids: ids of the segments.
    """
    return Finding(
        "error",
        "segment ids",
        f"lists {counted(len(ids), 'segment')} of image_id {segments.shown_image(image)} that "
        f"{segments.path(image)} does not have: {few_ids(ids)}",
        count=len(ids),
        path=segments.source,
        index=image,
        hint="Leave out segments without pixels.",
        code="segment-ids",
        field="segments_info",
        error=MismatchError,
    )


def _image_of(segments: PanopticSegments) -> NDArray[np.int64]:
    """The place of the image of every segment, int64, shape (S,)."""
    return np.repeat(np.arange(len(segments)), np.diff(segments.offsets))


def few_ids(ids: NDArray[np.integer] | Sequence[int]) -> str:
    """The first ids of a list in words."""
    return first_few([str(each) for each in ids], FEW_IDS)
