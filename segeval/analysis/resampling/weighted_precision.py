"""The kernels of the image bootstrap: the same curves under many weights at once.

Weights are laid out image by image, `LANES` replicates side by side, so that every inner loop runs
over the replicates of one prediction. Most predictions are false at every threshold and cost one
addition of vectors.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.kernels.promise import kernel
from segeval.metrics.coco.curves import EPSILON

LANES = 64
"""Replicates that are computed together; no number depends on it."""

STEP = 0.01
"""Recall point p is p times this, to the last bit."""

POINTS = 101
"""Recall points."""

EVERY_BIT = np.uint64(2**64 - 1)
"""The bits of all thresholds."""


@kernel
def weighted_counts(
    source: NDArray[np.int32],
    offsets: NDArray[np.int64],
    weights: NDArray[np.integer[Any]],
    sums: NDArray[np.int64],
) -> None:
    """Fill sums (S, LANES) with the sums of weights over each of S spans of sources."""
    for span in range(offsets.size - 1):
        for lane in range(LANES):
            sums[span, lane] = 0
        for row in range(offsets[span], offsets[span + 1]):
            own = source[row]
            for lane in range(LANES):
                sums[span, lane] += weights[own, lane]


@kernel
def capped_copies(
    source: NDArray[np.int32],
    row: NDArray[np.int64],
    offsets: NDArray[np.int64],
    first_row: int,
    limit: int,
    weights: NDArray[np.integer[Any]],
    kept: NDArray[np.integer[Any]],
) -> None:
    """Fill kept (n, LANES) with the copies that a cap on each span leaves of rows from first_row.

    Spans hold sources in the order of the cap; a row of -1 only uses up the cap.
    """
    before = np.empty(LANES, np.int64)
    for span in range(offsets.size - 1):
        before[:] = 0
        for place in range(offsets[span], offsets[span + 1]):
            own = source[place]
            if row[place] >= 0:
                for lane in range(LANES):
                    room = max(limit - before[lane], 0)
                    kept[row[place] - first_row, lane] = min(weights[own, lane], room)
            for lane in range(LANES):
                before[lane] += weights[own, lane]


@kernel
def points_reached(true: int, positives: float) -> np.int32:
    """How many of the recall points a number of true positives reaches, none for 0."""
    recall = true / positives
    point = np.int32(recall * 100.0)  # right, or one off
    count = point + np.int32(point * STEP <= recall) + np.int32((point + 1) * STEP <= recall)
    return count if true > 0 else np.int32(0)


@kernel
def weighted_precision(
    hits: NDArray[np.unsignedinteger[Any]],
    misses: NDArray[np.unsignedinteger[Any]],
    source: NDArray[np.int32],
    offsets: NDArray[np.int64],
    passed_source: NDArray[np.int32],
    passed_offsets: NDArray[np.int64],
    positives: NDArray[np.int64],
    weights: NDArray[np.integer[Any]],
    passed: NDArray[np.signedinteger[Any]],
    true: NDArray[np.signedinteger[Any]],
    false: NDArray[np.signedinteger[Any]],
    points: NDArray[np.uint8],
    at: NDArray[np.int64],
    values: NDArray[np.float64],
) -> None:
    """Fill values (C, 4, LANES) with AP, AP50, AP75 and AR of C curves, NaN where undefined.

    As `accumulate` of segeval/metrics/coco/curves.py: the first pass counts, the second walks back
    from the lowest score. There, the recall points between the recall of a prediction and that of
    the one before take the best precision from here on; so each prediction adds that precision
    once for every point that it is the first to reach. One without copies reaches none. Of true
    positives without a false one between them the last has the best precision, so that only the
    last is divided.

    passed (longest curve + 1, LANES), true and false (T, LANES) are scratch, of a dtype that holds
    every sum of weights; so are points (LANES, most positives + 1). at has the places of IoU 0.50
    and 0.75 among the thresholds, -1 for none.
    """
    number = true.shape[0]
    best = np.empty((number, LANES))
    total = np.empty((number, LANES))
    reached = np.empty((number, LANES), np.int32)
    every = np.empty(LANES)
    before = np.empty(LANES, np.int32)
    row_of = np.empty(LANES, np.int64)
    for curve in range(offsets.size - 1):
        first = offsets[curve]
        begin(positives[curve], every, values[curve])
        list_points(positives[curve], every, points, row_of)
        passed[0] = 0
        true[:] = 0
        false[:] = 0
        for row in range(first, offsets[curve + 1]):
            place = row - first
            for other in range(passed_offsets[row], passed_offsets[row + 1]):
                own = passed_source[other]
                for lane in range(LANES):
                    passed[place, lane] += weights[own, lane]
            for lane in range(LANES):
                passed[place + 1, lane] = passed[place, lane]
            own = source[row]
            for t in range(number):
                bit = np.uint64(1) << np.uint64(t)
                if np.uint64(hits[row]) & bit:
                    for lane in range(LANES):
                        true[t, lane] += weights[own, lane]
                elif np.uint64(misses[row]) & bit:
                    for lane in range(LANES):
                        false[t, lane] += weights[own, lane]
        for t in range(number):
            for lane in range(LANES):
                best[t, lane] = 0.0
                total[t, lane] = 0.0
                reached[t, lane] = points_reached(true[t, lane], every[lane])
                values[curve, 3, lane] += true[t, lane] / every[lane]
        is_last = EVERY_BIT
        for row in range(offsets[curve + 1] - 1, first - 1, -1):
            place = row - first
            own = source[row]
            hit, miss = np.uint64(hits[row]), np.uint64(misses[row])
            for t in range(number):
                bit = np.uint64(1) << np.uint64(t)
                if hit & is_last & bit:
                    for lane in range(LANES):
                        n = true[t, lane]
                        value = n / (passed[place, lane] + false[t, lane] + n + EPSILON)
                        best[t, lane] = max(best[t, lane], value)
                if hit & bit:
                    for lane in range(LANES):
                        true[t, lane] -= weights[own, lane]
                    for lane in range(LANES):
                        n = min(true[t, lane], positives[curve, lane])
                        before[lane] = points[row_of[lane], n]
                    for lane in range(LANES):
                        total[t, lane] += best[t, lane] * (reached[t, lane] - before[lane])
                        reached[t, lane] = before[lane]
                elif miss & bit:
                    for lane in range(LANES):
                        false[t, lane] -= weights[own, lane]
            has_passed = passed_offsets[row + 1] > passed_offsets[row]
            is_last = EVERY_BIT if has_passed else (is_last & ~hit) | miss
        finish(total, at, values[curve])


@kernel
def begin(
    positives: NDArray[np.int64], every: NDArray[np.float64], values: NDArray[np.float64]
) -> None:
    """Set every (LANES,) to at least 1, and values (4, LANES) to 0; NaN without positives."""
    for lane in range(LANES):
        every[lane] = max(positives[lane], 1)
        for value in range(4):
            values[value, lane] = 0.0 if positives[lane] > 0 else np.nan


@kernel
def list_points(
    positives: NDArray[np.int64],
    every: NDArray[np.float64],
    points: NDArray[np.uint8],
    row_of: NDArray[np.int64],
) -> None:
    """Write down how many recall points each number of true positives reaches.

    Fills row_of (LANES,) with the row of points (LANES, most positives + 1) that each replicate
    has; neighbours with equal positives share one.
    """
    for lane in range(LANES):
        if lane > 0 and positives[lane] == positives[lane - 1]:
            row_of[lane] = row_of[lane - 1]
            continue
        row_of[lane] = lane
        for n in range(positives[lane] + 1):
            points[lane, n] = points_reached(n, every[lane])


@kernel
def finish(total: NDArray[np.float64], at: NDArray[np.int64], values: NDArray[np.float64]) -> None:
    """Add sums over the recall points (T, LANES) to the values (4, LANES) of a curve, as means."""
    number = total.shape[0]
    for t in range(number):
        for lane in range(LANES):
            values[0, lane] += total[t, lane]
    for lane in range(LANES):
        values[0, lane] /= number * POINTS
        values[3, lane] /= number
    for place in range(2):
        t = at[place]
        for lane in range(LANES):
            values[1 + place, lane] += total[t, lane] / POINTS if t >= 0 else np.nan
