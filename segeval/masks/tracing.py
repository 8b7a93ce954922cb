"""Exact outlines of masks: closed polygons along the edges of pixels, traced from the runs."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.frozen import frozen
from segeval.kernels.promise import kernel
from segeval.limits import check_limit
from segeval.masks.measure import check_totals
from segeval.masks.run_lengths import RunLengths
from segeval.words import counted

VISITED = 2
"""State of a corner that is in a ring; 0 and 1 tell on which side of its line the mask is."""


@frozen(eq=False, repr=False)
class Outlines:
    """The outlines of N masks as closed rings of corners, end to end.

    Attributes:
        points: corners x, y of all rings, in pixels from the upper left corner of the image, int32,
            shape (P, 2). The last corner of a ring is joined to its first one.
        ring_offsets: corners of ring r are `points[ring_offsets[r]:ring_offsets[r + 1]]`, int64,
            shape (R + 1,).
        mask_offsets: rings of mask i are those from `mask_offsets[i]` to `mask_offsets[i + 1]`,
            int64, shape (N + 1,).
    """

    points: NDArray[np.int32]
    ring_offsets: NDArray[np.int64]
    mask_offsets: NDArray[np.int64]

    def __repr__(self) -> str:
        """One line: how many masks, rings and corners."""
        rings = counted(len(self.ring_offsets) - 1, "ring")
        corners = counted(len(self.points), "corner")
        return f"Outlines({counted(len(self), 'mask')}, {rings}, {corners})"

    def __len__(self) -> int:
        return len(self.mask_offsets) - 1

    def rings(self, index: int) -> list[NDArray[np.int32]]:
        """The rings of one mask, int32, shape (P, 2) each, views."""
        ends = self.ring_offsets[self.mask_offsets[index] : self.mask_offsets[index + 1] + 1]
        return [self.points[a:b] for a, b in itertools.pairwise(ends)]


def outlines(masks: RunLengths) -> Outlines:
    """The outlines of masks along the edges of their pixels: exactly the masks, as polygons.

    Corners are where an outline turns, so every one is needed. An outer ring goes clockwise as one
    sees the image, a hole the other way round, so both even-odd and nonzero filling give the mask.
    Where two pixels of a mask touch at a corner alone, the outline passes between them: such pixels
    are not connected, and the background there is. A ring may touch itself at a corner, but never
    crosses itself. Rings are in order of their leftmost, then topmost corner, which comes first.

    Args:
        masks: N masks of any sizes. No mask is made dense: time and memory go with the runs.

    Raises:
        FormatError: if the runs of a mask are not H x W pixels, or all masks together have more
            corners than the limit `outline_corners`; nothing is traced then.

    Example:
        >>> from segeval.masks import encode
        >>> found = outlines(encode([[[0, 1, 1], [0, 1, 0]]]))
        >>> found
        Outlines(1 mask, 1 ring, 6 corners)
        >>> found.rings(0)[0].tolist()
        [[1, 0], [3, 0], [3, 1], [2, 1], [2, 2], [1, 2]]
    """
    check_totals(masks)
    longest = int(np.diff(masks.offsets).max(initial=0))
    toggles = np.empty((2, longest + 2), np.int64)
    corners = np.zeros(len(masks), np.int64)
    count_corners(masks.counts, masks.offsets, masks.sizes, toggles, corners)
    total, most = int(corners.sum()), int(corners.max(initial=0))
    what = f"the outlines have {total:,} corners"
    check_limit("outline_corners", total, what, source="masks")
    points = np.empty((total, 2), np.int32)
    ends = np.zeros(total // 4 + 1, np.int64)  # a ring has four corners at least
    mask_offsets = np.zeros(len(masks) + 1, np.int64)
    trace(
        masks.counts, masks.offsets, masks.sizes, toggles, np.empty_like(toggles),
        np.empty((most, 2), np.int32), np.empty(most, np.int64), np.empty(most, np.uint8),
        points, ends, mask_offsets,
    )  # fmt: skip
    return Outlines(points, ends[: mask_offsets[len(masks)] + 1].copy(), mask_offsets)


@kernel
def column_toggles(
    counts: NDArray[np.uint32],
    stop: int,
    height: np.int64,
    base: np.int64,
    state: tuple[Any, Any, Any],
    toggles: NDArray[np.int64],
    side: int,
) -> tuple[int, np.int64, tuple[Any, Any, Any]]:
    """Write the rows at which a column changes its colour to toggles[side], rising.

    `base` is the column's first pixel, `state` where the next run begins in counts, where the last
    one ended in pixels, and its colour. Both borders change the colour of a mask that touches them.

    Returns the number of toggles, the number of columns from this one on that are covered by one
    run and so have the same, and the new state.
    """
    run, end, colour = state
    while end <= base and run < stop:
        end += np.int64(counts[run])
        run += 1
        colour = 1 - colour
    used = 0
    if colour == 1:
        toggles[side, 0] = 0
        used = 1
    columns = np.int64(1)
    if end >= base + height:
        columns = (end - base) // height
    while end < base + height and run < stop:
        row = end - base
        if used > 0 and toggles[side, used - 1] == row:  # a run of length 0 lies between
            used -= 1
        else:
            toggles[side, used] = row
            used += 1
        end += np.int64(counts[run])
        run += 1
        colour = 1 - colour
    if colour == 1:
        toggles[side, used] = height
        used += 1
    return used, columns, (run, end, colour)


@kernel
def corners_between(toggles: NDArray[np.int64], side: int, left: int, right: int) -> int:
    """Number of corners between two columns, with `left` toggles in the other side's row.

    A row that toggles in both is a straight line, or two corners where pixels touch diagonally.
    """
    i = j = found = 0
    while i < left or j < right:
        if j == right or (i < left and toggles[1 - side, i] < toggles[side, j]):
            found += 1
            i += 1
        elif i == left or toggles[side, j] < toggles[1 - side, i]:
            found += 1
            j += 1
        else:
            found += 2 * ((i + j) % 2)
            i += 1
            j += 1
    return found


@kernel
def count_corners(
    counts: NDArray[np.uint32],
    offsets: NDArray[np.int64],
    sizes: NDArray[np.int32],
    toggles: NDArray[np.int64],
    corners: NDArray[np.int64],
) -> None:
    """Fill corners (N,) with the numbers that `trace` writes.

    Assumes a `RunLengths` with sound totals, and toggles (2, longest + 2) for its longest mask.
    """
    for i in range(offsets.size - 1):
        height, width = np.int64(sizes[i, 0]), np.int64(sizes[i, 1])
        if height == 0:
            continue
        state = (offsets[i], np.int64(0), np.int64(1))  # the first run turns it to background
        side = left = 0
        column = np.int64(0)
        while column < width:
            right, columns, state = column_toggles(
                counts, offsets[i + 1], height, column * height, state, toggles, side
            )
            corners[i] += corners_between(toggles, side, left, right)
            left, side = right, 1 - side
            column += columns
        corners[i] += left


@kernel
def join_columns(
    toggles: NDArray[np.int64],
    opened: NDArray[np.int64],
    side: int,
    left: int,
    right: int,
    column: np.int64,
    used: int,
    corners: NDArray[np.int32],
    across: NDArray[np.int64],
    state: NDArray[np.uint8],
) -> int:
    """Append the corners between two columns, from top to bottom; returns their number so far.

    A horizontal edge begins at the corner in `opened` and ends at the corner `across` of it.
    Vertical edges join corners 2k and 2k + 1.
    """
    i = j = 0
    while i < left or j < right:
        ends = j == right or (i < left and toggles[1 - side, i] <= toggles[side, j])
        begins = i == left or (j < right and toggles[side, j] <= toggles[1 - side, i])
        row = toggles[1 - side, i] if ends else toggles[side, j]
        if ends and begins and (i + j) % 2 == 0:
            opened[side, j] = opened[1 - side, i]
            i += 1
            j += 1
            continue
        # Of two corners the first ends the edge above, the second begins the edge below. A pixel
        # keeps its own edges: the one at the lower left if the left column turns to the mask here.
        closing = used + 1 if begins and i % 2 == 0 else used
        opening = 2 * used + 1 - closing if ends else used
        if ends:
            other = opened[1 - side, i]
            across[closing], across[other] = other, closing
            corners[closing, 0], corners[closing, 1] = column, row
            state[closing] = i % 2
            i += 1
            used += 1
        if begins:
            opened[side, j] = opening
            corners[opening, 0], corners[opening, 1] = column, row
            state[opening] = j % 2
            j += 1
            used += 1
    return used


@kernel
def follow_rings(
    number: int,
    corners: NDArray[np.int32],
    across: NDArray[np.int64],
    state: NDArray[np.uint8],
    points: NDArray[np.int32],
    place: int,
    ends: NDArray[np.int64],
    ring: int,
) -> tuple[int, int]:
    """Write the rings of one mask's corners; returns the new place in points, and rings so far."""
    for first in range(0, number, 2):
        if state[first] == VISITED:
            continue
        # Its first corner is the upper end of a ring's leftmost edge: the mask is at the lower
        # right of it, or this is a hole, which goes down first.
        down = state[first] == 1
        corner = first
        while True:
            state[corner] = VISITED
            points[place, 0], points[place, 1] = corners[corner, 0], corners[corner, 1]
            corner = corner ^ 1 if down else across[corner]
            state[corner] = VISITED
            points[place + 1, 0], points[place + 1, 1] = corners[corner, 0], corners[corner, 1]
            corner = across[corner] if down else corner ^ 1
            place += 2
            if corner == first:
                break
        ring += 1
        ends[ring] = place
    return place, ring


