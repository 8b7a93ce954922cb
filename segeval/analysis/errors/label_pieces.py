"""Connected pieces of label maps, and what their pixels have in common.

A piece is made of pixels of one label that touch at sides or corners. Rows are cut into runs, and
runs that touch are joined, so the time is linear in the pixels.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.kernels.promise import kernel


@kernel
def mark_pieces(
    labels: NDArray[np.unsignedinteger[Any]],
    classes: int,
    state: NDArray[np.uint16],
    active: int,
    wanted: int,
    found: int,
) -> None:
    """Add the bit `found` to the state of pixels in pieces that have all bits of `wanted`.

    Pieces are of pixels whose label is below `classes`, and whose state has the bit `active`, or
    any state if that is 0. A piece has a bit if one of its pixels has it.

    Assumes labels and state (H, W) of one shape, proven by `check_index`.
    """
    height = labels.shape[0]
    needed = np.uint16(active)
    room = count_runs(labels, state, needed)
    begin, end = np.empty(room, np.int32), np.empty(room, np.int32)
    parent, bits = np.empty(room, np.int64), np.empty(room, np.uint16)
    offsets = np.zeros(height + 1, np.int64)
    at = 0
    for y in range(height):
        at = find_runs(labels[y], classes, state[y], needed, at, begin, end, bits)
        offsets[y + 1] = at
        for run in range(offsets[y], at):
            parent[run] = run
        if y:
            join_rows(labels, y, offsets, begin, end, parent, bits)
    for run in range(at):
        top = root(parent, run)
        parent[run] = top
        bits[top] |= bits[run]
    for y in range(height):
        row = state[y]
        for run in range(offsets[y], offsets[y + 1]):
            if (bits[parent[run]] & np.uint16(wanted)) == np.uint16(wanted):
                for x in range(begin[run], end[run]):
                    row[x] |= np.uint16(found)


@kernel
def count_runs(
    labels: NDArray[np.unsignedinteger[Any]],
    state: NDArray[np.uint16],
    needed: Any,
) -> int:
    """An upper bound of the runs that `find_runs` finds in all rows."""
    height, width = labels.shape
    number = 0
    for y in range(height):
        row, bits = labels[y], state[y]
        changes = 0
        if needed:
            for x in range(1, width):
                is_new = (row[x] != row[x - 1]) | ((bits[x - 1] & needed) == 0)
                changes += int(((bits[x] & needed) != 0) & is_new)
            changes += int((bits[0] & needed) != 0)
        else:
            for x in range(1, width):
                changes += int(row[x] != row[x - 1])
            changes += 1
        number += changes
    return number


@kernel
def find_runs(
    row: NDArray[np.unsignedinteger[Any]],
    classes: int,
    state: NDArray[np.uint16],
    needed: Any,
    at: int,
    begin: NDArray[np.int32],
    end: NDArray[np.int32],
    bits: NDArray[np.uint16],
) -> int:
    """Write the runs of a row from place `at` on; the place after the last."""
    width = row.size
    x = 0
    while x < width:
        label = row[x]
        if int(label) >= classes or (needed and (state[x] & needed) == 0):
            x += 1
            continue
        start, own = x, np.uint16(0)
        while x < width and row[x] == label and (not needed or (state[x] & needed) != 0):
            own |= state[x]
            x += 1
        begin[at], end[at], bits[at] = start, x, own
        at += 1
    return at


@kernel
def join_rows(
    labels: NDArray[np.unsignedinteger[Any]],
    y: int,
    offsets: NDArray[np.int64],
    begin: NDArray[np.int32],
    end: NDArray[np.int32],
    parent: NDArray[np.int64],
    bits: NDArray[np.uint16],
) -> None:
    """Join the runs of row y with those of one label in the row above, at sides and corners."""
    first, last = offsets[y - 1], offsets[y]
    for run in range(offsets[y], offsets[y + 1]):
        while first < last and end[first] < begin[run]:
            first += 1
        above = first
        while above < last and begin[above] <= end[run]:
            if labels[y, begin[run]] == labels[y - 1, begin[above]]:
                one, two = root(parent, run), root(parent, above)
                if one < two:
                    parent[two] = one
                else:
                    parent[one] = two
            above += 1


@kernel
def root(parent: NDArray[np.int64], run: int) -> int:
    """The run that stands for a piece; paths to it are halved."""
    while parent[run] != run:
        parent[run] = parent[parent[run]]
        run = parent[run]
    return run
