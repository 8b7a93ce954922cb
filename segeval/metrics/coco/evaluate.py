"""From selected records to matches, for one kind of IoU."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from segeval.checks import masks as of_masks
from segeval.checks.records import Records
from segeval.data import GroundTruth, Predictions
from segeval.data.ids import rank_among
from segeval.data.segments import Format, Segments
from segeval.errors import Note
from segeval.findings import raise_first
from segeval.kernels.threads import map_slices
from segeval.masks import RunLengths, area, boundary_width
from segeval.metrics.coco import federated
from segeval.metrics.coco.cell_iou import box_cell_iou, mask_cell_iou
from segeval.metrics.coco.cells import Cells, make_cells
from segeval.metrics.coco.compat import ends_are_exclusive
from segeval.metrics.coco.geometry import Geometry, bad_mask, geometry
from segeval.metrics.coco.matching import Matches, match_cells
from segeval.metrics.coco.protocol import AREA_LIMIT
from segeval.metrics.coco.selection import NO_LIMIT, Request, Selection, under_cap
from segeval.metrics.coco.tolerated import (
    check_fields_of_compat,
    check_mask_sizes,
    check_zero_id,
    short_parts,
)
from segeval.metrics.sizes import SizeBucket
from segeval.words import counted

ALMOST_ONE = 1 - 1e-10
"""Highest threshold that is really asked for, as in the official packages."""


def evaluate(
    preds: Predictions,
    gt: GroundTruth,
    selection: Selection,
    request: Request,
    *,
    iou: str,
    area_from: str,
    workers: int | None = None,
) -> tuple[Matches, tuple[Note, ...]]:
    """Match the selected predictions to the selected ground truth.

    Args:
        preds: all predictions.
        gt: all ground truth.
        selection: the records of both that take part.
        request: how they are judged.
        iou: "segm", "boundary" or "bbox".
        area_from: "mask" or "bbox": the area of a prediction for its size bucket.
        workers: threads, None for all cores; the matches do not depend on it.

    Raises:
        FormatError: for a record that lacks what is compared, or a malformed mask.
        MismatchError: for a mask of another size than its image.
    """
    task = _Task(preds, gt, request, iou, workers)
    protocol = request.protocol
    where = geometry(preds, gt, request, iou=iou, area_from=area_from, workers=workers)
    notes = [*where.notes, *check_zero_id(gt, selection.gt, request.compat)]
    _check_fields(task, selection)
    masks, found = (None, []) if iou == "bbox" else _checked_masks(task, selection, where)
    notes += found
    gt_area = _gt_areas(gt, masks)
    tolerated = np.zeros(len(preds), np.bool_)
    rank = None
    if protocol.cap_scope != "image and category":
        group = preds.image_id if protocol.cap_scope == "image" else preds.category_id
        rank = rank_among(group, preds.score)
        selection, found = under_cap(selection, rank[selection.preds], request)
        notes += found
    if protocol.federated:
        if request.compat is None:  # a compat mode has chosen them by their own areas already
            selection = federated.with_area(selection, gt_area)
        selection, tolerated, found = federated.judged(selection, gt, request, where.area)
        notes += found
    cells = _cells(preds, selection)
    if rank is None:
        capped, found = under_cap(selection, cells.rank, request)
        notes += found
        if capped is not selection:
            selection, cells = capped, _cells(preds, capped)
        rank = np.zeros(len(preds), np.int32)
        rank[selection.preds] = cells.rank
    areas = _Areas(gt_area, where.area, tolerated)
    matches = _empty_matches(task, selection, cells, areas, rank)
    _fill(matches, task, selection, cells, where, masks)
    return matches, tuple(notes)


@dataclass(frozen=True, eq=False)
class _Task:
    """What is evaluated, and how."""

    preds: Predictions
    gt: GroundTruth
    request: Request
    iou: str
    workers: int | None


@dataclass(frozen=True, eq=False)
class _Areas:
    """What puts records into size buckets: areas in pixels squared, float64.

    Attributes:
        gt: of every annotation, shape (M,).
        preds: of every prediction, shape (N,).
        tolerated: whether a prediction is never false, in any bucket, bool, shape (N,).
    """

    gt: NDArray[np.float64]
    preds: NDArray[np.float64]
    tolerated: NDArray[np.bool_]


def cap_limits(max_dets: tuple[int, ...]) -> NDArray[np.int64]:
    """Caps as numbers that ranks can be compared with, int64, shape (D,)."""
    return np.array([cap or NO_LIMIT for cap in max_dets], np.int64)


def _buckets(request: Request) -> tuple[SizeBucket, ...]:
    """The bucket "all" and those of the protocol; in a compat mode none goes beyond AREA_LIMIT."""
    limit = np.inf if request.compat is None else AREA_LIMIT
    sizes = request.protocol.sizes
    ended = (replace(size, max_area=min(size.max_area, limit)) for size in sizes)
    return (SizeBucket("all", 0.0, limit), *ended)


def _has_predictions(selection: Selection) -> NDArray[np.bool_]:
    """Whether the cell of each selected annotation has predictions, bool, shape (G,)."""
    images = np.int64(len(selection.image_ids))
    keys = selection.gt_category * images + selection.gt_image
    return np.isin(keys, selection.pred_category * images + selection.pred_image)


def _check_fields(task: _Task, selection: Selection) -> None:
    """Fields that a package needs, and boxes if those are compared."""
    gt, request = task.gt, task.request
    rows = selection.gt
    if request.compat is not None:
        check_fields_of_compat(
            gt, rows, _has_predictions(selection), request.compat, request.protocol
        )
    if task.iou == "bbox":
        if request.compat is not None:  # the packages read boxes where there are predictions
            rows = rows[_has_predictions(selection) & np.isnan(gt.boxes[rows]).all(axis=1)]
        truth = Records(gt, gt)
        raise_first(of_masks.missing_boxes(truth, rows))
        raise_first(of_masks.boxes_not_finite(truth, rows))


def _checked_masks(
    task: _Task, selection: Selection, where: Geometry
) -> tuple[RunLengths, list[Note]]:
    """Masks of the ground truth, after a look at the sizes of all masks."""
    short: list[int] = []
    masks = _gt_masks(task, selection.gt, short.append)
    notes = _thin_objects(task, selection, masks) if task.iou == "boundary" else []
    notes += short_parts(task.gt.source, short, task.request.compat)
    return masks, notes + _check_sizes(task, selection, where, masks)


def _thin_objects(task: _Task, selection: Selection, masks: RunLengths) -> list[Note]:
    """Objects that are all boundary: for them boundary IoU is mask IoU."""
    rows = selection.gt
    sides = task.gt.boxes[rows, 2:].min(axis=1, initial=np.inf)
    thin = int((sides <= 2 * _boundary_widths(task, masks)[rows]).sum())
    if not thin:
        return []
    message = (
        f"{thin:,} of {counted(len(rows), 'ground truth')} are all boundary, being no wider than "
        "twice its width: for those boundary IoU nears mask IoU"
    )
    return [Note("thin-objects", message, thin)]


def _boundary_widths(task: _Task, masks: RunLengths) -> NDArray[np.int32]:
    """Width of the boundary of every mask in pixels, int32, shape (M,)."""
    protocol = task.request.protocol
    return boundary_width(masks.sizes, ratio=protocol.boundary_ratio, px=protocol.boundary_px)


def _gt_masks(
    task: _Task, rows: NDArray[np.int64], on_short_parts: Callable[[int], None]
) -> RunLengths:
    """Masks of all annotations, empty for those that do not take part."""
    gt, compat = task.gt, task.request.compat
    taking = np.zeros(len(gt), np.bool_)
    taking[rows] = True
    truth, needed = Records(gt, gt), np.flatnonzero(taking)
    raise_first(of_masks.missing_masks(truth, needed))
    raise_first(of_masks.unknown_sizes(truth, needed))
    if taking.all() and compat is None:
        return gt.masks
    sizes = gt.mask_sizes
    formats = np.where(taking, gt.segments.format, np.uint8(Format.NONE)).astype(np.uint8)
    return Segments(formats, gt.segments.strings).run_lengths(
        np.maximum(sizes, 0),
        gt.describe,
        on_short_parts=None if compat is None else on_short_parts,
        workers=task.workers,
    )


def _check_sizes(
    task: _Task, selection: Selection, where: Geometry, masks: RunLengths
) -> list[Note]:
    """Sizes of masks against their images, and polygons that cover no pixel."""
    preds, gt, request = task.preds, task.gt, task.request
    notes = []
    rows = selection.gt
    notes += check_mask_sizes(
        Records(gt, gt), rows, masks.sizes[rows], gt.mask_sizes[rows], request.compat
    )
    if where.masks is not None and len(preds):
        image_sizes = gt.images.sizes[selection.image_rows]
        notes += check_mask_sizes(
            Records(preds, gt),
            selection.preds,
            where.masks.sizes[selection.preds],
            image_sizes[selection.pred_image],
            request.compat,
        )
    polygons = rows[gt.segments.format[rows] == Format.POLYGON]
    # an empty mask is a single run of background
    empty = int((np.diff(masks.offsets)[polygons] < 2).sum())
    if empty:
        found = counted(empty, "polygon covers", "polygons cover")
        notes.append(Note("empty-polygon", f"{found} no pixel in {gt.source}: empty masks", empty))
    return notes


def _gt_areas(gt: GroundTruth, masks: RunLengths | None) -> NDArray[np.float64]:
    """The file's areas, computed from masks (or else boxes) where it has none, shape (M,)."""
    missing = np.flatnonzero(np.isnan(gt.area))
    if not len(missing):
        return gt.area
    areas = gt.area.copy()
    areas[missing] = gt.boxes[missing, 2] * gt.boxes[missing, 3]
    with_mask = missing[gt.segments.format[missing] != Format.NONE]
    if len(with_mask):
        areas[with_mask] = area((masks or gt.masks).take(with_mask))
    return areas


