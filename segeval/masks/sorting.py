"""Sorting inside kernels: stable, n log n whatever the keys are, and linear if they are sorted."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.kernels.promise import kernel

BLOCK = 16
"""Keys that are sorted by insertion, which is fastest for few."""


@kernel
def sort_by(
    keys: NDArray[Any], order: NDArray[np.int64], size: int, scratch: NDArray[np.int64]
) -> None:
    """Sort order[:size] by keys[order], ascending, equal keys in the order given.

    scratch (size,) at least. Keys are never NaN.
    """
    for first in range(0, size, BLOCK):
        for k in range(first + 1, min(first + BLOCK, size)):
            row = order[k]
            key = keys[row]
            place = k
            while place > first and keys[order[place - 1]] > key:
                order[place] = order[place - 1]
                place -= 1
            order[place] = row
    width = BLOCK
    while width < size:
        for first in range(0, size - width, 2 * width):
            middle = first + width
            merge_halves(keys, order, first, middle, min(middle + width, size), scratch)
        width *= 2


@kernel
def merge_halves(
    keys: NDArray[Any],
    order: NDArray[np.int64],
    first: int,
    middle: int,
    last: int,
    scratch: NDArray[np.int64],
) -> None:
    """Merge the sorted order[first:middle] and order[middle:last]."""
    if keys[order[middle - 1]] <= keys[order[middle]]:
        return
    left = middle - first
    for k in range(left):
        scratch[k] = order[first + k]
    i = 0
    j = middle
    place = first
    while i < left:
        if j < last and keys[order[j]] < keys[scratch[i]]:
            order[place] = order[j]
            j += 1
        else:
            order[place] = scratch[i]
            i += 1
        place += 1
