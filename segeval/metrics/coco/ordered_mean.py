"""The mean of precision in the order in which the official packages add it, in little memory.

They keep precision as (T, R, K) and take numpy's mean, whose last bits depend on the order; here it
is (K, T, R), and a copy in their order would take as much memory again.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

BLOCK = 1 << 19
"""Values that are put in order at a time: 4 MB."""

SHORTEST = 128
"""Values that numpy adds without cutting them in halves."""


def ordered_mean(values: NDArray[np.float64], block: int = BLOCK) -> float:
    """The mean of (K, T, R) values, taken as `values.transpose(1, 2, 0).ravel().mean()`.

    Args:
        values: float64, shape (K, T, R), at least one.
        block: values that are put in order at a time, at least `SHORTEST`.

    Source:
        numpy's sum of an array halves it, at a multiple of 8, until `SHORTEST` values are left
        (numpy/_core/src/umath/loops_utils.h.src, pairwise_sum).
    """
    groups = len(values)
    columns = values.reshape(groups, -1).T
    buffer = np.empty((block // groups + 2, groups))

    def total(start: int, stop: int) -> float:
        """The sum of values in order, of which each column holds one for every group."""
        first, last = start // groups, -(-stop // groups)
        own = buffer[: last - first]
        np.copyto(own, columns[first:last])
        return float(own.ravel()[start - first * groups : stop - first * groups].sum())

    return pairwise_sum(total, 0, values.size, block) / values.size


def pairwise_sum(total: Callable[[int, int], float], start: int, stop: int, block: int) -> float:
    """The sum of values from one place to another, halved as numpy would, down to a block.

    Args:
        total: numpy's sum from one place to another, which halves further by itself.
        start: the first place.
        stop: the place behind the last.
        block: as in `ordered_mean`.
    """
    length = stop - start
    if length <= max(block, SHORTEST):
        return total(start, stop)
    middle = start + length // 2 - length // 2 % 8
    return pairwise_sum(total, start, middle, block) + pairwise_sum(total, middle, stop, block)
