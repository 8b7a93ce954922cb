"""Boundaries of masks too large for bits: pixels that rectangles of background leave uncovered.

The inside of a mask, its boundary of width d taken away, is what its background grown by d pixels
leaves free. Along columns that shortens every run by d at both ends; each gap that is left, made d
columns wider on both sides, is a rectangle. A sweep over the columns with a tree of covered rows
counts what rectangles leave free (Klee's measure, Bentley 1977): n log n steps and memory for n
runs, whatever the number of pixels.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from segeval.kernels.promise import kernel
from segeval.masks.sorting import sort_by
from segeval.masks.toggles import BOTTOM, FIRST_COLUMN, LAST_COLUMN, TOP

BEYOND = 1 << 40
"""A row or column outside of every image."""

# A rectangle, or the window that is looked at: from a column and row to before another.
FIRST, LAST, UPPER, LOWER = range(4)


@kernel
def box_window(shape: NDArray[np.int64]) -> NDArray[np.int64]:
    """The window (4,) of a mask's box."""
    window = np.empty(4, np.int64)
    window[FIRST] = shape[FIRST_COLUMN]
    window[LAST] = shape[LAST_COLUMN] + 1
    window[UPPER] = shape[TOP]
    window[LOWER] = shape[BOTTOM] + 1
    return window


@kernel
def inside_pixels(
    toggles: NDArray[np.int64], size: int, height: int, width: int, shape: NDArray[np.int64]
) -> int:
    """Pixels of a mask that are not in its boundary of some width."""
    window = box_window(shape)
    return free_pixels(gaps(toggles, size, height, width, window), window)


@kernel
def shared_inside_pixels(
    a: NDArray[np.int64],
    size_a: int,
    width_a: int,
    shape_a: NDArray[np.int64],
    b: NDArray[np.int64],
    size_b: int,
    width_b: int,
    shape_b: NDArray[np.int64],
    height: int,
) -> int:
    """Pixels inside of both of two masks of one image; with width 0 all of a mask is inside."""
    window = box_window(shape_a)
    other = box_window(shape_b)
    for low in (FIRST, UPPER):
        window[low] = max(window[low], other[low])
        window[low + 1] = min(window[low + 1], other[low + 1])
        if window[low] >= window[low + 1]:
            return 0
    rectangles = np.empty((0, 4), np.int64)
    for _ in range(2):  # count, then write
        used = list_gaps(a, size_a, height, width_a, window, rectangles, 0)
        used = list_gaps(b, size_b, height, width_b, window, rectangles, used)
        if rectangles.shape[0] < used:
            rectangles = np.empty((used, 4), np.int64)
    return free_pixels(rectangles, window)


