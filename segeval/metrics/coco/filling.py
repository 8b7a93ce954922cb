"""Matching of all cells: slices of cells in threads, blocks of pairs within a slice."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from segeval.data import GroundTruth, Predictions
from segeval.data.keys import are_zero
from segeval.kernels.threads import map_slices
from segeval.masks import RunLengths
from segeval.metrics.coco import objects
from segeval.metrics.coco.cell_iou import box_cell_iou
from segeval.metrics.coco.cells import Cells
from segeval.metrics.coco.geometry import Geometry, bad_mask
from segeval.metrics.coco.greedy import match_cells
from segeval.metrics.coco.large_cells import MaskCells
from segeval.metrics.coco.matches import Matches
from segeval.metrics.pair_blocks import Spans, blocks, pairs_of

ALMOST_ONE = 1 - 1e-10
"""Highest threshold actually used, as in the official packages."""


def fill(
    matches: Matches,
    preds: Predictions,
    gt: GroundTruth,
    cells: Cells,
    pred_rows: NDArray[np.int64],
    where: Geometry,
    masks: RunLengths | None,
    workers: int | None,
) -> None:
    """Match all cells, and set the bits of `matches`.

    Args:
        matches: in which nothing is matched yet.
        preds: all predictions.
        gt: all ground truth.
        cells: of the judged records.
        pred_rows: rows in `preds` of the predictions of the cells, int64, shape (N,).
        where: what is compared of the predictions.
        masks: masks of all ground truth; None where boxes are compared.
        workers: threads, None for all cores.

    Raises:
        FormatError: for a malformed mask.
    """
    request = matches.request
    rules = request.rules
    slots = np.empty(len(preds), np.int64)
    slots[matches.prediction] = np.arange(len(matches))
    crowd = gt.is_crowd if rules.uses_crowd else np.zeros(len(gt), np.bool_)
    void = are_zero(gt.id, gt.keys) & rules.zero_id_is_void
    thresholds = np.minimum(matches.thresholds, ALMOST_ONE)
    gt_ignored = np.ones((len(matches.buckets), len(gt)), np.bool_)
    gt_ignored[:, matches.gt] = ~matches.gt_counted
    gt_rows = matches.gt[cells.gts]
    of_masks = None
    if where.masks is not None and masks is not None:
        widths = np.empty(0, np.int32)
        if request.iou == "boundary":
            widths = objects.boundary_widths(request, masks)
        of_masks = MaskCells(
            where.masks, pred_rows, masks, gt_rows, crowd, widths, float(thresholds[0])
        )
    boxes = preds.boxes if where.boxes is None else where.boxes

    def fill_block(spans: Spans, gt_spans: Spans, used: NDArray[np.uint64], *, fresh: bool) -> None:
        iou = np.empty(int(pairs_of(spans, gt_spans).sum()))
        if of_masks is None:
            box_cell_iou(spans, pred_rows, boxes, gt_spans, gt_rows, gt.boxes, crowd, iou)
        else:
            bad, defect = of_masks.fill(spans, gt_spans, iou)
            if defect:
                raise bad_mask(preds, of_masks.preds, bad, defect)
        match_cells(
            spans, pred_rows, slots, gt_spans, gt_rows, iou, thresholds, gt_ignored, crowd, void,
            used, fresh, matches.matched_bits, matches.ignored_bits,
        )  # fmt: skip

    def fill_slice(start: int, stop: int) -> None:
        spans, gt_spans = cells.pred_spans[start:stop], cells.gt_spans[start:stop]
        widest = int(np.diff(gt_spans).max())
        used = np.empty((len(matches.buckets), widest), np.uint64)
        for some, some_gt, fresh in blocks(spans, gt_spans):
            fill_block(some, some_gt, used, fresh=fresh)

    map_slices(fill_slice, len(cells.pred_spans), workers, least=64)
