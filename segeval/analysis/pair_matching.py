"""Which object each prediction is matched with, for any order of the predictions."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from segeval.analysis.pairs import Pairs, cells_of
from segeval.kernels.promise import kernel
from segeval.metrics.coco.filling import ALMOST_ONE
from segeval.metrics.coco.matches import Matches


def matched_objects(
    matches: Matches,
    pairs: Pairs,
    threshold: float,
    *,
    bucket: int = 0,
    order: NDArray[np.int64] | None = None,
) -> NDArray[np.int64]:
    """The ground truth that each prediction takes at one IoU threshold, by the rules of `match`.

    Args:
        matches: the predictions and the ground truth.
        pairs: of one category each; those with an IoU of at least the threshold are enough.
        threshold: IoU; at 0 a prediction takes any free ground truth of its category and image,
            even one that it does not touch.
        bucket: place of the size bucket.
        order: rows of the matches in the order in which they choose, int64, shape (n,); by default
            that of their scores. Others choose nothing.

    Returns:
        Places in `Matches.gt`, int64, shape (N,); -1 for none.
    """
    cells = cells_of(matches)
    spans = np.zeros((len(matches), 2), np.int64)
    lengths = np.diff(cells.pred_spans)[:, 0]
    for side in (0, 1):
        spans[_rows(cells.preds, cells.pred_spans), side] = np.repeat(
            cells.gt_spans[:, side], lengths
        )
    found = np.full(len(matches), -1, np.int64)
    choose_objects(
        np.arange(len(matches)) if order is None else order,
        pairs.starts,
        pairs.gt,
        pairs.iou,
        spans,
        cells.gts,
        min(threshold, ALMOST_ONE),
        ~matches.gt_counted[bucket],
        pairs.is_crowd,
        np.zeros(len(matches.gt), np.bool_),
        found,
    )
    return found


def _rows(preds: NDArray[np.int64], spans: NDArray[np.int64]) -> NDArray[np.int64]:
    """The rows of all cells, one cell after the other."""
    lengths = np.diff(spans)[:, 0]
    first = np.repeat(spans[:, 0] - (np.cumsum(lengths) - lengths), lengths)
    return preds[first + np.arange(len(first))]


@kernel
def choose_objects(
    order: NDArray[np.int64],
    starts: NDArray[np.int64],
    pair_gt: NDArray[np.int64],
    pair_iou: NDArray[np.float64],
    spans: NDArray[np.int64],
    gts: NDArray[np.int64],
    threshold: float,
    ignored: NDArray[np.bool_],
    crowd: NDArray[np.bool_],
    used: NDArray[np.bool_],
    found: NDArray[np.int64],
) -> None:
    """Set found (N,) at the rows in order (n,) to the ground truth that each takes.

    Row r has the pairs starts[r]:starts[r + 1] of pair_gt and pair_iou (P,), by rising ground
    truth, and its cell the ground truths gts[spans[r, 0]:spans[r, 1]], rising too. ignored, crowd
    and used (G,). A row takes the free ground truth of highest IoU from the threshold on, the last
    of equals, and an ignored one only if none that counts is left (pycocotools cocoeval.py,
    evaluateImg).

    Assumes `Pairs` of the matches whose rows and ground truths these are, with `cells_of` them.
    """
    for place in range(order.size):
        row = order[place]
        best = -1
        best_iou = threshold
        is_spare = True  # what was found is ignored, or nothing was
        pair = starts[row]
        for at in range(spans[row, 0], spans[row, 1]):
            gt = gts[at]
            while pair < starts[row + 1] and pair_gt[pair] < gt:
                pair += 1
            iou = 0.0
            if pair < starts[row + 1] and pair_gt[pair] == gt:
                iou = pair_iou[pair]
            if iou < threshold or (used[gt] and not crowd[gt]):
                continue
            if is_spare and not ignored[gt]:
                is_spare = False
                best = gt
                best_iou = iou
            elif is_spare == ignored[gt] and iou >= best_iou:
                best = gt
                best_iou = iou
        if best >= 0:
            used[best] = True
            found[row] = best
