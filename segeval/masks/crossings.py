"""Polygons to masks: exactly pycocotools' pixels, in time linear in columns instead of perimeter.

pycocotools (maskApi.c, rleFrPoly) walks every edge in steps of a fifth of a pixel, notes where the
walk crosses the middle of a pixel column, and takes the sorted notes as ends of runs. Here each end
is computed directly, by one evaluation of the same floating-point expression per pixel column that
the edge crosses.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.kernels.promise import kernel
from segeval.masks.sorting import sort_by
from segeval.masks.uniting import unite, unite_all

MOST_IN_TURN = 16
"""Parts of one mask that are united one after the other."""

MOST_INSERTED = 64
"""Crossings of one column that are still sorted by insertion."""


@kernel
def rasterise_masks(
    points: NDArray[np.float64],
    part_offsets: NDArray[np.int64],
    mask_offsets: NDArray[np.int64],
    sizes: NDArray[np.int32],
    like: NDArray[np.integer[Any]],
) -> tuple[NDArray[np.integer[Any]], NDArray[np.int64]]:
    """Runs of N masks: lengths (R,) of the type of `like`, offsets (N + 1,).

    Assumes `Polygons`, proven by their constructor, and proven sizes.
    """
    masks = sizes.shape[0]
    offsets = np.zeros(masks + 1, np.int64)
    room = 0
    for i in range(masks):
        for part in range(mask_offsets[i], mask_offsets[i + 1]):
            corners = points[part_offsets[part] : part_offsets[part + 1]]
            room += most_crossings(corners, int(sizes[i, 1])) + 2
        room += 1
    counts = np.empty(room, like.dtype)  # only pages that are written to take memory
    toggles = np.empty(0, np.int64)
    unsorted = np.empty(0, np.int64)
    merged = np.empty(0, np.int64)
    other = np.empty(0, np.int64)
    columns = np.zeros(1, np.int64)
    used = 0
    for i in range(masks):
        height = int(sizes[i, 0])
        width = int(sizes[i, 1])
        if columns.size < width + 2:
            columns = np.zeros(2 * width + 2, np.int64)
        found = 0
        first = mask_offsets[i]
        if mask_offsets[i + 1] - first > MOST_IN_TURN:
            merged, found = many_parts(
                points, part_offsets[first : mask_offsets[i + 1] + 1], height, width, columns
            )
            first = mask_offsets[i + 1]
        for part in range(first, mask_offsets[i + 1]):
            corners = points[part_offsets[part] : part_offsets[part + 1]]
            bound = most_crossings(corners, width) + 2
            if unsorted.size < bound:
                unsorted = np.empty(2 * bound, np.int64)
            if toggles.size < bound:
                toggles = np.empty(2 * bound, np.int64)
            new = part_toggles(corners, height, width, unsorted, toggles, columns)
            if found == 0:
                toggles, merged = merged, toggles
                found = new
            elif new:
                if other.size < found + new:
                    other = np.empty(2 * (found + new), np.int64)
                found = unite(merged, found, toggles, new, other)
                merged, other = other, merged
        end = 0
        for k in range(found):
            counts[used] = merged[k] - end
            end = merged[k]
            used += 1
        if end < height * width or found == 0:
            counts[used] = height * width - end
            used += 1
        offsets[i + 1] = used
    return counts[:used].copy(), offsets


@kernel
def many_parts(
    points: NDArray[np.float64],
    part_offsets: NDArray[np.int64],
    height: int,
    width: int,
    columns: NDArray[np.int64],
) -> tuple[NDArray[np.int64], int]:
    """Toggles of the union of many parts, and their number.

    The parts have offsets (parts + 1,); columns is as in `part_toggles`.
    """
    parts = part_offsets.size - 1
    ends = np.zeros(parts + 1, np.int64)
    room = 1
    for part in range(parts):
        corners = points[part_offsets[part] : part_offsets[part + 1]]
        room = max(room, most_crossings(corners, width) + 2)
    unsorted = np.empty(room, np.int64)
    toggles = np.empty(room, np.int64)
    lists = np.empty(room, np.int64)
    for part in range(parts):
        corners = points[part_offsets[part] : part_offsets[part + 1]]
        new = part_toggles(corners, height, width, unsorted, toggles, columns)
        end = ends[part] + new
        if lists.size < end:
            larger = np.empty(2 * end, np.int64)
            for k in range(ends[part]):  # numba's copy of a part may raise an error
                larger[k] = lists[k]
            lists = larger
        for k in range(new):
            lists[ends[part] + k] = toggles[k]
        ends[part + 1] = end
    return unite_all(lists, ends)


@kernel
def most_crossings(corners: NDArray[np.float64], width: int) -> int:
    """Upper bound on the column crossings of one part (corners, 2)."""
    total = 0
    last = corners.shape[0] - 1
    for j in range(corners.shape[0]):
        columns = abs(corners[j, 0] - corners[last, 0])
        total += 2 + min(width, int(columns) + 1)
        last = j
    return total


@kernel
def part_toggles(
    corners: NDArray[np.float64],
    height: int,
    width: int,
    unsorted: NDArray[np.int64],
    toggles: NDArray[np.int64],
    columns: NDArray[np.int64],
) -> int:
    """Pixels at which one part switches on and off, increasing; returns their (even) number.

    corners (corners, 2) are x, y in pixels; unsorted and columns (width + 2,) are scratch space.
    columns is all zeros before and after.
    """
    found = crossings(corners, height, width, unsorted, columns)
    # Counting sort by column, then a simple sort within each column, where there are few.
    most = 0
    low = width
    high = 0
    for k in range(found):
        column = unsorted[k] >> 32
        low = min(low, column)
        high = max(high, column)
    start = 0
    for column in range(low, high + 1):
        number = columns[column]
        columns[column] = start
        start += number
        most = max(most, number)
    for k in range(found):
        column = unsorted[k] >> 32
        toggles[columns[column]] = column * height + (unsorted[k] & 0xFFFFFFFF)
        columns[column] += 1
    if most > MOST_INSERTED:
        sort_columns(toggles, columns[low : high + 1], most, unsorted)
    for column in range(low, high + 1):
        columns[column] = 0
    for k in range(1, found):
        value = toggles[k]
        place = k
        while place > 0 and toggles[place - 1] > value:
            toggles[place] = toggles[place - 1]
            place -= 1
        toggles[place] = value
    kept = 0
    for k in range(found):  # two switches at one pixel undo each other
        if kept and toggles[kept - 1] == toggles[k]:
            kept -= 1
        else:
            toggles[kept] = toggles[k]
            kept += 1
    if kept and toggles[kept - 1] == height * width:
        kept -= 1
    if kept & 1:
        toggles[kept] = height * width
        kept += 1
    return kept


@kernel
def sort_columns(
    toggles: NDArray[np.int64],
    ends: NDArray[np.int64],
    most: int,
    unsorted: NDArray[np.int64],
) -> None:
    """Sort the toggles of each column, of which there are up to `most`.

    toggles has one column after the other, the first from 0 on, which end at ends (columns,);
    unsorted is scratch space.
    """
    order = np.empty(most, np.int64)
    scratch = np.empty(most, np.int64)
    first = np.int64(0)
    for column in range(ends.size):
        number = ends[column] - first
        values = toggles[first : ends[column]]
        for k in range(number):
            order[k] = k
            unsorted[k] = values[k]
        sort_by(values, order, number, scratch)
        for k in range(number):
            values[k] = unsorted[order[k]]
        first = ends[column]


@kernel
def crossings(
    corners: NDArray[np.float64],
    height: int,
    width: int,
    out: NDArray[np.int64],
    columns: NDArray[np.int64],
) -> int:
    """Crossings of the edges with the middle of pixel columns; returns their number.

    Writes column << 32 | row to out and counts the crossings of every column. Coordinates are in
    fifths of a pixel: an edge crosses pixel column c where it passes from fifth 5c + 2 to the next,
    at the smaller of the two rows.
    """
    found = 0
    number = corners.shape[0]
    for j in range(number):
        k = j + 1 if j + 1 < number else 0
        x0 = int(5.0 * corners[j, 0] + 0.5)
        y0 = int(5.0 * corners[j, 1] + 0.5)
        x1 = int(5.0 * corners[k, 0] + 0.5)
        y1 = int(5.0 * corners[k, 1] + 0.5)
        dx = abs(x1 - x0)
        dy = abs(y1 - y0)
        if (dx >= dy and x0 > x1) or (dx < dy and y0 > y1):
            x0, x1, y0, y1 = x1, x0, y1, y0
        if dx == 0:
            continue
        if dx >= dy:
            slope = (y1 - y0) / dx
            later = 0 if slope >= 0 else 1
            for column in range(max((x0 + 2) // 5, 0), width):
                step = 5 * column + 2 - x0
                if step >= dx:
                    break
                row = int(y0 + slope * (step + later) + 0.5)
                out[found] = column << 32 | pixel_row(row, height)
                columns[column] += 1
                found += 1
        else:
            slope = (x1 - x0) / dy
            begin = int(x0 + 0.5)
            end = int(x0 + slope * dy + 0.5)
            low, high = min(begin, end), max(begin, end)
            for column in range(max((low + 2) // 5, 0), width):
                fifth = 5 * column + 3
                if fifth > high:
                    break
                step = crossing_step(x0, slope, fifth, dy)
                out[found] = column << 32 | pixel_row(y0 + step - 1, height)
                columns[column] += 1
                found += 1
    return found


@kernel
def pixel_row(row: int, height: int) -> int:
    """First pixel row at or below a row in fifths, within the image."""
    if row <= 2:
        return 0
    return min((row + 2) // 5, height)


@kernel
def crossing_step(x0: int, slope: float, fifth: int, steps: int) -> int:
    """First step of a steep edge at which its column has entered (or left) `fifth`.

    The column after t steps is trunc(x0 + slope * t + 0.5). An estimate of t is corrected with
    this expression, so that it rounds as in the walk.
    """
    t = int((fifth - 0.5 - x0) / slope)
    t = min(max(t, 1), steps)
    if slope > 0:
        while t > 1 and x0 + slope * (t - 1) + 0.5 >= fifth:
            t -= 1
        while t < steps and x0 + slope * t + 0.5 < fifth:
            t += 1
    else:
        while t > 1 and x0 + slope * (t - 1) + 0.5 < fifth:
            t -= 1
        while t < steps and x0 + slope * t + 0.5 >= fifth:
            t += 1
    return t
