"""The ground truth that takes part: its masks, its areas, and what counts."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from segeval.checks import masks as of_masks
from segeval.checks.records import Records
from segeval.data import GroundTruth, Predictions
from segeval.data.segmentations import Format, OnRows, Segmentations
from segeval.errors import Note
from segeval.findings import raise_first
from segeval.masks import RunLengths, area, boundary_width
from segeval.masks.measure import is_empty
from segeval.metrics.coco.geometry import Geometry
from segeval.metrics.coco.request import Request
from segeval.metrics.coco.selection import Selection
from segeval.metrics.coco.tolerated import (
    Rows,
    check_fields,
    check_mask_sizes,
    odd_polygons,
)
from segeval.tallies import tallied


def check_what_is_compared(gt: GroundTruth, selection: Selection, request: Request) -> None:
    """Refuse annotations without the fields that a package needs, or the boxes to compare."""
    rows = selection.gt
    rules = request.rules
    if rules.needs_fields:
        check_fields(gt, rows, _has_predictions(selection), rules, request.protocol)
    if request.iou == "bbox":
        if rules.needs_fields:
            rows = rows[_has_predictions(selection) & np.isnan(gt.boxes[rows]).all(axis=1)]
        truth = Records(gt, gt)
        raise_first(of_masks.missing_boxes(truth, rows))
        raise_first(of_masks.boxes_not_finite(truth, rows))


def checked_masks(
    preds: Predictions,
    gt: GroundTruth,
    selection: Selection,
    request: Request,
    where: Geometry,
    workers: int | None,
) -> tuple[RunLengths, list[Note]]:
    """Masks of the M annotations, empty for those that do not take part.

    Args:
        preds: all predictions.
        gt: all ground truth.
        selection: the records of both that take part.
        request: how they are judged.
        where: the masks of the predictions.
        workers: threads, None for all cores.

    Raises:
        FormatError: for an annotation without a mask, or with one that is malformed or of another
            size than its image.
        MismatchError: for a prediction of another size than its image.
    """
    short, odd = Rows(), Rows()
    masks = _masks(gt, selection.gt, request, (short.append, odd.append), workers)
    notes = _thin_objects(gt, selection.gt, request, masks) if request.iou == "boundary" else []
    notes += odd_polygons(gt, short, odd, request.rules)
    return masks, notes + _check_sizes(preds, gt, selection, request, where, masks)


def _thin_objects(
    gt: GroundTruth, rows: NDArray[np.int64], request: Request, masks: RunLengths
) -> list[Note]:
    """A note on objects that are all boundary: their boundary IoU is mask IoU."""
    sides = gt.boxes[rows, 2:].min(axis=1, initial=np.inf)
    is_thin = sides <= 2 * boundary_widths(request, masks)[rows]
    thin = int(is_thin.sum())
    if not thin:
        return []
    text = (
        "{n:ground truth is|ground truths are} at most twice as wide as the boundary: there "
        "boundary IoU nears mask IoU"
    )
    return [tallied("thin-objects", text, images=gt.image_id[rows[is_thin]], n=thin)]


def boundary_widths(request: Request, masks: RunLengths) -> NDArray[np.int32]:
    """Width of the boundary of every mask in pixels, int32, shape (M,)."""
    protocol = request.protocol
    return boundary_width(masks.sizes, ratio=protocol.boundary_ratio, px=protocol.boundary_px)


def _masks(
    gt: GroundTruth,
    rows: NDArray[np.int64],
    request: Request,
    on_odd_polygons: tuple[OnRows, OnRows],
    workers: int | None,
) -> RunLengths:
    """Masks of all annotations, empty for those that do not take part.

    A package's polygons with short parts, and with odd ones, go to two callbacks.
    """
    rules = request.rules
    on_short_parts, on_odd_parts = on_odd_polygons if rules.draws_short_parts else (None, None)
    taking = np.zeros(len(gt), np.bool_)
    taking[rows] = True
    truth, needed = Records(gt, gt), np.flatnonzero(taking)
    raise_first(of_masks.missing_masks(truth, needed))
    raise_first(of_masks.unknown_sizes(truth, needed, strict=rules.is_strict))
    if taking.all() and not rules.draws_short_parts:
        return gt.draw_masks(workers) if gt.drawn_masks is None else gt.masks
    sizes = gt.mask_sizes
    formats = np.where(taking, gt.segmentations.format, np.uint8(Format.NONE)).astype(np.uint8)
    return Segmentations(formats, gt.segmentations.strings).run_lengths(
        np.maximum(sizes, 0),
        gt,
        on_short_parts=on_short_parts,
        on_odd_parts=on_odd_parts,
        workers=workers,
    )


def _check_sizes(
    preds: Predictions,
    gt: GroundTruth,
    selection: Selection,
    request: Request,
    where: Geometry,
    masks: RunLengths,
) -> list[Note]:
    """Check the sizes of masks against their images; note polygons that cover no pixel."""
    notes = []
    rows = selection.gt
    notes += check_mask_sizes(
        Records(gt, gt), rows, masks.sizes[rows], gt.mask_sizes[rows], request.rules
    )
    if where.masks is not None and len(preds):
        image_sizes = gt.images.sizes[selection.image_rows]
        notes += check_mask_sizes(
            Records(preds, gt),
            selection.preds,
            where.masks.sizes[selection.preds],
            image_sizes[selection.pred_image],
            request.rules,
        )
    polygons = rows[gt.segmentations.format[rows] == Format.POLYGON]
    polygons = polygons[is_empty(masks)[polygons]]
    empty = len(polygons)
    if empty:
        text = "{n:polygon covers|polygons cover} no pixel in {gt}: empty masks"
        images = gt.image_id[polygons]
        notes.append(tallied("empty-polygon", text, images=images, n=empty, gt=gt.source))
    return notes


def areas(
    gt: GroundTruth, masks: RunLengths | None, rows: NDArray[np.int64]
) -> NDArray[np.float64]:
    """The file's areas, or those of masks (or else boxes) where it has none, shape (M,).

    Args:
        gt: all ground truth.
        masks: the M masks, or None where boxes are compared.
        rows: annotations that take part, shape (G,); only their masks are drawn.

    Raises:
        FormatError: for a malformed mask, or an image without the size that a polygon needs.
    """
    missing = np.flatnonzero(np.isnan(gt.area))
    if not len(missing):
        return gt.area
    found = gt.area.copy()
    with np.errstate(over="ignore"):  # as in pycocotools, such a box is of the largest size
        found[missing] = gt.boxes[missing, 2] * gt.boxes[missing, 3]
    with_mask = missing[gt.segmentations.format[missing] != Format.NONE]
    if masks is not None:
        found[with_mask] = area(masks.take(with_mask))
        return found
    with_mask = np.intersect1d(with_mask, rows)
    form = gt.segmentations.format[with_mask]
    polygons = with_mask[form == Format.POLYGON]
    raise_first(of_masks.unknown_sizes(Records(gt, gt), polygons))
    some = gt.segmentations.take(with_mask)
    found[with_mask] = area(some.run_lengths(gt.mask_sizes[with_mask], gt, rows=with_mask))
    return found


def _has_predictions(selection: Selection) -> NDArray[np.bool_]:
    """Whether the cell of each selected annotation has predictions, bool, shape (G,)."""
    images = np.int64(len(selection.image_ids))
    keys = selection.gt_category * images + selection.gt_image
    return np.isin(keys, selection.pred_category * images + selection.pred_image)


def never_counted(gt: GroundTruth, request: Request) -> NDArray[np.bool_]:
    """Annotations that never count, whatever their size, bool, shape (M,)."""
    ignored = np.zeros(len(gt), np.bool_)
    if request.rules.uses_crowd:
        ignored |= gt.is_crowd
    if request.rules.uses_ignore or request.honour_ignore:
        ignored |= gt.ignore
    return ignored
