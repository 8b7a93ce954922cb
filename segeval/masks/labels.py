"""The inside of all objects of a label map at once: all pixels but boundaries."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.kernels.promise import kernel


@kernel
def inside_labels(labels: NDArray[np.integer[Any]], width: int) -> NDArray[np.uint8]:
    """1 where the block of 2 width + 1 pixels around a pixel of a map (H, W) has one label.

    Blocks that reach beyond the map do not count. A block has one label if each of its columns and
    its middle row have one, so runs along columns are counted first, then runs of such columns
    along the row. The cost depends neither on the width nor on the number of labels.

    Assumes a map with pixels and a width of 1 or more; callers take it from `boundary_width`.
    """
    height, breadth = labels.shape
    found = np.zeros((height, breadth), np.uint8)
    runs = np.zeros(breadth, np.int32)
    for below in range(height):
        extend_runs(labels, below, 2 * width + 1, runs)
        if below >= 2 * width:
            find_inside(labels[below - width], width, runs, found[below - width])
    return found


@kernel
def extend_runs(
    labels: NDArray[np.integer[Any]], y: int, most: int, runs: NDArray[np.int32]
) -> None:
    """Move on to row y: runs (W,) get the lengths of runs that end there, at most `most`."""
    row, above = labels[y], labels[max(y - 1, 0)]
    limit = np.int32(most)
    for x in range(runs.size):
        longer = np.int32(runs[x] + np.int32(1))
        longer = longer if longer < limit else limit
        runs[x] = longer if row[x] == above[x] else np.int32(1)


@kernel
def find_inside(
    row: NDArray[np.integer[Any]], width: int, runs: NDArray[np.int32], found: NDArray[np.uint8]
) -> None:
    """Set found (W,) for the pixels of a row whose block has one label.

    runs (W,) end `width` rows further down.
    """
    start = 0
    for x in range(row.size):
        if runs[x] <= 2 * width:
            start = x + 1
        elif x and row[x] != row[x - 1]:
            start = x
        if x - start >= 2 * width:
            found[x - width] = 1