def _cells(preds: Predictions, selection: Selection) -> Cells:
    return make_cells(
        pred_image=selection.pred_image,
        pred_category=selection.pred_category,
        score=preds.score[selection.preds],
        gt_image=selection.gt_image,
        gt_category=selection.gt_category,
        images=len(selection.image_ids),
        categories=len(selection.category_ids),
    )


def _empty_matches(
    task: _Task, selection: Selection, cells: Cells, areas: _Areas, rank: NDArray[np.int32]
) -> Matches:
    """Matches in which nothing is matched yet; what is out of a bucket is ignored there."""
    request = task.request
    buckets = _buckets(request)
    thresholds = np.array(request.protocol.thresholds)
    low = np.array([[bucket.min_area] for bucket in buckets])
    high = np.array([[bucket.max_area] for bucket in buckets])
    rows = selection.preds[cells.by_category]
    exclusive = ends_are_exclusive(request.protocol, request.compat)
    beyond = np.greater_equal if exclusive else np.greater
    pred_area = areas.preds[rows]
    outside = (pred_area < low) | beyond(pred_area, high) | areas.tolerated[rows]
    every = np.array(2 ** len(thresholds) - 1, np.min_scalar_type(2 ** len(thresholds) - 1))
    counted = (areas.gt >= low) & ~beyond(areas.gt, high) & ~_never_counted(task.gt, request)
    return Matches(
        thresholds=thresholds,
        buckets=buckets,
        image_ids=selection.image_ids,
        category_ids=selection.category_ids,
        offsets=cells.category_offsets,
        prediction=rows,
        image=selection.pred_image[cells.by_category],
        score=task.preds.score[rows],
        rank=rank[rows],
        matched_bits=np.zeros(outside.shape, every.dtype),
        ignored_bits=outside * every,
        gt=selection.gt,
        gt_image=selection.gt_image,
        gt_category=selection.gt_category,
        gt_counted=counted[:, selection.gt],
    )


