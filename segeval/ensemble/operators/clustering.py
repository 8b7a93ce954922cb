"""Kernels that put predictions of one image and class into clusters."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from segeval.ensemble.operators.greedy_suppression import Shapes
from segeval.ensemble.pools.pair_iou import pair_iou
from segeval.kernels.promise import kernel, uninterruptible


@kernel
def cluster_boxes(
    order: NDArray[np.int64],
    offsets: NDArray[np.int64],
    boxes: NDArray[np.float64],
    score: NDArray[np.float64],
    moves: bool,  # noqa: FBT001
    threshold: float,
    members: NDArray[np.int64],
    is_first: NDArray[np.bool_],
    overlap: NDArray[np.float64],
) -> None:
    """Let each of some predictions join the cluster with the highest IoU above the threshold.

    Predictions are the rows order[offsets[g]:offsets[g + 1]] of boxes (n, 4) and score (n,),
    group by group, visited in that order. Their places in members, is_first and overlap receive
    them cluster by cluster, whether a cluster begins, and the IoU with it when they joined. If
    `moves`, a cluster stands where the mean box of its members is, weighted by their scores; else
    where its first member is.

    Assumes offsets that rise inside `order`, made by `clusters_of`.
    """
    widest = 0
    for group in range(offsets.size - 1):
        widest = max(widest, offsets[group + 1] - offsets[group])
    where = np.empty((5, widest))  # of each cluster: x0, y0, x1, y1, area
    near = np.empty(widest)
    sums = np.empty((5, widest))  # of box * score, and of score
    sizes = np.empty(widest, np.int64)
    joined = np.empty(widest, np.int64)
    ious = np.empty(widest)
    for group in range(offsets.size - 1):
        first, last = offsets[group], offsets[group + 1]
        number = 0
        for place in range(first, last):
            row = order[place]
            best, highest = nearest_box(boxes, row, where, number, near, threshold)
            if best < 0:
                best, highest = number, 1.0
                number += 1
                sizes[best] = 0
                begin_at(boxes, row, where, sums, best)
            joined[place - first], ious[place - first] = best, highest
            sizes[best] += 1
            if moves:
                add_box(boxes, row, score[row], where, sums, best)
        start = first
        for cluster in range(number):
            is_first[start] = True
            start += sizes[cluster]
            sizes[cluster] = start - sizes[cluster]  # from here on, the next free place
        for place in range(first, last):
            at = sizes[joined[place - first]]
            members[at], overlap[at] = order[place], ious[place - first]
            sizes[joined[place - first]] += 1


@uninterruptible
def nearest_box(
    boxes: NDArray[np.float64],
    row: int,
    where: NDArray[np.float64],
    number: int,
    ious: NDArray[np.float64],
    threshold: float,
) -> tuple[int, float]:
    """The cluster with the highest IoU above the threshold, or -1, and that IoU.

    where (5, ...) has corners and areas of so many clusters; ious (...), of each, is filled. Whole
    arrays are passed, since views of a row cost more than what is done with them.
    """
    x0, y0, x1, y1 = boxes[row, 0], boxes[row, 1], boxes[row, 2], boxes[row, 3]
    left, top, right, bottom, areas = where[0], where[1], where[2], where[3], where[4]
    area = (x1 - x0) * (y1 - y0)
    for k in range(number):  # without a branch: compiled to several at once
        width = max(min(x1, right[k]) - max(x0, left[k]), 0.0)
        common = width * max(min(y1, bottom[k]) - max(y0, top[k]), 0.0)
        ious[k] = common / (area + areas[k] - common)  # NaN, of two points, is above nothing
    best, highest = -1, threshold
    for k in range(number):
        if ious[k] > highest:
            best, highest = k, ious[k]
    return best, highest


@uninterruptible
def begin_at(
    boxes: NDArray[np.float64],
    row: int,
    where: NDArray[np.float64],
    sums: NDArray[np.float64],
    cluster: int,
) -> None:
    """Put an empty cluster at a box."""
    for side in range(4):
        where[side, cluster] = boxes[row, side]
        sums[side, cluster] = 0.0
    sums[4, cluster] = 0.0
    where[4, cluster] = (boxes[row, 2] - boxes[row, 0]) * (boxes[row, 3] - boxes[row, 1])


@uninterruptible
def add_box(
    boxes: NDArray[np.float64],
    row: int,
    score: float,
    where: NDArray[np.float64],
    sums: NDArray[np.float64],
    cluster: int,
) -> None:
    """Add a box to the sums of a cluster, and move it to the weighted mean."""
    for side in range(4):
        sums[side, cluster] += score * boxes[row, side]
    sums[4, cluster] += score
    if sums[4, cluster] > 0:
        for side in range(4):
            where[side, cluster] = sums[side, cluster] / sums[4, cluster]
        width = where[2, cluster] - where[0, cluster]
        where[4, cluster] = width * (where[3, cluster] - where[1, cluster])


@kernel
def cluster_masks(
    offsets: NDArray[np.int64],
    shapes: Shapes,
    threshold: float,
    cluster: NDArray[np.int64],
    overlap: NDArray[np.float64],
) -> None:
    """Let each of n predictions join the cluster whose first mask has the highest IoU with it.

    Predictions are visited in the order given, the canonical one, within groups offsets[g]:
    offsets[g + 1]. Sets cluster (n,) to the place of the first member, and overlap (n,) to the IoU
    with it.

    Assumes offsets that rise inside the columns, made by `in_batches`.
    """
    boxes, by_mask, masks, by_boundary, boundaries = shapes
    for group in range(offsets.size - 1):
        first, last = offsets[group], offsets[group + 1]
        heads = np.empty(last - first, np.int64)
        number = 0
        for row in range(first, last):
            best, highest = -1, threshold
            for k in range(number):
                iou = pair_iou(
                    heads[k], row, boxes, by_mask, masks, by_boundary, boundaries, highest
                )
                if iou > highest:
                    best, highest = heads[k], iou
            if best < 0:
                best = row
                heads[number] = row
                number += 1
                highest = 1.0
            cluster[row] = best
            overlap[row] = highest


@kernel
def mean_boxes(
    members: NDArray[np.int64],
    offsets: NDArray[np.int64],
    boxes: NDArray[np.float64],
    share: NDArray[np.float64],
    mean: NDArray[np.float64],
) -> None:
    """Fill mean (K, 4) with the mean boxes of clusters, weighted by share, of each member.

    A plain mean where all shares are 0; the box itself where there is only one.

    Assumes offsets (K + 1,) that rise inside the members, rows of boxes (n, 4), made by
    `clusters_of`.
    """
    for k in range(offsets.size - 1):
        first, last = offsets[k], offsets[k + 1]
        if last - first == 1:
            for side in range(4):
                mean[k, side] = boxes[members[first], side]
            continue
        total = 0.0
        for at in range(first, last):
            total += share[at]
        for side in range(4):
            whole = 0.0
            for at in range(first, last):
                whole += boxes[members[at], side] * (share[at] if total > 0 else 1.0)
            mean[k, side] = whole / (total if total > 0 else last - first)


@kernel
def count_voters(
    members: NDArray[np.int64],
    offsets: NDArray[np.int64],
    model: NDArray[np.int32],
    category: NDArray[np.int32],
    coverage: NDArray[np.float64],
    number: NDArray[np.int64],
    own: NDArray[np.float64],
) -> None:
    """Fill number (K,) and own (K,) with the models of each cluster, and the sum of their weights.

    coverage (M, C) has the weights. They are added up in ascending order, so that no model's place
    decides.

    Assumes offsets (K + 1,) that rise inside the members, rows of model and category, which lead
    inside coverage, made by `clusters_of` and `pooled`.
    """
    seen = np.full(coverage.shape[0], -1)
    weights = np.empty(coverage.shape[0])
    for k in range(offsets.size - 1):
        found = 0
        for at in range(offsets[k], offsets[k + 1]):
            row = members[at]
            if seen[model[row]] == k:
                continue
            seen[model[row]] = k
            weight = coverage[model[row], category[row]]
            place = found
            while place > 0 and weights[place - 1] > weight:
                weights[place] = weights[place - 1]
                place -= 1
            weights[place] = weight
            found += 1
        total = 0.0
        for place in range(found):
            total += weights[place]
        number[k], own[k] = found, total


@kernel
def sum_members(
    members: NDArray[np.int64],
    offsets: NDArray[np.int64],
    values: NDArray[np.float64],
    sums: NDArray[np.float64],
) -> None:
    """Fill sums (K,) with those of the members' values (n,), in the order of the members.

    Assumes what `mean_boxes` does.
    """
    for k in range(offsets.size - 1):
        total = 0.0
        for at in range(offsets[k], offsets[k + 1]):
            total += values[members[at]]
        sums[k] = total


@kernel
def find_supporters(
    offsets: NDArray[np.int64],
    shapes: Shapes,
    anchors: NDArray[np.int64],
    anchor_offsets: NDArray[np.int64],
    model: NDArray[np.int32],
    least: float,
    per_model: int,
    own_too: bool,  # noqa: FBT001
    exclusive: bool,  # noqa: FBT001
    supporters: NDArray[np.int64],
) -> None:
    """Fill supporters (A, k) of A anchors with the predictions of highest IoU, -1 behind them.

    Anchors of group g are anchors[anchor_offsets[g]:anchor_offsets[g + 1]], places among n
    predictions in the canonical order. A supporter overlaps its anchor by `least` or more, is of
    another model unless `own_too`, and one of the `per_model` best of its own. If `exclusive`, it
    supports the anchor alone that it overlaps most.

    Assumes places inside the columns, and per_model of 1 or more, made by `vote`.
    """
    boxes, by_mask, masks, by_boundary, boundaries = shapes
    most = supporters.shape[1]
    ious = np.empty(most)
    above = max(least - 1e-9, 0.0)
    for group in range(offsets.size - 1):
        first, last = offsets[group], offsets[group + 1]
        own_anchors = anchors[anchor_offsets[group] : anchor_offsets[group + 1]]
        if exclusive:
            closest = closest_anchors(first, last, shapes, own_anchors, model, own_too)
        else:
            closest = np.empty(0, np.int64)
        for at in range(anchor_offsets[group], anchor_offsets[group + 1]):
            anchor = anchors[at]
            number = 0
            for row in range(first, last):
                if row == anchor or (not own_too and model[row] == model[anchor]):
                    continue
                if exclusive and closest[row - first] != anchor:
                    continue
                iou = pair_iou(anchor, row, boxes, by_mask, masks, by_boundary, boundaries, above)
                if iou <= 0 or iou < least:
                    continue
                number = insert_supporter(supporters[at], ious, number, row, iou, model, per_model)


@kernel
def closest_anchors(
    first: int,
    last: int,
    shapes: Shapes,
    anchors: NDArray[np.int64],
    model: NDArray[np.int32],
    own_too: bool,  # noqa: FBT001
) -> NDArray[np.int64]:
    """The anchor that each of the predictions first to last overlaps most, -1 for none.

    The first of equals, and of another model unless `own_too`. Assumes what `find_supporters` does.
    """
    boxes, by_mask, masks, by_boundary, boundaries = shapes
    closest = np.full(last - first, -1)
    highest = np.zeros(last - first)
    for anchor in anchors:
        for row in range(first, last):
            if row == anchor or (not own_too and model[row] == model[anchor]):
                continue
            iou = pair_iou(anchor, row, boxes, by_mask, masks, by_boundary, boundaries, 0.0)
            if iou > highest[row - first]:
                closest[row - first], highest[row - first] = anchor, iou
    return closest


@kernel
def insert_supporter(
    rows: NDArray[np.int64],
    ious: NDArray[np.float64],
    number: int,
    row: int,
    iou: float,
    model: NDArray[np.int32],
    per_model: int,
) -> int:
    """Put a prediction among the supporters found so far, by falling IoU; returns their number.

    Of one model at most `per_model` stay, the best.
    """
    same, worst = 0, -1
    for k in range(number):
        if model[rows[k]] == model[row]:
            same += 1
            worst = k
    if same >= per_model:
        if ious[worst] >= iou:
            return number
        for later in range(worst, number - 1):  # the model's worst one leaves
            rows[later], ious[later] = rows[later + 1], ious[later + 1]
        number -= 1
        rows[number] = -1
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
