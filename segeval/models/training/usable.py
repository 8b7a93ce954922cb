"""Annotations of a COCO file that are usable for training."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from segeval.checks import ground_truth as of_gt
from segeval.checks.agreement import SAMPLE, agreement
from segeval.checks.masks import mask_sizes
from segeval.checks.records import Records
from segeval.checks.repeats import repeats
from segeval.checks.whole_set import crowd_share
from segeval.data import GroundTruth
from segeval.data.ids import rows_of
from segeval.data.keys import shown_id
from segeval.data.segmentations import BATCH, Format
from segeval.errors import Note
from segeval.findings import note_of, raise_first, refusal
from segeval.masks import area
from segeval.models.box_defects import box_defects
from segeval.words import counted

NO_MASK = 'no segmentation, which only a model of boxes can do without (mask.kind="none")'
"""Why an annotation of a box alone is left out."""


@dataclass(frozen=True, eq=False)
class Usable:
    """Usable annotations and images.

    Attributes:
        rows: annotations in file order, int64, shape (M,).
        images: indices of the images in the file, ascending, int64, shape (I,).
        notes: what was left out.
    """

    rows: NDArray[np.int64]
    images: NDArray[np.int64]
    notes: tuple[Note, ...]


def check_references(gt: GroundTruth) -> NDArray[np.int64]:
    """The index of each annotation's image, int64, shape (M,).

    Raises:
        FormatError: if there are no categories or annotations, or an annotation refers to an
            unlisted image or category.
    """
    truth = Records(gt, gt)
    raise_first(of_gt.no_categories(truth))
    raise_first(of_gt.nothing_annotated(truth))
    raise_first(of_gt.unknown_images(truth, can_skip=False))
    raise_first(of_gt.unknown_categories(truth, can_skip=False))
    return rows_of(gt.image_id, gt.images.id)


def usable_annotations(
    gt: GroundTruth,
    image: NDArray[np.int64],
    sizes: NDArray[np.int32],
    *,
    keep_empty: bool = False,
) -> Usable:
    """The usable annotations and their images.

    Every mask is drawn once, a few thousand at a time, to find malformed ones before training.

    Args:
        gt: ground truth that `check_references` has passed.
        image: index of each annotation's image, int64, shape (M,).
        sizes: (H, W) of every image, int32, shape (I, 2).
        keep_empty: whether to keep images without usable annotations.

    Raises:
        FormatError: if a mask is malformed or differs in size from its image, or no annotation is
            usable.
    """
    no_box, outside = box_defects(gt.boxes, sizes[image])
    left = ~gt.is_crowd
    notes: list[Note] = []
    for code, wrong, reason in (
        ("crowd", gt.is_crowd, "a crowd region"),
        ("empty-box", no_box, "an empty box"),
        ("outside", outside, "outside its image"),
    ):
        rows = np.flatnonzero(wrong & (left | (code == "crowd")))
        left &= ~wrong
        notes += _left_out(gt, code, rows, reason)
    rows = np.flatnonzero(left)
    empty, short = _empty_masks(gt, rows, sizes[image[rows]])
    lacking = gt.segmentations.format[rows] == Format.NONE
    notes += _left_out(gt, "no-mask", rows[lacking], NO_MASK)
    notes += _left_out(gt, "empty-mask", rows[empty & ~lacking], "an empty mask")
    if short:
        found = counted(short, "polygon has a part", "polygons have parts")
        notes.append(Note("short-part", f"{found} of fewer than three points", short))
    contradictions = _contradictions(gt, sizes, rows)
    rows = rows[~empty]
    if not len(rows):
        reasons = "; ".join(note.message for note in notes)
        raise refusal(
            gt.source,
            f"none of {counted(len(gt), 'annotation')} can be trained on: {reasons}",
            code="no-annotations",
            field="annotations",
            told=len(gt),
        )
    images = np.arange(len(gt.images)) if keep_empty else np.unique(image[rows])
    return Usable(rows, images, (*notes, *contradictions))


def _contradictions(
    gt: GroundTruth, sizes: NDArray[np.int32], rows: NDArray[np.int64]
) -> list[Note]:
    """Notes on usable annotations that contradict themselves or are there several times.

    Raises:
        FormatError: if their masks are no masks, such as fractions of the image.
    """
    gt = replace(gt, images=replace(gt.images, sizes=sizes))
    truth = Records(gt, gt)
    findings = [
        *repeats(truth, rows),
        *crowd_share(truth),
        *agreement(truth, rows, sample=SAMPLE),
    ]
    raise_first(finding for finding in findings if finding.level == "error")
    return [note_of(finding) for finding in findings]


def _empty_masks(
    gt: GroundTruth, rows: NDArray[np.int64], sizes: NDArray[np.int32]
) -> tuple[NDArray[np.bool_], int]:
    """Whether each annotation's mask is empty; and the number of polygons with short parts."""
    empty = np.zeros(len(rows), np.bool_)
    short: list[NDArray[np.integer]] = []
    truth = Records(gt, gt)
    for first in range(0, len(rows), BATCH):
        part = slice(first, first + BATCH)
        some = rows[part]
        segments = gt.segmentations.take(some)
        own = segments.mask_sizes(sizes[part])
        raise_first(mask_sizes(truth, some, own, sizes[part]))
        runs = segments.run_lengths(sizes[part], gt, rows=some, on_short_parts=short.append)
        empty[part] = area(runs) == 0
    return empty, sum(map(len, short))


def _left_out(gt: GroundTruth, code: str, rows: NDArray[np.int64], reason: str) -> tuple[Note, ...]:
    """A note on left-out annotations, if there are any."""
    if not len(rows):
        return ()
    found = counted(len(rows), "annotation")
    first = f", first annotation {shown_id(gt.id[rows[0]], gt.keys)}" if code != "crowd" else ""
    return (Note(code, f"{found} left out: {reason}{first}", len(rows)),)
