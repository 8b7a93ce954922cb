"""Matching of all cells: slices of cells in threads, blocks of pairs within a slice."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.data import GroundTruth, Predictions
from segeval.data.keys import are_zero
from segeval.frozen import frozen
from segeval.kernels.threads import map_slices
from segeval.masks import RunLengths
from segeval.metrics.coco import objects
from segeval.metrics.coco.cell_iou import box_cell_iou
from segeval.metrics.coco.cells import Cells
from segeval.metrics.coco.geometry import Geometry, bad_mask
from segeval.metrics.coco.greedy import match_cells
from segeval.metrics.coco.large_cells import MaskCells
from segeval.metrics.coco.matches import Matches
from segeval.metrics.coco.near_cells import cut
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
    spans, gt_spans = cells.pred_spans, cells.gt_spans
    of_masks = None
    if where.masks is not None and masks is not None:
        widths = np.empty(0, np.int32)
        if request.iou == "boundary":
            widths = objects.boundary_widths(request, masks)
        of_masks = MaskCells(
            where.masks,
            pred_rows,
            masks,
            gt_rows,
            crowd,
            widths,
            float(thresholds[0]),
            areas=where.pixels,
        )
        of_masks, spans, gt_spans = cut(of_masks, spans, gt_spans, workers)
        pred_rows, gt_rows = of_masks.pred_rows, of_masks.gt_rows
    boxes = preds.boxes if where.boxes is None else where.boxes

    def overlaps(some: Spans, some_gt: Spans, iou: NDArray[np.float64]) -> None:
        if of_masks is None:
            box_cell_iou(some, pred_rows, boxes, some_gt, gt_rows, gt.boxes, crowd, iou)
            return
        bad, defect = of_masks.fill(some, some_gt, iou)
        if defect:
            raise bad_mask(preds, of_masks.preds, bad, defect)

    judging = Judging(thresholds, gt_ignored, crowd, void)
    into = slots, matches.matched_bits, matches.ignored_bits
    match_all(spans, gt_spans, pred_rows, gt_rows, overlaps, judging, into, workers)


@frozen(eq=False)
class Judging:
    """What decides matches beside overlaps.

    Attributes:
        thresholds: T IoU thresholds, rising, at most `MOST_THRESHOLDS`, float64, shape (T,).
        gt_ignored: whether each ground truth does not count in a bucket, bool, shape (A, M).
        crowd: whether it may be matched any number of times, bool, shape (M,).
        void: whether a match with it counts as a miss, bool, shape (M,).
    """

    thresholds: NDArray[np.float64]
    gt_ignored: NDArray[np.bool_]
    crowd: NDArray[np.bool_]
    void: NDArray[np.bool_]


def match_all(
    spans: Spans,
    gt_spans: Spans,
    pred_rows: NDArray[np.int64],
    gt_rows: NDArray[np.int64],
    overlaps: Callable[[Spans, Spans, NDArray[np.float64]], None],
    judging: Judging,
    into: tuple[NDArray[np.int64], NDArray[Any], NDArray[Any]],
    workers: int | None,
) -> None:
    """Match all cells, in threads.

    Args:
        spans: cell c has the predictions `pred_rows[spans[c, 0]:spans[c, 1]]`, int64, (C, 2).
        gt_spans: the same for `gt_rows`.
        pred_rows: rows of the predictions of the cells, int64, shape (N,).
        gt_rows: rows of the ground truths of the cells, int64, shape (G,).
        overlaps: fills the (D, G) matrices of IoUs of some cells, end to end.
        judging: what decides matches beside them.
        into: the place of each prediction, by its row, in the columns of bits; those of matches,
            and those of what is left out of the count, which say beforehand what is if it stays
            unmatched, unsigned, shape (A, N).
        workers: threads, None for all cores.
    """
    slots, matched, ignored = into

    def fill_slice(start: int, stop: int) -> None:
        widest = int(np.diff(gt_spans[start:stop]).max())
        used = np.empty((len(matched), widest), np.uint64)
        for some, some_gt, fresh in blocks(spans[start:stop], gt_spans[start:stop]):
            iou = np.empty(int(pairs_of(some, some_gt).sum()))
            overlaps(some, some_gt, iou)
            match_cells(
                some, pred_rows, slots, some_gt, gt_rows, iou, judging.thresholds,
                judging.gt_ignored, judging.crowd, judging.void, used, fresh, matched, ignored,
            )  # fmt: skip

    map_slices(fill_slice, len(spans), workers, least=64)
