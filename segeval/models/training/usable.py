"""Which annotations of a COCO file can be trained on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from segeval.data import GroundTruth
from segeval.data.ids import rows_of
from segeval.data.segments import BATCH
from segeval.errors import FormatError, MismatchError, Note
from segeval.masks import area
from segeval.words import counted, ids_hint, more_like_it, size_text


@dataclass(frozen=True, eq=False)
class Usable:
    """What is trained on.

    Attributes:
        rows: annotations in file order, int64, shape (M,).
        images: places of the images in the file, ascending, int64, shape (I,).
        notes: what was left out.
    """

    rows: NDArray[np.int64]
    images: NDArray[np.int64]
    notes: tuple[Note, ...]


def check_references(gt: GroundTruth) -> NDArray[np.int64]:
    """The place of the image of each annotation, int64, shape (M,).

    Raises:
        FormatError: if there are no categories or no annotations at all.
        MismatchError: if an annotation is of an image or a category that is not listed.
    """
    for noun, count in (("categories", len(gt.categories)), ("annotations", len(gt))):
        if not count:
            raise FormatError(
                f"{gt.source}: has no {noun}, so there is nothing to train on.",
                code=f"no-{noun}",
                path=gt.source,
                field=noun,
            )
    image = rows_of(gt.image_id, gt.images.id)
    category = rows_of(gt.category_id, gt.categories.id)
    for noun, found, ids, known in (
        ("image", image, gt.image_id, gt.images.id),
        ("category", category, gt.category_id, gt.categories.id),
    ):
        wrong = np.flatnonzero(found < 0)
        if len(wrong):
            hint = ids_hint(ids, known)
            first = int(wrong[0])
            raise MismatchError(
                f"{gt.describe(first)}: {noun}_id is {ids[first]}, which the file does not list."
                f"{more_like_it(len(wrong))}{' ' * bool(hint)}{hint}",
                code=f"unknown-{noun}",
                path=gt.source,
                index=first,
                field=f"{noun}_id",
                count=len(wrong),
            )
    return image


def usable_annotations(
    gt: GroundTruth,
    image: NDArray[np.int64],
    sizes: NDArray[np.int32],
    *,
    keep_empty: bool = False,
) -> Usable:
    """The annotations that are trained on, and their images.

    Every mask is drawn once, a few thousand at a time, so that malformed ones are found before
    training starts.

    Args:
        gt: ground truth that `check_references` has passed.
        image: place of the image of each annotation, int64, shape (M,).
        sizes: (H, W) of every image, int32, shape (I, 2).
        keep_empty: whether images without any are kept.

    Raises:
        FormatError: if a mask is malformed, or of another size than its image, or if no annotation
            can be trained on.
    """
    no_box, outside = _box_defects(gt, sizes[image])
    left = ~gt.is_crowd
    notes: list[Note] = []
    for code, wrong, reason in (
        ("crowd", gt.is_crowd, "a crowd region, which is not trained on"),
        ("empty-box", no_box, "without an area in its box"),
        ("outside", outside, "outside its image"),
    ):
        rows = np.flatnonzero(wrong & (left | (code == "crowd")))
        left &= ~wrong
        notes += _left_out(gt, code, rows, reason)
    rows = np.flatnonzero(left)
    empty, short = _empty_masks(gt, rows, sizes[image[rows]])
    notes += _left_out(gt, "empty-mask", rows[empty], "without a pixel in its mask")
    if short:
        found = counted(short, "polygon has a part", "polygons have parts")
        notes.append(Note("short-part", f"{found} of fewer than three points", short))
    rows = rows[~empty]
    if not len(rows):
        reasons = "; ".join(note.message for note in notes)
        raise FormatError(
            f"{gt.source}: none of {counted(len(gt), 'annotation')} can be trained on: {reasons}.",
            code="no-annotations",
            path=gt.source,
            field="annotations",
            count=len(gt),
        )
    images = np.arange(len(gt.images)) if keep_empty else np.unique(image[rows])
    return Usable(rows, images, tuple(notes))


def _box_defects(
    gt: GroundTruth, sizes: NDArray[np.int32]
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Whether each annotation's box is empty, and whether it lies outside; False without a box."""
    x, y, width, height = gt.boxes.T
    empty = (width <= 0) | (height <= 0)
    outside = (x >= sizes[:, 1]) | (y >= sizes[:, 0]) | (x + width <= 0) | (y + height <= 0)
    return np.asarray(empty), np.asarray(outside & ~empty)


def _empty_masks(
    gt: GroundTruth, rows: NDArray[np.int64], sizes: NDArray[np.int32]
) -> tuple[NDArray[np.bool_], int]:
    """Whether the mask of each of these annotations is empty; and polygons with short parts."""
    empty = np.zeros(len(rows), np.bool_)
    short: list[int] = []
    for first in range(0, len(rows), BATCH):
        part = slice(first, first + BATCH)
        some = rows[part]

        def describe(index: int, some: NDArray[np.int64] = some) -> str:
            return gt.describe(int(some[index]))

        segments = gt.segments.take(some)
        _check_sizes(segments.mask_sizes(sizes[part]), sizes[part], describe, gt.source)
        runs = segments.run_lengths(sizes[part], describe, on_short_parts=short.append)
        empty[part] = area(runs) == 0
    return empty, sum(short)


def _check_sizes(
    own: NDArray[np.int32],
    sizes: NDArray[np.int32],
    describe: Callable[[int], str],
    source: str,
) -> None:
    """Refuse masks, (N, 2), of another size than their images, (N, 2)."""
    wrong = np.flatnonzero((own != sizes).any(axis=1))
    if len(wrong):
        first = int(wrong[0])
        raise FormatError(
            f"{describe(first)}: its mask has {size_text(own[first])} pixels, its image "
            f"{size_text(sizes[first])} (H x W).{more_like_it(len(wrong))}",
            code="mask-size",
            path=source,
            index=first,
            field="segmentation",
            count=len(wrong),
        )


def _left_out(gt: GroundTruth, code: str, rows: NDArray[np.int64], reason: str) -> tuple[Note, ...]:
    """A note for annotations that are left out, if there are any."""
    if not len(rows):
        return ()
    found = counted(len(rows), "annotation")
    first = f", first annotation {gt.id[rows[0]]}" if code != "crowd" else ""
    return (Note(code, f"{found} left out: {reason}{first}", len(rows)),)
