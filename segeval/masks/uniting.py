"""Unions of masks given as toggles: the pixels at which they switch on and off, increasing."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from segeval.kernels.promise import kernel


@kernel
def unite(
    a: NDArray[np.int64], size_a: int, b: NDArray[np.int64], size_b: int, out: NDArray[np.int64]
) -> int:
    """Union of two masks given as toggles; returns the number of toggles written to `out`."""
    i = 0
    j = 0
    size = 0
    while i < size_a or j < size_b:
        if j >= size_b or (i < size_a and a[i] <= b[j]):
            start, stop = a[i], a[i + 1]
            i += 2
        else:
            start, stop = b[j], b[j + 1]
            j += 2
        if size and start <= out[size - 1]:
            out[size - 1] = max(out[size - 1], stop)
        else:
            out[size] = start
            out[size + 1] = stop
            size += 2
    return size


@kernel
def unite_all(lists: NDArray[np.int64], ends: NDArray[np.int64]) -> tuple[NDArray[np.int64], int]:
    """Union of n masks, and the number of its toggles; neighbours are united, then their unions.

    The toggles of mask k are lists[ends[k]:ends[k + 1]], of an even number; both arrays are
    written over.
    """
    number = ends.size - 1
    other = np.empty(ends[number], np.int64)
    while number > 1:
        kept = 0
        end = np.int64(0)
        for k in range(0, number, 2):
            first = lists[ends[k] : ends[k + 1]]
            if k + 1 < number:
                second = lists[ends[k + 1] : ends[k + 2]]
                end += unite(first, first.size, second, second.size, other[end:])
            else:
                for place in range(first.size):
                    other[end + place] = first[place]
                end += first.size
            kept += 1
            ends[kept] = end  # place kept <= k + 1 is not read again
        number = kept
        lists, other = other, lists
    return lists, ends[number]
