"""Kernels that put rows in order by group and score; their time grows with the rows alone."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from segeval.kernels.promise import kernel
from segeval.masks.sorting import sort_by

BITS = 11
"""Bits of a group's number that rows are sorted by at once."""


def order_in_groups(group: NDArray[np.integer], score: NDArray[np.float64]) -> NDArray[np.int64]:
    """Rows by ascending group, and in a group by falling score; equal ones as they are given.

    Args:
        group: number of a group, at least 0, shape (N,).
        score: never NaN, shape (N,).

    Returns:
        int64, shape (N,).

    Example:
        >>> order_in_groups(np.array([1, 0, 1]), np.array([0.2, 0.5, 0.9]))
        array([1, 2, 0])
    """
    if not len(group):
        return np.zeros(0, np.int64)
    rounds = -(-int(group.max()).bit_length() // BITS)
    return sort_rows(np.ascontiguousarray(group, np.int64), -score, rounds)


@kernel
def sort_rows(group: NDArray[np.int64], key: NDArray[np.float64], rounds: int) -> NDArray[np.int64]:
    """Rows (n,) by group, whose numbers have `rounds` times BITS bits, and by ascending key."""
    order = np.arange(group.size)
    other = np.empty(group.size, np.int64)
    ends = np.empty((1 << BITS) + 1, np.int64)
    for digit in range(rounds):  # the lowest bits first: each round keeps the order of the last
        shift = digit * BITS
        ends[:] = 0
        for row in range(group.size):
            ends[((group[row] >> shift) & ((1 << BITS) - 1)) + 1] += 1
        for bucket in range(1 << BITS):
            ends[bucket + 1] += ends[bucket]
        for place in range(group.size):
            row = order[place]
            bucket = (group[row] >> shift) & ((1 << BITS) - 1)
            other[ends[bucket]] = row
            ends[bucket] += 1
        order, other = other, order
    first = 0
    while first < group.size:
        last = first + 1
        while last < group.size and group[order[last]] == group[order[first]]:
            last += 1
        sort_by(key, order[first:last], last - first, other)
        first = last
    return order