@kernel
def gaps(
    toggles: NDArray[np.int64], size: int, height: int, width: int, window: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Rectangles (R, 4) that cover what is not inside of a mask, within a window."""
    number = list_gaps(toggles, size, height, width, window, np.empty((0, 4), np.int64), 0)
    rectangles = np.empty((number, 4), np.int64)
    list_gaps(toggles, size, height, width, window, rectangles, 0)
    return rectangles


@kernel
def list_gaps(
    toggles: NDArray[np.int64],
    size: int,
    height: int,
    width: int,
    window: NDArray[np.int64],
    out: NDArray[np.int64],
    used: int,
) -> int:
    """Add the rectangles of `gaps` to the used ones of out (R, 4), as far as it has room.

    Returns the number used, or wanted.
    """
    column = -BEYOND  # whose gap from row `free` on is not written yet
    free = -BEYOND
    k = 0
    while k < size:
        start, stop = int(toggles[k]), int(toggles[k + 1])
        k += 2
        while k < size and toggles[k] == stop:  # joined by a run of length 0
            stop = int(toggles[k + 1])
            k += 2
        if start == stop:
            continue
        first, last = start // height, (stop - 1) // height
        if first > column:
            used = add(out, used, column, column + 1, free, BEYOND, width, window)
            used = add(out, used, column + 1, first, -BEYOND, BEYOND, width, window)
            column, free = first, -BEYOND
        top = start - first * height
        if last > first:  # to the end of its column; then whole columns; then a last one
            used, free = add_above(out, used, column, free, top, height, width, window)
            used = add(out, used, column, column + 1, free, BEYOND, width, window)
            inner = min(width, (height + 1) // 2)
            used = add(out, used, first + 1, last, -BEYOND, inner, width, window)
            used = add(out, used, first + 1, last, height - inner, BEYOND, width, window)
            column, free, top = last, -BEYOND, 0
        bottom = stop - last * height
        used, free = add_above(out, used, column, free, top, bottom, width, window)
    used = add(out, used, column, column + 1, free, BEYOND, width, window)
    return add(out, used, column + 1, BEYOND, -BEYOND, BEYOND, width, window)


@kernel
def add_above(
    out: NDArray[np.int64],
    used: int,
    column: int,
    free: int,
    top: int,
    bottom: int,
    width: int,
    window: NDArray[np.int64],
) -> tuple[int, int]:
    """Add the gap above a run of a column; returns the number used, and where the next gap begins.

    A run of at most twice the width has no inside, so the gap goes on.
    """
    if bottom - top <= 2 * width:
        return used, free
    return add(out, used, column, column + 1, free, top + width, width, window), bottom - width


@kernel
def add(
    out: NDArray[np.int64],
    used: int,
    first: int,
    last: int,
    upper: int,
    lower: int,
    width: int,
    window: NDArray[np.int64],
) -> int:
    """Add a gap, `width` columns wider on both sides, as far as it is in the window."""
    if first >= last:
        return used
    first = max(first - width, window[FIRST])
    last = min(last + width, window[LAST])
    upper = max(upper, window[UPPER])
    lower = min(lower, window[LOWER])
    if first >= last or upper >= lower:
        return used
    if used < out.shape[0]:
        out[used, FIRST] = first
        out[used, LAST] = last
        out[used, UPPER] = upper
        out[used, LOWER] = lower
    return used + 1


@kernel
def free_pixels(rectangles: NDArray[np.int64], window: NDArray[np.int64]) -> int:
    """Pixels of a window that no rectangle (R, 4) covers; rectangles lie in the window."""
    number = rectangles.shape[0]
    rows = int(window[LOWER] - window[UPPER])
    if number == 0:
        return int(window[LAST] - window[FIRST]) * rows
    places, lengths = ranked_rows(rectangles)
    leaves = lengths.size >> 1
    covers = np.zeros(2 * leaves, np.int64)  # rectangles over all rows of a node
    covered = np.zeros(2 * leaves, np.int64)  # covered rows of a node
    columns = np.empty(2 * number, np.int64)
    for i in range(number):
        columns[i] = rectangles[i, FIRST]
        columns[number + i] = rectangles[i, LAST]
    order = np.arange(2 * number)
    sort_by(columns, order, 2 * number, np.empty(2 * number, np.int64))
    free = 0
    reached = window[FIRST]
    for edge in order:
        free += int(columns[edge] - reached) * (rows - int(covered[1]))
        reached = columns[edge]
        i = edge if edge < number else edge - number
        step = 1 if edge < number else -1
        cover(places[i], places[number + i], step, lengths, covers, covered)
    return free + int(window[LAST] - reached) * (rows - int(covered[1]))


@kernel
def ranked_rows(
    rectangles: NDArray[np.int64],
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The first rows, then the last ones, as places among all; rows of every node of a tree.

    Places (2 R,). Nodes (2 L,): node 1 is the root, n has the children 2 n and 2 n + 1, and the L
    leaves are the spans between places.
    """
    number = rectangles.shape[0]
    rows = np.empty(2 * number, np.int64)
    for i in range(number):
        rows[i] = rectangles[i, UPPER]
        rows[number + i] = rectangles[i, LOWER]
    order = np.arange(2 * number)
    sort_by(rows, order, 2 * number, np.empty(2 * number, np.int64))
    places = np.empty(2 * number, np.int64)
    place = 0
    for k in range(2 * number):
        if k and rows[order[k]] > rows[order[k - 1]]:
            place += 1
        places[order[k]] = place
    leaves = 1
    while leaves < place:
        leaves *= 2
    lengths = np.zeros(2 * leaves, np.int64)
    for k in range(1, 2 * number):
        if rows[order[k]] > rows[order[k - 1]]:
            lengths[leaves + places[order[k - 1]]] = rows[order[k]] - rows[order[k - 1]]
    for node in range(leaves - 1, 0, -1):
        lengths[node] = lengths[2 * node] + lengths[2 * node + 1]
    return places, lengths


@kernel
def cover(
    first: int,
    last: int,
    step: int,
    lengths: NDArray[np.int64],
    covers: NDArray[np.int64],
    covered: NDArray[np.int64],
) -> None:
    """Add `step` rectangles over the leaves from first to before last."""
    leaves = lengths.size >> 1
    low, high = first + leaves, last + leaves
    while low < high:
        if low & 1:
            covers[low] += step
            count_covered(low, lengths, covers, covered)
            low += 1
        if high & 1:
            high -= 1
            covers[high] += step
            count_covered(high, lengths, covers, covered)
        low >>= 1
        high >>= 1
    for leaf in (first + leaves, last - 1 + leaves):
        node = leaf >> 1
        while node:
            count_covered(node, lengths, covers, covered)
            node >>= 1


@kernel
def count_covered(
    node: int,
    lengths: NDArray[np.int64],
    covers: NDArray[np.int64],
    covered: NDArray[np.int64],
) -> None:
    """Count the covered rows of a node from its own rectangles and its children."""
    if covers[node] > 0:
        covered[node] = lengths[node]
    elif 2 * node < lengths.size:
        covered[node] = covered[2 * node] + covered[2 * node + 1]
    else:
        covered[node] = 0