def _never_counted(gt: GroundTruth, request: Request) -> NDArray[np.bool_]:
    """Annotations that never count, whatever their size, bool, shape (M,)."""
    ignored = np.zeros(len(gt), np.bool_)
    if request.protocol.uses_crowd:
        ignored |= gt.is_crowd
    if request.protocol.uses_ignore or request.honour_ignore:
        ignored |= gt.ignore
    return ignored


def _fill(
    matches: Matches,
    task: _Task,
    selection: Selection,
    cells: Cells,
    where: Geometry,
    masks: RunLengths | None,
) -> None:
    """Match all cells, slice by slice, and set the bits of `matches`."""
    preds, gt, request = task.preds, task.gt, task.request
    protocol = request.protocol
    pred_rows = selection.preds[cells.preds]
    slots = np.empty(len(preds), np.int64)
    slots[matches.prediction] = np.arange(len(matches))
    crowd = gt.is_crowd if protocol.uses_crowd else np.zeros(len(gt), np.bool_)
    void = (gt.id == 0) & (request.compat is not None)
    thresholds = np.minimum(matches.thresholds, ALMOST_ONE)
    gt_ignored = np.ones((len(matches.buckets), len(gt)), np.bool_)
    gt_ignored[:, selection.gt] = ~matches.gt_counted
    gt_rows = selection.gt[cells.gts]
    widths = np.empty(0, np.int32)
    if task.iou == "boundary" and masks is not None:
        widths = _boundary_widths(task, masks)
    pairs = np.diff(cells.pred_spans)[:, 0] * np.diff(cells.gt_spans)[:, 0]

    def one(start: int, stop: int) -> None:
        iou = np.empty(int(pairs[start:stop].sum()))
        spans, gt_spans = cells.pred_spans[start:stop], cells.gt_spans[start:stop]
        if where.masks is not None and masks is not None:
            strings = where.masks
            bad, defect = mask_cell_iou(
                spans, pred_rows, strings.text, strings.starts, strings.lengths, strings.sizes,
                gt_spans, gt_rows, masks.counts, masks.offsets, masks.sizes, crowd, widths,
                thresholds[0], iou,
            )  # fmt: skip
            if defect:
                raise bad_mask(preds, strings, int(bad), int(defect))
        else:
            boxes = preds.boxes if where.boxes is None else where.boxes
            box_cell_iou(spans, pred_rows, boxes, gt_spans, gt_rows, gt.boxes, crowd, iou)
        match_cells(
            spans, pred_rows, slots, gt_spans, gt_rows, iou, thresholds, gt_ignored, crowd, void,
            matches.matched_bits, matches.ignored_bits,
        )  # fmt: skip

    map_slices(one, len(cells.pred_spans), task.workers, least=64)
