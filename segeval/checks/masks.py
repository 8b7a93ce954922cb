"""Mistakes in masks, of predictions and of ground truth alike."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from segeval.checks.outside import fits_turned
from segeval.checks.records import AnyRecords, Records
from segeval.checks.shapes import BEYOND_LIMIT, drawn_limit
from segeval.data.columns import GroundTruth
from segeval.data.ids import rows_of
from segeval.data.rowwise import all_of, any_of
from segeval.data.segmentations import Format
from segeval.data.wrong_sizes import unknown_sizes_of
from segeval.errors import FormatError, MismatchError
from segeval.findings import Finding
from segeval.limits import limits, way_to_raise
from segeval.words import counted, more_like_it, size_text

TURNED = 256
"""Images whose ground truth is looked at where masks have swapped sides."""


def missing_masks(
    records: AnyRecords, rows: NDArray[np.integer] | None = None
) -> Iterator[Finding]:
    """Records without a segmentation: some of the file, or all.

    Args:
        records: records of one file.
        rows: rows that need one, increasing; None for all.
    """
    bare = records.segmentations.rows(Format.NONE)
    if len(bare) and rows is not None:
        bare = np.intersect1d(bare, rows, assume_unique=True)
    if not len(bare):
        return
    if len(bare) == len(records.columns) and np.isnan(records.columns.boxes).all():
        yield records.finding(
            "error",
            "segmentation",
            f"no {records.noun} has a segmentation or a bbox: nothing can be compared",
            code="no-segmentation",
            hint="Export a mask for every record.",
            field="segmentation",
            count=len(bare),
        )
    elif len(bare) == len(records.columns):
        yield records.finding(
            "warn",
            "segmentation",
            f"no {records.noun} has a segmentation: only boxes can be evaluated",
            code="boxes-for-masks",
            hint='Use `iou="bbox"`, or export masks.',
            option="iou",
            field="segmentation",
            count=len(bare),
        )
    else:
        yield records.finding(
            "error",
            "segmentation",
            f"{records.many(bare, 'has', 'have')} no segmentation, the others have one"
            f"{_first(records, bare)}",
            code="no-segmentation",
            rows=bare,
            hint='Export a mask for every record, or use `iou="bbox"`.',
            option="iou",
            field="segmentation",
        )


def unsound_masks(records: AnyRecords) -> Iterator[Finding]:
    """Run lengths and polygons that are malformed, one finding per kind of defect."""
    defects = records.shapes.defect
    bad = np.flatnonzero(defects)
    keys = np.stack([records.segmentations.format[bad], defects[bad]], axis=1)
    for key in np.unique(keys, axis=0):
        rows = bad[(keys == key).all(axis=1)]
        first = int(rows[0])
        is_polygon = key[0] == Format.POLYGON
        if key[1] == BEYOND_LIMIT:
            yield _too_many_runs(records, rows)
            continue
        problem = records.segmentations.problem(first)
        yield records.finding(
            "error",
            "polygons" if is_polygon else "counts",
            f"{records.name(first)}: {problem}.{more_like_it(len(rows))}",
            code="bad-polygon" if is_polygon else "bad-counts",
            rows=rows,
            field="segmentation" if is_polygon else "counts",
        )


def _too_many_runs(records: AnyRecords, rows: NDArray[np.integer]) -> Finding:
    """Polygons that would be drawn as more runs than a limit allows."""
    first = int(rows[0])
    found, most = records.runs_of(first), limits().mask_runs
    name, told = "mask_runs", f"the polygons cross {found:,} columns of pixels, expected at most "
    if found <= most:
        name, most = "drawn_runs", drawn_limit(records.segmentations)
        found, told = (
            2 * most,
            "with those before it the polygons cross more columns of pixels than ",
        )
    return records.finding(
        "error",
        "polygons",
        f"{records.name(first)}: {told}{most:,}.{more_like_it(len(rows))}",
        code="limit",
        rows=rows,
        hint=way_to_raise(name, found),
        field="segmentation",
        option=f"limit {name}",
    )


def mask_sizes(
    records: AnyRecords,
    rows: NDArray[np.integer] | None = None,
    sizes: NDArray[np.int32] | None = None,
    expected: NDArray[np.int32] | None = None,
) -> Iterator[Finding]:
    """Masks that differ in size from their image.

    Args:
        records: records of one file.
        rows: rows to check, shape (n,); None for those whose mask gives its size.
        sizes: (H, W) of their masks, int32, shape (n, 2); None for those in the records.
        expected: (H, W) of their images, int32, shape (n, 2), not above 0 where unknown; None for
            those in the ground truth.
    """
    if rows is None:
        rows = np.flatnonzero(np.isin(records.segmentations.format, (Format.STRING, Format.COUNTS)))
    sizes = records.segmentations.strings.sizes[rows] if sizes is None else sizes
    expected = records.image_sizes[rows] if expected is None else expected
    differs = any_of(sizes != expected)
    if not differs.any():
        return
    differs &= (expected > 0).all(axis=1)
    swapped = differs & (sizes[:, ::-1] == expected).all(axis=1)
    for chosen, what in ((swapped, " (H x W swapped?)"), (differs & ~swapped, "")):
        bad = np.flatnonzero(chosen)
        if len(bad):
            first = bad[0]
            yield records.finding(
                "error",
                "size",
                f"{counted(len(bad), 'mask differs', 'masks differ')} in size from the image: "
                f"{size_text(sizes[first])}, the image {size_text(expected[first])}{what}"
                f"{_first(records, rows[bad])}",
                code="mask-size",
                rows=rows[bad],
                hint=_size_hint(records, rows[bad], sizes[bad], expected[bad]),
                field="segmentation",
                error=FormatError if records.columns is records.gt else MismatchError,
            )


def _size_hint(
    records: AnyRecords,
    rows: NDArray[np.integer],
    sizes: NDArray[np.int32],
    expected: NDArray[np.int32],
) -> str:
    """Why masks have another size, as far as both files show it, and what to do.

    Args:
        records: records of one file.
        rows: rows of the masks, shape (n,).
        sizes: (H, W) of the masks, int32, shape (n, 2).
        expected: (H, W) of their images, int32, shape (n, 2).
    """
    gt = records.gt
    if gt is not None and gt is not records.columns and (sizes == expected[:, ::-1]).all():
        images = np.unique(records.columns.image_id[rows])[:TURNED]
        there = np.flatnonzero(np.isin(gt.image_id, images))
        truth: AnyRecords = Records(gt, gt)
        if fits_turned(truth, truth.shapes_of(there)):
            return (
                f"Polygons of {gt.source} leave these images too, and fit {size_text(sizes[0])}: "
                "are height and width of its images swapped (photos rotated by EXIF)?"
            )
    if (expected > 0).all() and (sizes > 0).all():
        factors = sizes / expected
        if np.ptp(factors) <= (1 / expected).max() * 2 and not (sizes == expected).any():
            return f"They are {np.median(factors):.3g} times the size: scale them to the image."
    return "Sizes are [height, width]."


def unknown_sizes(
    records: AnyRecords,
    rows: NDArray[np.integer] | None = None,
    *,
    strict: bool = True,
    boxes_too: bool = False,
) -> Iterator[Finding]:
    """Images without a height and width above 0 that masks need.

    All masks of the ground truth need them; of predictions only polygons do.

    Args:
        records: records of one file.
        rows: rows to check, increasing; None for all.
        strict: whether run-length masks of the ground truth need sides above 0; the official
            packages only need sides.
        boxes_too: whether boxes of predictions without a mask are drawn as well.
    """
    gt = records.gt
    if gt is None or (gt.images.sizes > 0).all():
        return
    is_truth = isinstance(records.columns, GroundTruth)
    form = records.segmentations.format
    drawn = (Format.POLYGON, Format.NONE) if boxes_too else (Format.POLYGON,)
    needed = np.flatnonzero(form != Format.NONE if is_truth else np.isin(form, drawn))
    needed = needed if rows is None else np.intersect1d(needed, rows)
    image = rows_of(records.columns.image_id[needed], gt.images.id)
    least = np.where(strict | np.isin(form[needed], drawn), 1, 0)
    lacks = (image >= 0) & (gt.images.sizes[image].min(axis=1) < least)
    bad = needed[lacks]
    if len(bad):
        what = "mask" if is_truth else "polygon or box" if boxes_too else "polygon"
        images = np.unique(image[lacks])
        where = "it" if len(images) == 1 else "them"
        yield from unknown_sizes_of(
            gt.images,
            images,
            source=gt.source,
            needed=f"{records.many(bad, f'has a {what}', f'have a {what}')} in {where}.",
        )


def empty_masks(records: AnyRecords) -> Iterator[Finding]:
    """Sound masks that cover no pixel."""
    rows = np.flatnonzero(records.shapes.area == 0)
    if len(rows):
        yield records.finding(
            "warn",
            "empty masks",
            f"{counted(len(rows), 'mask covers', 'masks cover')} no pixel: their IoU with "
            "everything is 0",
            code="empty-mask",
            rows=rows,
        )


def boxes_not_finite(
    records: AnyRecords,
    rows: NDArray[np.integer] | None = None,
    boxes: NDArray[np.float64] | None = None,
) -> Iterator[Finding]:
    """Boxes with numbers that are not finite.

    Args:
        records: records of one file.
        rows: rows to check, increasing; None for all that have a box.
        boxes: xywh in pixels of all records, shape (N, 4); None for those in the records.
    """
    boxes = records.columns.boxes if boxes is None else boxes
    rows = np.arange(len(boxes)) if rows is None else rows
    unfit = rows[~all_of(np.isfinite(boxes[rows]))]
    bad = unfit[~np.isnan(boxes[unfit]).all(axis=1)]
    if len(bad):
        shown = ", ".join(f"{side:g}" for side in boxes[bad[0]])
        yield records.finding(
            "error",
            "boxes",
            f"{records.name(int(bad[0]))}: bbox is [{shown}], expected finite numbers."
            f"{more_like_it(len(bad))}",
            code="box",
            rows=bad,
            field="bbox",
        )


def flat_boxes(records: AnyRecords, rows: NDArray[np.integer] | None = None) -> Iterator[Finding]:
    """Boxes whose width or height is not above 0.

    Args:
        records: records of one file.
        rows: rows to check, increasing; None for all.
    """
    rows = np.arange(len(records.columns)) if rows is None else rows
    flat = rows[any_of(records.columns.boxes[rows, 2:] <= 0)]
    if len(flat):
        shown = ", ".join(f"{side:g}" for side in records.columns.boxes[flat[0]])
        yield records.finding(
            "warn",
            "boxes",
            f"{records.many(flat, 'has a box', 'have boxes')} whose width or height is not above 0 "
            f"(first: [{shown}])",
            hint="Boxes are [x, y, width, height].",
            code="flat-box",
            rows=flat,
            field="bbox",
        )


def missing_boxes(
    records: AnyRecords, rows: NDArray[np.integer] | None = None
) -> Iterator[Finding]:
    """Records without what box AP compares: for annotations a box, for predictions a box or mask.

    A prediction without a box has that of its mask.

    Args:
        records: records of one file.
        rows: rows to check, increasing; None for all.
    """
    bare = all_of(np.isnan(records.columns.boxes))
    is_truth = isinstance(records.columns, GroundTruth)
    if not is_truth:
        bare &= records.segmentations.format == Format.NONE
    bad = np.flatnonzero(bare) if rows is None else rows[bare[rows]]
    if len(bad):
        what = (
            'no bbox, which `iou="bbox"` compares' if is_truth else "neither bbox nor segmentation"
        )
        yield records.finding(
            "warn" if is_truth else "error",
            "boxes",
            f"{records.name(int(bad[0]))} has {what}.{more_like_it(len(bad))}",
            code="no-box",
            rows=bad,
            field="bbox",
        )


def _first(records: AnyRecords, rows: NDArray[np.integer]) -> str:
    """The end of a message, which names the first record."""
    return f", first {records.name(int(rows[0]))}"
