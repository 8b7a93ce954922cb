"""Kernels of suppression: of predictions that overlap, the best stays or the others lose score."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from segeval.ensemble.operators.exponential import exp
from segeval.ensemble.pools.pair_iou import Masks, pair_iou
from segeval.kernels.promise import kernel

HARD, LINEAR, GAUSSIAN = 0, 1, 2
"""What happens to a prediction that overlaps a better one."""

Shapes = tuple[NDArray[np.float64], bool, Masks, bool, Masks]
"""Boxes (n, 4), whether masks are compared, masks, whether boundaries are too, and those."""


@kernel
def suppress_groups(
    offsets: NDArray[np.int64],
    weight: NDArray[np.float64],
    shapes: Shapes,
    kind: int,
    above: float,
    sigma: float,
    least: float,
    score: NDArray[np.float64],
    by: NDArray[np.int64],
) -> None:
    """Suppress within groups of n predictions, each in the canonical order.

    Group g is offsets[g]:offsets[g + 1]. Only an IoU above `above` counts. Lowers score (n,). Sets
    by (n,) to the prediction that removed each, to its own place where its score is below `least`,
    and leaves -1 where it stays.

    Assumes offsets that rise inside the columns, made by `suppress`.
    """
    for group in range(offsets.size - 1):
        first, last = offsets[group], offsets[group + 1]
        left = np.arange(first, last)
        number = left.size
        while number > 0:
            at = 0
            if kind != HARD:
                at = best_place(left[:number], score, weight, shapes[0])
            top = left[at]
            if score[top] < least:  # and so are all others
                for k in range(number):
                    if by[left[k]] < 0:
                        by[left[k]] = left[k]
                break
            number = settle(left[:number], at, shapes, kind, above, sigma, least, score, by)


@kernel
def settle(
    left: NDArray[np.int64],
    at: int,
    shapes: Shapes,
    kind: int,
    above: float,
    sigma: float,
    least: float,
    score: NDArray[np.float64],
    by: NDArray[np.int64],
) -> int:
    """Let the prediction left[at] act on the others; returns how many stay, moved to the front."""
    boxes, by_mask, masks, by_boundary, boundaries = shapes
    top = left[at]
    stay = 0
    for k in range(left.size):
        other = left[k]
        if k == at:
            continue
        iou = pair_iou(top, other, boxes, by_mask, masks, by_boundary, boundaries, above)
        if iou > above:
            score[other] = lowered(score[other], iou, kind, sigma)
            if kind == HARD or score[other] < least:
                by[other] = top
                continue
        left[stay] = other
        stay += 1
    return stay


@kernel
def lowered(score: float, iou: float, kind: int, sigma: float) -> float:
    """The score of a prediction that overlaps a better one, if it stays."""
    if kind == LINEAR:
        return score * (1.0 - iou)
    if kind == GAUSSIAN:
        return score * exp(-(iou * iou) / sigma)
    return score


@kernel
def best_place(
    left: NDArray[np.int64],
    score: NDArray[np.float64],
    weight: NDArray[np.float64],
    boxes: NDArray[np.float64],
) -> int:
    """The place of the best prediction in `left`; ties by weight, box, then order."""
    best = 0
    for k in range(1, left.size):
        a, b = left[k], left[best]
        if score[a] < score[b]:
            continue
        if score[a] > score[b] or goes_before(a, b, weight, boxes):
            best = k
    return best


@kernel
def goes_before(a: int, b: int, weight: NDArray[np.float64], boxes: NDArray[np.float64]) -> bool:
    """Whether prediction a goes before b, of equal scores, by its model's weight and its box."""
    if weight[a] != weight[b]:
        return bool(weight[a] > weight[b])
    for side in range(4):
        if boxes[a, side] != boxes[b, side]:
            return bool(boxes[a, side] < boxes[b, side])
    return False


@kernel
def matrix_decay(
    offsets: NDArray[np.int64],
    shapes: Shapes,
    kind: int,
    sigma: float,
    decay: NDArray[np.float64],
) -> None:
    """Fill decay (n,), 1 beforehand, by matrix NMS within groups, each in the canonical order.

    Source: SOLOv2 (arXiv 2003.10152), section 3.3.

    Assumes offsets that rise inside the columns, made by `matrix_nms`.
    """
    boxes, by_mask, masks, by_boundary, boundaries = shapes
    for group in range(offsets.size - 1):
        first, last = offsets[group], offsets[group + 1]
        worst = np.zeros(last - first)  # highest IoU of each with a better one
        for j in range(first, last):
            for i in range(first, j):
                iou = pair_iou(i, j, boxes, by_mask, masks, by_boundary, boundaries, 0.0)
                if iou == 0.0:
                    continue
                own = worst[i - first]
                if kind == GAUSSIAN:
                    factor = exp((own * own - iou * iou) / sigma)
                elif own < 1.0:
                    factor = (1.0 - iou) / (1.0 - own)
                else:
                    factor = 1.0  # a prediction that is itself a copy lowers nothing
                decay[j] = min(decay[j], factor)
                worst[j - first] = max(worst[j - first], iou)