@kernel
def trace(
    counts: NDArray[np.uint32],
    offsets: NDArray[np.int64],
    sizes: NDArray[np.int32],
    toggles: NDArray[np.int64],
    opened: NDArray[np.int64],
    corners: NDArray[np.int32],
    across: NDArray[np.int64],
    state: NDArray[np.uint8],
    points: NDArray[np.int32],
    ends: NDArray[np.int64],
    mask_offsets: NDArray[np.int64],
) -> None:
    """Write the rings of N masks to points (P, 2), ends (P // 4 + 1,) and mask_offsets (N + 1,).

    Assumes a `RunLengths` with sound totals, toggles and opened (2, longest + 2) for its longest
    mask, P corners and at most as many in one mask as in corners, across and state.
    """
    place = ring = 0
    for i in range(offsets.size - 1):
        height, width = np.int64(sizes[i, 0]), np.int64(sizes[i, 1])
        mask_offsets[i + 1] = ring
        if height == 0:
            continue
        run = (offsets[i], np.int64(0), np.int64(1))
        side = left = used = 0
        column = np.int64(0)
        while column < width:
            right, columns, run = column_toggles(
                counts, offsets[i + 1], height, column * height, run, toggles, side
            )
            used = join_columns(
                toggles, opened, side, left, right, column, used, corners, across, state
            )
            left, side = right, 1 - side
            column += columns
        used = join_columns(toggles, opened, side, left, 0, width, used, corners, across, state)
        place, ring = follow_rings(used, corners, across, state, points, place, ends, ring)
        mask_offsets[i + 1] = ring
