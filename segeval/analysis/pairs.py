"""Predictions and objects of one image that overlap, with their IoU.

Matching needs an IoU only to compare it with thresholds and keeps none. What asks how well an
object was covered, or what else a prediction covers, asks here.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from segeval.data import GroundTruth, Predictions
from segeval.kernels.threads import map_slices
from segeval.metrics.coco import objects
from segeval.metrics.coco.cell_iou import box_cell_iou
from segeval.metrics.coco.cells import Cells, make_cells
from segeval.metrics.coco.geometry import bad_mask, geometry
from segeval.metrics.coco.large_cells import NO_WIDTHS, MaskCells
from segeval.metrics.coco.matches import Matches
from segeval.metrics.coco.selection import select
from segeval.metrics.pair_blocks import Spans, blocks, pairs_of

Found = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]
"""Rows, places of ground truths and IoU of some pairs."""


@dataclass(frozen=True, eq=False)
class Pairs:
    """P pairs of a prediction and a ground truth, by prediction, then by ground truth.

    Attributes:
        row: the prediction's row in `Matches`, int64, shape (P,).
        gt: the ground truth's place in `Matches.gt`, int64, shape (P,).
        iou: above 0, by the kind of IoU of the matches, float64, shape (P,).
        is_crowd: whether each ground truth of the matches is a crowd region, whose IoU is the share
            of the prediction inside it, bool, shape (G,).
        area: of each prediction of the matches in pixels squared, as for its size bucket, float64,
            shape (N,).
    """

    row: NDArray[np.int64]
    gt: NDArray[np.int64]
    iou: NDArray[np.float64]
    is_crowd: NDArray[np.bool_]
    area: NDArray[np.float64]

    @cached_property
    def starts(self) -> NDArray[np.int64]:
        """Row r has the pairs `starts[r]:starts[r + 1]`, int64, shape (N + 1,)."""
        return np.searchsorted(self.row, np.arange(len(self.area) + 1))

    def take(self, kept: NDArray[np.bool_]) -> Pairs:
        """Some of the pairs, bool, shape (P,)."""
        return replace(self, row=self.row[kept], gt=self.gt[kept], iou=self.iou[kept])


def overlapping_pairs(
    preds: Predictions,
    gt: GroundTruth,
    matches: Matches,
    *,
    across: bool = False,
    least: float = 0.0,
    workers: int | None = None,
) -> Pairs:
    """The pairs of predictions and ground truths with an IoU above 0.

    Args:
        preds: the predictions that were matched.
        gt: the ground truth that they were matched to.
        matches: of both, of one pair of files.
        across: pairs of different categories too.
        least: pairs with a lower IoU are left out.
        workers: threads, None for all cores.
    """
    request = matches.request
    selection = replace(
        select(preds, gt, request),
        gt=matches.gt,
        gt_image=matches.gt_image,
        gt_category=matches.gt_category,
        preds=matches.prediction,
        pred_image=matches.image,
        pred_category=matches.category,
    )
    where = geometry(preds, gt, selection, request, workers=workers)
    crowd = gt.is_crowd if request.rules.uses_crowd else np.zeros(len(gt), np.bool_)
    cells = cells_of(matches, across=across)
    pred_rows, gt_rows = matches.prediction[cells.preds], matches.gt[cells.gts]
    compared = None
    if where.masks is not None:
        masks, _ = objects.checked_masks(preds, gt, selection, request, where, workers)
        by_boundary = request.iou == "boundary"
        widths = objects.boundary_widths(request, masks) if by_boundary else NO_WIDTHS
        compared = MaskCells(where.masks, pred_rows, masks, gt_rows, crowd, widths, least)
    boxes = preds.boxes if where.boxes is None else where.boxes

    def in_slice(start: int, stop: int) -> list[Found]:
        found = []
        for spans, gt_spans, _ in blocks(cells.pred_spans[start:stop], cells.gt_spans[start:stop]):
            iou = np.empty(int(pairs_of(spans, gt_spans).sum()))
            if compared is None:
                box_cell_iou(spans, pred_rows, boxes, gt_spans, gt_rows, gt.boxes, crowd, iou)
            else:
                bad, defect = compared.fill(spans, gt_spans, iou)
                if defect:
                    raise bad_mask(preds, compared.preds, bad, defect)
            found.append(_above(cells, spans, gt_spans, iou, least))
        return found

    slices = map_slices(in_slice, len(cells.pred_spans), workers, least=64)
    empty = np.empty(0, np.int64)
    every = [each for found in slices for each in found] or [(empty, empty, np.empty(0))]
    row, place, iou = (np.concatenate(column) for column in zip(*every, strict=True))
    order = np.lexsort((place, row))
    return Pairs(
        row=row[order],
        gt=place[order],
        iou=iou[order],
        is_crowd=crowd[matches.gt],
        area=where.area[matches.prediction],
    )


def cells_of(matches: Matches, *, across: bool = False) -> Cells:
    """Rows of matches and places of their ground truths by cell, or with `across` by image."""
    category, gt_category = matches.category, matches.gt_category
    return make_cells(
        pred_image=matches.image,
        pred_category=np.zeros_like(category) if across else category,
        score=matches.score,
        gt_image=matches.gt_image,
        gt_category=np.zeros_like(gt_category) if across else gt_category,
        images=len(matches.image_ids),
        categories=len(matches.category_ids),
    )


def _above(
    cells: Cells, spans: Spans, gt_spans: Spans, iou: NDArray[np.float64], least: float
) -> Found:
    """The pairs of some cells with an IoU above 0 and of at least `least`; iou end to end."""
    at = np.flatnonzero((iou > 0) & (iou >= least))
    ends = np.cumsum(pairs_of(spans, gt_spans))
    cell = np.searchsorted(ends, at, side="right")
    width = np.diff(gt_spans)[:, 0]
    within = at - (ends - pairs_of(spans, gt_spans))[cell]
    row = cells.preds[spans[cell, 0] + within // width[cell]]
    return row, cells.gts[gt_spans[cell, 0] + within % width[cell]], iou[at]
