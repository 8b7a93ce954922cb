"""A mask as toggles: the pixels, in column-major order, at which it switches on and off.

Kernels compare masks in this form. FAR follows the toggles, so that looking ahead needs no test
for the end.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from segeval.kernels.promise import kernel
from segeval.masks.long_runs import LONGEST, whole_run

FAR = 1 << 62

# Facts about a mask that save comparisons: a row of six int64.
AREA, FIRST_COLUMN, LAST_COLUMN, TOP, BOTTOM, HAS_EMPTY_RUN = range(6)


@kernel
def expand(counts: NDArray[np.uint32], toggles: NDArray[np.int64]) -> int:
    """Write the toggles of one mask, followed by FAR; returns their (even) number.

    Assumes room for one value more than counts.
    """
    end = 0
    for run in range(counts.size):
        end += int(counts[run])
        toggles[run] = end
    size = counts.size
    if end > LONGEST:
        size = expand_whole_runs(counts, toggles)
    size &= ~1
    toggles[size] = FAR
    return size


@kernel
def expand_whole_runs(counts: NDArray[np.uint32], toggles: NDArray[np.int64]) -> int:
    """Write the ends of all runs of one mask, with their pieces joined; returns their number."""
    end = np.int64(0)
    run = 0
    size = 0
    while run < counts.size:
        length, run = whole_run(counts, run, counts.size)
        end += length
        toggles[size] = end
        size += 1
    return size


@kernel
def measure(toggles: NDArray[np.int64], size: int, height: int, shape: NDArray[np.int64]) -> None:
    """Fill shape (6,) of one mask."""
    has_empty_run = 0
    area = 0
    top = height
    bottom = -1
    base = 0  # first pixel of the current column
    before = -1
    for k in range(0, size, 2):
        start = toggles[k]
        stop = toggles[k + 1]
        if start in (before, stop):
            has_empty_run = 1
            if start == stop:
                before = stop
                continue
        before = stop
        area += stop - start
        if start - base >= height:
            base += height
            if start - base >= height:
                base = start // height * height
        top = min(top, start - base)
        bottom = max(bottom, stop - 1 - base)
    if bottom >= height:  # some run continues in the next column
        top = 0
        bottom = height - 1
    measure_columns(toggles, size, height, area, shape)
    shape[TOP] = top
    shape[BOTTOM] = bottom
    shape[HAS_EMPTY_RUN] = has_empty_run


@kernel
def measure_columns(
    toggles: NDArray[np.int64], size: int, height: int, area: int, shape: NDArray[np.int64]
) -> None:
    """Fill shape (6,) of one mask of known area from its first and its last run.

    The others are not looked at: the mask may be in all rows, and counts as without empty runs.
    """
    shape[AREA] = area
    shape[FIRST_COLUMN] = toggles[0] // height if area else 0
    shape[LAST_COLUMN] = (toggles[size - 1] - 1) // height if area else -1
    shape[TOP] = 0
    shape[BOTTOM] = height - 1
    shape[HAS_EMPTY_RUN] = 0
