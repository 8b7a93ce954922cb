"""Greedy matching of predictions to ground truth, for all thresholds and size buckets at once."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.kernels.promise import kernel, merged, uninterruptible
from segeval.masks.sorting import sort_by

MOST_THRESHOLDS = 64
"""The flags of one prediction are the bits of one integer."""


FEW = 16
"""Ground truths that are sorted by insertion, which is fastest for few."""


@kernel
def match_cells(
    pred_spans: NDArray[np.int64],
    preds: NDArray[np.int64],
    slots: NDArray[np.int64],
    gt_spans: NDArray[np.int64],
    gts: NDArray[np.int64],
    iou: NDArray[np.float64],
    thresholds: NDArray[np.float64],
    gt_ignored: NDArray[np.bool_],
    crowd: NDArray[np.bool_],
    void: NDArray[np.bool_],
    used: NDArray[np.uint64],
    fresh: bool,  # noqa: FBT001
    matched: NDArray[np.unsignedinteger[Any]],
    ignored: NDArray[np.unsignedinteger[Any]],
) -> None:
    """Match C cells greedily, in the order of scores, for every bucket and threshold at once.

    At a threshold a prediction takes the free ground truth of highest IoU, the last of equals, and
    an ignored one only if no counted one reaches the threshold (pycocotools cocoeval.py,
    evaluateImg). Ground truths are visited by falling IoU: each takes the thresholds that it
    reaches, where it is free and that none before it took. Sets of thresholds are bits.

    pred_spans and gt_spans (C, 2) cut preds and gts (rows); iou holds the (D, G) matrices of the
    cells end to end. gt_ignored (A, G) bool; crowd (G,): may be matched any number of times; void
    (G,): takes a prediction that then counts as unmatched. used (A, most G of a cell): thresholds
    at which a ground truth of the cell is taken; unless fresh, the first cell goes on with it. Sets
    matched and ignored (A, N) at slots[row]; ignored holds beforehand whether a prediction is
    ignored if it stays unmatched.

    Assumes rows and spans from `make_cells`, and slots that `_fill` numbers itself.
    """
    buckets, widest = used.shape
    order = np.empty(widest, np.int64)
    scratch = np.empty(widest, np.int64)
    reach = np.empty(widest, np.uint64)
    at = 0
    for cell in range(pred_spans.shape[0]):
        first = gt_spans[cell, 0]
        number = gt_spans[cell, 1] - first
        if fresh or cell:
            used[:, :number] = 0
        for i in range(pred_spans[cell, 0], pred_spans[cell, 1]):
            near = by_falling_iou(iou, at, number, thresholds[0], order)
            if near > FEW:
                sort_many(iou[at : at + number], thresholds[0], order, scratch)
            for place in range(near):
                reach[place] = reached(iou[at + order[place]], thresholds)
            slot = slots[preds[i]]
            for bucket in range(buckets if near else 0):
                hits, drops = take(
                    order[:near],
                    reach,
                    gts[first : first + number],
                    gt_ignored[bucket],
                    crowd,
                    void,
                    used[bucket],
                )
                matched[bucket, slot] = hits
                ignored[bucket, slot] = drops | (np.uint64(ignored[bucket, slot]) & ~hits)
            at += number


@uninterruptible
@merged
def take(
    order: NDArray[np.int64],
    reach: NDArray[np.uint64],
    gts: NDArray[np.int64],
    ignored: NDArray[np.bool_],
    crowd: NDArray[np.bool_],
    void: NDArray[np.bool_],
    used: NDArray[np.uint64],
) -> tuple[np.uint64, np.uint64]:
    """Let one prediction take ground truth in one bucket; returns where it hits, and drops out.

    order: columns of gts by falling IoU; reach: thresholds that each reaches; ignored, crowd and
    void (G,) by row of the ground truth. Adds to used (most G of a cell).
    """
    hits = np.uint64(0)
    drops = np.uint64(0)
    taken = np.uint64(0)
    for only_ignored in (False, True):
        for place in range(order.size):
            if taken == reach[0]:  # nothing reaches more than the first
                break
            j = order[place]
            gt = gts[j]
            if ignored[gt] != only_ignored:
                continue
            bits = reach[place] & ~taken
            if not crowd[gt]:
                bits &= ~used[j]
                used[j] |= bits
            taken |= bits
            if not void[gt]:
                hits |= bits
            if only_ignored:
                drops |= bits
    return hits, drops


@uninterruptible
@merged
def by_falling_iou(
    iou: NDArray[np.float64], at: int, number: int, least: float, order: NDArray[np.int64]
) -> int:
    """Fill order with the columns whose IoU reaches `least`: highest first, of equals the last.

    The IoUs are iou[at:at + number]. Returns how many columns there are; more than FEW are not in
    order yet.
    """
    near = 0
    for j in range(number):
        if not iou[at + j] >= least:
            continue
        place = near
        near += 1
        if place >= FEW:
            continue
        while place > 0 and iou[at + order[place - 1]] <= iou[at + j]:
            order[place] = order[place - 1]
            place -= 1
        order[place] = j
    return near


@kernel
def sort_many(
    iou: NDArray[np.float64], least: float, order: NDArray[np.int64], scratch: NDArray[np.int64]
) -> None:
    """Do for more than FEW columns, in n log n steps, what `by_falling_iou` does for few."""
    near = 0
    for j in range(iou.size):
        if iou[j] >= least:
            order[near] = j
            near += 1
    sort_by(iou, order, near, scratch)
    for k in range(near // 2):
        order[k], order[near - 1 - k] = order[near - 1 - k], order[k]


@kernel
def reached(iou: float, thresholds: NDArray[np.float64]) -> np.uint64:
    """The thresholds up to an IoU, as bits."""
    bits = np.uint64(0)
    for t in range(thresholds.size):
        if iou >= thresholds[t]:
            bits |= np.uint64(1) << np.uint64(t)
    return bits
