"""Polygons to masks: exactly pycocotools' pixels, in time linear in columns instead of perimeter.

pycocotools (maskApi.c, rleFrPoly) walks every edge in steps of a fifth of a pixel, notes where the
walk crosses the middle of a pixel column, and takes the sorted notes as ends of runs. Here each end
is computed directly, by one evaluation of the same floating-point expression per pixel column that
the edge crosses.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.brief import Brief
from segeval.errors import FormatError, ShapeError
from segeval.kernels.promise import kernel
from segeval.kernels.threads import map_slices
from segeval.masks.long_runs import lengths_type, packed
from segeval.masks.proofs import proven, proven_offsets, proven_sizes
from segeval.masks.run_lengths import RunLengths, concatenate
from segeval.masks.sorting import sort_by
from segeval.words import more_like_it

COORDINATE_LIMIT = 1e6
"""Largest distance of a corner from the origin, in pixels."""


MOST_INSERTED = 64
"""Crossings of one column that are still sorted by insertion."""


@dataclass(frozen=True, eq=False, repr=False)
class Polygons(Brief):
    """N masks, each the union of closed polygons ("parts").

    Attributes:
        points: corners (x, y) in pixels, float64, shape (P, 2).
        part_offsets: corners of part j are `points[part_offsets[j]:part_offsets[j + 1]]`, int64.
        mask_offsets: parts of mask i are `mask_offsets[i]` up to `mask_offsets[i + 1]`, int64,
            shape (N + 1,).

    Raises:
        FormatError: if an array has another dtype, or a coordinate is not a finite number within
            `COORDINATE_LIMIT`.
        ShapeError: if offsets leave the corners or the parts.
    """

    points: NDArray[np.float64]
    part_offsets: NDArray[np.int64]
    mask_offsets: NDArray[np.int64]

    def __post_init__(self) -> None:
        """Prove what kernels assume of corners and offsets."""
        points = proven("points", self.points, np.float64, 2)
        if points.shape[1] != 2:
            raise ShapeError(
                f"points of the masks has shape {points.shape}, expected (P, 2): x and y.",
                code="mask-shape",
                field="points",
            )
        # NaN fails both comparisons
        if points.size and not (
            points.min() >= -COORDINATE_LIMIT and points.max() <= COORDINATE_LIMIT
        ):
            far = ~(np.abs(points) <= COORDINATE_LIMIT)
            raise FormatError(
                f"a polygon has the coordinate {points[far][0]:g}, expected finite numbers within "
                f"{COORDINATE_LIMIT:.0e}.{more_like_it(int(far.sum()))}",
                code="bad-polygon",
                field="points",
                count=int(far.sum()),
            )
        parts = proven_offsets("part_offsets", self.part_offsets, len(points), of="corners")
        masks = proven_offsets("mask_offsets", self.mask_offsets, len(parts) - 1, of="parts")
        object.__setattr__(self, "points", points)
        object.__setattr__(self, "part_offsets", parts)
        object.__setattr__(self, "mask_offsets", masks)

    def __len__(self) -> int:
        return len(self.mask_offsets) - 1

    def parts(self, index: int) -> list[NDArray[np.float64]]:
        """The parts of one mask, each float64, shape (corners, 2)."""
        span = range(self.mask_offsets[index], self.mask_offsets[index + 1])
        return [self.points[self.part_offsets[j] : self.part_offsets[j + 1]] for j in span]

    def take(self, index: NDArray[np.integer]) -> Polygons:
        """The masks at `index`, in that order."""
        parts = [part for i in index for part in self.parts(int(i))]
        per_mask = np.diff(self.mask_offsets)[index]
        return Polygons(
            np.concatenate([np.empty((0, 2)), *parts]),
            np.cumsum([0, *(len(part) for part in parts)], dtype=np.int64),
            np.concatenate([np.zeros(1, np.int64), np.cumsum(per_mask)]),
        )


def rasterise(
    polygons: Polygons, sizes: NDArray[np.int32], *, workers: int | None = None
) -> RunLengths:
    """Polygons as run-length masks.

    A pixel belongs to a part by the even-odd rule, and to a mask if it belongs to any part.

    Args:
        polygons: N masks; coordinates finite and within `COORDINATE_LIMIT`.
        sizes: (H, W) of the image of each mask in pixels, int32, shape (N, 2).
        workers: threads, None for all cores.

    Returns:
        N masks; a mask without parts is empty.

    Raises:
        FormatError: if a size is beyond the limits.
        ShapeError: if there is not one size for each mask, or a side is negative.

    Source:
        Equal to pycocotools.mask.frPyObjects and merge, pixel for pixel.

    Example:
        >>> square = np.array([[0.0, 0], [9, 0], [9, 9], [0, 9]])
        >>> one = Polygons(square, np.array([0, 4]), np.array([0, 1]))
        >>> int(rasterise(one, np.array([[20, 20]], np.int32)).counts[1::2].sum())
        81
    """
    return concatenate(rasterised_parts(polygons, sizes, workers=workers))


def rasterised_parts(
    polygons: Polygons, sizes: NDArray[np.int32], *, workers: int | None = None
) -> list[RunLengths]:
    """The result of `rasterise` as consecutive columns, for callers that copy them."""
    sizes = proven_sizes(sizes, len(polygons), against=f"{len(polygons)} polygons")
    like = np.empty(0, lengths_type(sizes))

    def one(start: int, stop: int) -> RunLengths:
        counts, offsets = rasterise_masks(
            polygons.points,
            polygons.part_offsets,
            polygons.mask_offsets[start : stop + 1],
            sizes[start:stop],
            like,
        )
        return RunLengths(*packed(counts, offsets), sizes[start:stop])

    return map_slices(one, len(polygons), workers)


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
        for part in range(mask_offsets[i], mask_offsets[i + 1]):
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
