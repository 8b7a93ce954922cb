"""From matches to precision and recall."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.kernels.promise import kernel
from segeval.kernels.threads import map_slices

RECALLS = np.linspace(0.0, 1.0, 101)
"""The 101 recall points of COCO, to the last bit; some differ from i / 100."""

EPSILON = float(np.spacing(1.0))
"""Added to the denominator of a precision, as the official packages do."""


def precision_recall(
    *,
    matched: NDArray[np.unsignedinteger[Any]],
    ignored: NDArray[np.unsignedinteger[Any]],
    rank: NDArray[np.int32],
    offsets: NDArray[np.int64],
    positives: NDArray[np.int64],
    caps: NDArray[np.int64],
    thresholds: int,
    workers: int | None = None,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Interpolated precision and largest recall of groups of predictions.

    Args:
        matched: bit t is set if matched at threshold t, unsigned, shape (N,), by group and score.
        ignored: likewise for predictions left out of the count.
        rank: place of each prediction under the caps, int32, shape (N,).
        offsets: group k has the rows `offsets[k]:offsets[k + 1]`, int64, shape (K + 1,).
        positives: counted ground truths of each group, int64, shape (K,).
        caps: D caps, increasing, int64, shape (D,); precision is taken at the largest.
        thresholds: number of IoU thresholds, T.
        workers: threads, None for all cores.

    Returns:
        Precision at the recall points, float64, shape (K, T, R), and largest recall, float64,
        shape (K, D, T). Groups without positives are -1.

    Source:
        pycocotools cocoeval.py, accumulate.
    """
    groups = len(positives)
    precision = np.full((groups, thresholds, len(RECALLS)), -1.0)
    recall = np.full((groups, len(caps), thresholds), -1.0)

    def one(start: int, stop: int) -> None:
        accumulate(
            matched, ignored, rank, offsets[start : stop + 1], positives[start:stop],
            caps, RECALLS, EPSILON, precision[start:stop], recall[start:stop],
        )  # fmt: skip

    map_slices(one, groups, workers, least=4)
    return precision, recall


@kernel
def accumulate(
    matched: NDArray[np.unsignedinteger[Any]],
    ignored: NDArray[np.unsignedinteger[Any]],
    rank: NDArray[np.int32],
    offsets: NDArray[np.int64],
    positives: NDArray[np.int64],
    caps: NDArray[np.int64],
    points: NDArray[np.float64],
    epsilon: float,
    precision: NDArray[np.float64],
    recall: NDArray[np.float64],
) -> None:
    """Fill precision (K, T, R) and recall (K, D, T) of K groups; see precision_recall."""
    number = precision.shape[1]
    last = caps.size - 1
    every = (np.uint64(1) << np.uint64(number - 1) << np.uint64(1)) - np.uint64(1)
    true = np.zeros((caps.size, number), np.int64)
    false_some = np.zeros(number, np.int64)
    for group in range(positives.size):
        if positives[group] == 0:
            continue
        # false_before[t, n] is how many unmatched ones stand before the n-th matched one
        false_before = np.empty((number, offsets[group + 1] - offsets[group]), np.int32)
        true[:] = 0
        false_some[:] = 0
        false_all = np.int64(0)
        for row in range(offsets[group], offsets[group + 1]):
            if rank[row] >= caps[last]:
                continue
            drops = np.uint64(ignored[row])
            hits = np.uint64(matched[row]) & ~drops
            misses = every & ~(hits | drops)
            if misses == every:
                false_all += 1
                continue
            for t in range(number):
                bit = np.uint64(1) << np.uint64(t)
                if hits & bit:
                    false_before[t, true[last, t]] = false_all + false_some[t]
                    for cap in range(last, -1, -1):
                        if rank[row] >= caps[cap]:
                            break
                        true[cap, t] += 1
                elif misses & bit:
                    false_some[t] += 1
        for t in range(number):
            for cap in range(caps.size):
                recall[group, cap, t] = true[cap, t] / positives[group]
            interpolate(
                false_before[t, : true[last, t]], positives[group], points, epsilon,
                precision[group, t],
            )  # fmt: skip


@kernel
def interpolate(
    false_before: NDArray[np.int32],
    positives: int,
    points: NDArray[np.float64],
    epsilon: float,
    precision: NDArray[np.float64],
) -> None:
    """Fill precision (R,): at each recall point the best precision at that recall or beyond."""
    precision[:] = 0.0
    point = points.size - 1
    best = 0.0
    for n in range(false_before.size, 0, -1):  # the n-th true positive from the end
        value = n / (false_before[n - 1] + n + epsilon)
        best = max(best, value)
        while point >= 0 and points[point] > n / positives:
            point -= 1
        lower = (n - 1) / positives if n > 1 else -1.0
        while point >= 0 and points[point] > lower:
            precision[point] = best
            point -= 1
