"""Who is matched with whom in one cell: matches know only at which thresholds there is somebody."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from segeval.errors import ShapeError
from segeval.kernels.promise import kernel, uninterruptible
from segeval.metrics.coco.greedy import (
    FEW,
    MOST_THRESHOLDS,
    by_falling_iou,
    reached,
    sort_many,
    take,
)


def partners(
    iou: NDArray[np.float64],
    thresholds: NDArray[np.float64],
    ignored: NDArray[np.bool_],
    crowd: NDArray[np.bool_],
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Matches of the predictions and ground truths of one cell with each other.

    Args:
        iou: of the predictions by falling score with the ground truths, float64, shape (D, G).
        thresholds: T IoU thresholds, rising, float64, shape (T,).
        ignored: whether each ground truth does not count in a size bucket, bool, shape (A, G).
        crowd: whether it may be matched any number of times, bool, shape (G,).

    Returns:
        The ground truth of each prediction, and the last prediction of each ground truth, by their
        places, -1 for none: int64, shapes (A, T, D) and (A, T, G).

    Raises:
        ShapeError: if the arrays differ in length, or there are more than 64 thresholds.

    Source:
        pycocotools cocoeval.py, evaluateImg.
    """
    preds, gts = iou.shape
    buckets, number = len(ignored), len(thresholds)
    if ignored.shape != (buckets, gts) or crowd.shape != (gts,) or number > MOST_THRESHOLDS:
        raise ShapeError(
            f"there are IoUs with {gts} ground truths, {ignored.shape} flags, {crowd.shape} crowd "
            f"regions and {number} thresholds, expected (A, {gts}), ({gts},) and up to "
            f"{MOST_THRESHOLDS}.",
            code="columns",
        )
    of_preds = np.full((buckets, number, preds), -1, np.int64)
    of_gts = np.full((buckets, number, gts), -1, np.int64)
    if preds and gts and number:
        flat = np.ascontiguousarray(iou).ravel()
        find_partners(
            flat, np.ascontiguousarray(thresholds), np.ascontiguousarray(ignored),
            np.ascontiguousarray(crowd), of_preds, of_gts,
        )  # fmt: skip
    return of_preds, of_gts


@kernel
def find_partners(
    iou: NDArray[np.float64],
    thresholds: NDArray[np.float64],
    ignored: NDArray[np.bool_],
    crowd: NDArray[np.bool_],
    of_preds: NDArray[np.int64],
    of_gts: NDArray[np.int64],
) -> None:
    """Match one cell as `match_cells` does, and write down who takes what; see `partners`.

    iou (D * G,); of_preds (A, T, D) and of_gts (A, T, G) hold -1 beforehand. What a prediction
    takes shows in the thresholds at which a ground truth is taken anew; crowd regions are never
    taken, so the rest is that of the best of them.

    Assumes arrays of these shapes and at most 64 thresholds, proven by `partners`.
    """
    buckets, _, preds = of_preds.shape
    gts = crowd.size
    order = np.empty(gts, np.int64)
    scratch = np.empty(gts, np.int64)
    reach = np.empty(gts, np.uint64)
    places = np.arange(gts)
    void = np.zeros(gts, np.bool_)
    used = np.zeros((buckets, gts), np.uint64)
    before = np.zeros(gts, np.uint64)
    for i in range(preds):
        at = i * gts
        near = by_falling_iou(iou, at, gts, thresholds[0], order)
        if near > FEW:
            sort_many(iou[at : at + gts], thresholds[0], order, scratch)
        for place in range(near):
            reach[place] = reached(iou[at + order[place]], thresholds)
        for bucket in range(buckets if near else 0):
            before[:] = used[bucket]
            left, _ = take(order[:near], reach, places, ignored[bucket], crowd, void, used[bucket])
            for place in range(near):
                j = order[place]
                bits = used[bucket, j] & ~before[j]
                left &= ~bits
                write_down(bits, i, j, of_preds[bucket], of_gts[bucket])
            for place in range(near):
                j = order[place]
                if crowd[j]:
                    bits = left & reach[place]
                    left &= ~bits
                    write_down(bits, i, j, of_preds[bucket], of_gts[bucket])


@uninterruptible
def write_down(
    bits: np.uint64,
    pred: int,
    gt: int,
    of_preds: NDArray[np.int64],
    of_gts: NDArray[np.int64],
) -> None:
    """Make a prediction and a ground truth partners at some thresholds; see `find_partners`."""
    for t in range(of_preds.shape[0]):
        if bits & (np.uint64(1) << np.uint64(t)):
            of_preds[t, pred] = gt
            of_gts[t, gt] = pred
