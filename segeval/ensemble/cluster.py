"""Kernels that put predictions of one image and class into clusters."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from segeval.ensemble.pair_iou import iou_of_boxes, pair_iou
from segeval.ensemble.suppress import Shapes
from segeval.kernels.promise import kernel


@kernel
def cluster_groups(
    offsets: NDArray[np.int64],
    shapes: Shapes,
    score: NDArray[np.float64],
    moves: bool,  # noqa: FBT001
    threshold: float,
    cluster: NDArray[np.int64],
    overlap: NDArray[np.float64],
) -> None:
    """Let each of n predictions join the cluster with the highest IoU above the threshold.

    Predictions are visited in the order given, the canonical one, within groups offsets[g]:
    offsets[g + 1]. Sets cluster (n,) to the place of the first member, and overlap (n,) to the IoU
    with it. If `moves`, a cluster stands where the mean box of its members is, weighted by their
    scores; else where its first member is.

    Assumes offsets that rise inside the columns, made by `in_batches`.
    """
    boxes, by_mask, masks, by_boundary, boundaries = shapes
    where = boxes.copy()  # of each cluster, at the place of its first member
    sums = np.zeros((boxes.shape[0], 5))  # of box * score, and of score
    for group in range(offsets.size - 1):
        first, last = offsets[group], offsets[group + 1]
        heads = np.empty(last - first, np.int64)
        number = 0
        for row in range(first, last):
            best, highest = -1, threshold
            for k in range(number):
                if moves:
                    iou = iou_of_boxes(boxes[row], where[heads[k]])
                else:
                    iou = pair_iou(
                        heads[k], row, boxes, by_mask, masks, by_boundary, boundaries, highest
                    )
                if iou > highest:
                    best, highest = heads[k], iou
            if best < 0:
                best = row
                heads[number] = row
                number += 1
                overlap[row] = 1.0
            elif moves:
                overlap[row] = iou_of_boxes(boxes[row], boxes[best])
            else:
                overlap[row] = highest
            cluster[row] = best
            if moves:
                add_box(sums[best], boxes[row], score[row], where[best])


@kernel
def add_box(
    sums: NDArray[np.float64],
    box: NDArray[np.float64],
    score: float,
    where: NDArray[np.float64],
) -> None:
    """Add a box to the sums of a cluster, and move it to the weighted mean."""
    for side in range(4):
        sums[side] += score * box[side]
    sums[4] += score
    if sums[4] > 0:
        for side in range(4):
            where[side] = sums[side] / sums[4]


@kernel
def find_supporters(
    offsets: NDArray[np.int64],
    shapes: Shapes,
    anchors: NDArray[np.int64],
    anchor_offsets: NDArray[np.int64],
    model: NDArray[np.int32],
    least: float,
    literal: bool,  # noqa: FBT001
    supporters: NDArray[np.int64],
) -> None:
    """Fill supporters (A, k) of A anchors with the predictions of highest IoU, -1 behind them.

    Anchors of group g are anchors[anchor_offsets[g]:anchor_offsets[g + 1]], places among n
    predictions in the canonical order. A supporter overlaps its anchor by `least` or more, is of
    another model, and the best of its own. If `literal`, any overlap will do, of any model.

    Assumes places inside the columns, made by `vote`.
    """
    boxes, by_mask, masks, by_boundary, boundaries = shapes
    most = supporters.shape[1]
    ious = np.empty(most)
    above = 0.0 if literal else max(least - 1e-9, 0.0)
    for group in range(offsets.size - 1):
        for at in range(anchor_offsets[group], anchor_offsets[group + 1]):
            anchor = anchors[at]
            number = 0
            for row in range(offsets[group], offsets[group + 1]):
                if row == anchor or (not literal and model[row] == model[anchor]):
                    continue
                iou = pair_iou(anchor, row, boxes, by_mask, masks, by_boundary, boundaries, above)
                if iou <= 0 or (not literal and iou < least):
                    continue
                number = insert_supporter(supporters[at], ious, number, row, iou, model, literal)


@kernel
def insert_supporter(
    rows: NDArray[np.int64],
    ious: NDArray[np.float64],
    number: int,
    row: int,
    iou: float,
    model: NDArray[np.int32],
    literal: bool,  # noqa: FBT001
) -> int:
    """Put a prediction among the supporters found so far, by falling IoU; returns their number.

    A better one of the same model stays alone, unless `literal`.
    """
    if not literal:
        for k in range(number):
            if model[rows[k]] != model[row]:
                continue
            if ious[k] >= iou:
                return number
            for later in range(k, number - 1):  # the model's other one leaves
                rows[later], ious[later] = rows[later + 1], ious[later + 1]
            number -= 1
            rows[number] = -1
            break
    place = number
    while place > 0 and ious[place - 1] < iou:
        place -= 1
    if place == rows.size:
        return number
    last = min(number, rows.size - 1)
    for k in range(last, place, -1):
        rows[k], ious[k] = rows[k - 1], ious[k - 1]
    rows[place], ious[place] = row, iou
    return min(number + 1, rows.size)
