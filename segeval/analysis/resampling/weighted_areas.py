"""The kernels of AP by Cityscapes and by Open Images under many weights of the images at once.

Both walk over the predictions of a class in the order of their scores, `LANES` replicates side by
side. Weights are whole numbers in float64, so all counts are exact. Areas are in true positives;
divided by the number of objects they are AP.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.analysis.resampling.weighted_sums import LANES
from segeval.kernels.promise import kernel

TRUE = 1
"""State of an entry that is a true positive, as `OpenImagesStatistics.state` has it."""

GROUP = 2
"""State of an entry for a group that was found."""


@kernel
def plain_areas(
    hits: NDArray[np.uint16],
    misses: NDArray[np.uint16],
    ends: NDArray[np.bool_],
    source: NDArray[np.int64],
    offsets: NDArray[np.int64],
    weights: NDArray[Any],
    areas: NDArray[np.float64],
) -> None:
    """Add areas below plain curves to areas (K, T, LANES), as `area_below` of Cityscapes.

    Class k has the predictions `offsets[k]:offsets[k + 1]`, from the highest score to the lowest;
    ends (N,) marks the last one of each score. hits and misses (N,) have a bit per threshold.

    A curve has one point per distinct score, and each counts for half the recall between its
    neighbours. That is the area below straight lines between points. So scores without copies, at
    the point before, add nothing, and only those with a true positive have to be looked at.

    Assumes sources below S and offsets that rise inside the columns.
    """
    number = areas.shape[1]
    true = np.empty((number, LANES))
    false = np.empty((number, LANES))
    more_true = np.empty((number, LANES))
    more_false = np.empty((number, LANES))
    for k in range(offsets.size - 1):
        true[:] = 0.0
        false[:] = 0.0
        more_true[:] = 0.0
        more_false[:] = 0.0
        seen = np.uint64(0)
        for row in range(offsets[k], offsets[k + 1]):
            own, hit, miss = source[row], np.uint64(hits[row]), np.uint64(misses[row])
            seen |= hit
            for t in range(number):
                bit = np.uint64(1) << np.uint64(t)
                if hit & bit:
                    for lane in range(LANES):
                        more_true[t, lane] += weights[own, lane]
                elif miss & bit:
                    for lane in range(LANES):
                        more_false[t, lane] += weights[own, lane]
            if not ends[row]:
                continue
            for t in range(number):
                if seen & (np.uint64(1) << np.uint64(t)):
                    add_point(true[t], false[t], more_true[t], more_false[t], areas[k, t])
                for lane in range(LANES):
                    true[t, lane] += more_true[t, lane]
                    false[t, lane] += more_false[t, lane]
                    more_true[t, lane] = 0.0
                    more_false[t, lane] = 0.0
            seen = np.uint64(0)


@kernel
def add_point(
    true: NDArray[np.float64],
    false: NDArray[np.float64],
    more_true: NDArray[np.float64],
    more_false: NDArray[np.float64],
    areas: NDArray[np.float64],
) -> None:
    """Add the area between a point and the next, which has more true and false positives (LANES,).

    The curve begins at precision 1.
    """
    for lane in range(LANES):
        judged = true[lane] + false[lane]
        before = true[lane] / judged if judged > 0.0 else 1.0
        reached = true[lane] + more_true[lane]
        after = reached / max(reached + false[lane] + more_false[lane], 1.0)
        areas[lane] += more_true[lane] * (before + after) * 0.5


@kernel
def envelope_areas(
    state: NDArray[np.int8],
    source: NDArray[np.int64],
    offsets: NDArray[np.int64],
    group_weight: float,
    weights: NDArray[Any],
    areas: NDArray[np.float64],
) -> None:
    """Fill areas (K, LANES) below the highest precision from each recall on.

    As `area_under_curve` of Open Images: class k has the entries `offsets[k]:offsets[k + 1]`, from
    the highest score to the lowest. The first pass counts, the second walks back from the lowest
    score and keeps the best precision. An entry without copies has the precision of the one before
    and adds nothing.

    Assumes sources below S and offsets that rise inside the columns.
    """
    counts = np.empty((3, LANES))  # false, true, groups
    best = np.empty(LANES)
    for k in range(offsets.size - 1):
        counts[:] = 0.0
        best[:] = 0.0
        areas[k] = 0.0
        for row in range(offsets[k], offsets[k + 1]):
            own, kind = source[row], int(state[row])
            for lane in range(LANES):
                counts[kind, lane] += weights[own, lane]
        for row in range(offsets[k + 1] - 1, offsets[k] - 1, -1):
            own, kind = source[row], int(state[row])
            adds = 1.0 if kind == TRUE else group_weight if kind == GROUP else 0.0
            for lane in range(LANES):
                found = counts[1, lane] + group_weight * counts[2, lane]
                judged = found + counts[0, lane]
                if judged > 0.0:
                    best[lane] = max(best[lane], found / judged)
                areas[k, lane] += best[lane] * adds * weights[own, lane]
                counts[kind, lane] -= weights[own, lane]
