"""Runs of masks that are given as values, such as logits, at the size of the image or another.

A mask is never made as a dense picture of values: its rows are interpolated one at a time, become
bytes, and are compared with the row above, as in `dense_runs`. Most masks are small, so first all
values are looked at for those that may be foreground, and only pixels near these are computed.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.kernels.pointers import pointer, word_at
from segeval.kernels.promise import kernel, uninterruptible
from segeval.masks.dense_runs import put_rows, room_for, toggles_between

TOP, BOTTOM, LEFT, RIGHT = range(4)
"""A box of pixels, to before BOTTOM and RIGHT: a row of four int64."""

CUT, NEARLY, LEAST, GREATEST = range(4)
"""What values mean: the least of foreground, of what may be interpolated to it, and of all values;
the greatest of all."""


@kernel
def value_runs(
    values: NDArray[np.floating[Any]],
    meaning: NDArray[np.floating[Any]],
    row_of: NDArray[np.int64],
    row_shares: NDArray[np.floating[Any]],
    column_of: NDArray[np.int64],
    column_shares: NDArray[np.floating[Any]],
    offsets: NDArray[np.int64],
    like: NDArray[np.integer[Any]],
) -> tuple[NDArray[np.integer[Any]], int]:
    """Lengths of the runs of N masks of H x W pixels, of the type of `like`, canonical.

    Row y is row_shares[y, 0] of row row_of[y] of the values and row_shares[y, 1] of the next, if
    there is one; columns likewise. Fills offsets (N + 1,). The second result is the first mask with
    a value below LEAST or above GREATEST, or NaN; N if there is none.

    Assumes values (N, h, w); row_of (H,) and column_of (W,) that never fall and lie inside; shares
    (H, 2) and (W, 2); meaning (4,); a `like` that holds H x W.
    """
    number, h, w = values.shape
    height, width = row_of.size, column_of.size
    wrong = number
    runs = np.empty(1 << 10, like.dtype)
    used = 0
    places = np.empty(1 << 10, like.dtype)
    row_ends = np.empty(height, np.int64)
    rows = np.empty(1 << 10, like.dtype)
    column_ends = np.empty(width, np.int64)
    box = np.empty(4, np.int64)
    held = np.empty(2, np.int64)
    stretched = np.empty((2, width), values.dtype)
    pixels = np.zeros((2, width), np.uint8)
    flags = np.zeros((2, (w + 7) & ~7), np.uint8)
    for i in range(number):
        if height == h and width == w:
            found, places, is_sound = cut_toggles(
                values[i], meaning, pixels, flags[0], row_ends, places
            )
        else:
            is_sound = find_foreground(values[i], meaning, flags, box)
            box[TOP] = first_from(row_of, box[TOP] - 1)
            box[BOTTOM] = first_from(row_of, box[BOTTOM])
            box[LEFT] = first_from(column_of, box[LEFT] - 1)
            box[RIGHT] = first_from(column_of, box[RIGHT])
            held[:] = -1
            found, places = mixed_toggles(
                values[i], meaning[CUT], row_of, row_shares, column_of, column_shares, box, held,
                stretched, pixels, row_ends, places,
            )  # fmt: skip
        if wrong == number and not is_sound:
            wrong = i
        rows, runs, used = put_rows(places, found, row_ends, rows, column_ends, runs, used)
        offsets[i + 1] = used
    return runs[:used].copy(), wrong


@kernel
def cut_toggles(
    values: NDArray[np.floating[Any]],
    meaning: NDArray[np.floating[Any]],
    pixels: NDArray[np.uint8],
    flags: NDArray[np.uint8],
    row_ends: NDArray[np.int64],
    places: NDArray[np.integer[Any]],
) -> tuple[int, NDArray[np.integer[Any]], bool]:
    """The columns in which each row of values (H, W) differs from the one above, or from nothing.

    pixels (2, W) are room for two rows, flags those of `find_foreground`. Fills row_ends (H,).
    Returns the number of columns, places or a longer array with them, and whether all values have a
    meaning.
    """
    height, width = values.shape
    found = 0
    is_sound = True
    pixels[1] = 0
    for y in range(height):
        look_at_row(values[y], meaning, pixels[y & 1], flags)
        is_sound &= not has_flag(flags)
        places = room_for(places, found, width)
        found, _ = toggles_between(
            pointer(pixels), (y & 1) * width, (~y & 1) * width, 0, width,
            pointer(places), found,
        )  # fmt: skip
        row_ends[y] = found
    return found, places, is_sound


@kernel
def mixed_toggles(
    values: NDArray[np.floating[Any]],
    cut: Any,
    row_of: NDArray[np.int64],
    row_shares: NDArray[np.floating[Any]],
    column_of: NDArray[np.int64],
    column_shares: NDArray[np.floating[Any]],
    box: NDArray[np.int64],
    held: NDArray[np.int64],
    stretched: NDArray[np.floating[Any]],
    pixels: NDArray[np.uint8],
    row_ends: NDArray[np.int64],
    places: NDArray[np.integer[Any]],
) -> tuple[int, NDArray[np.integer[Any]]]:
    """The columns in which each row of a mask differs from the one above, in its box.

    pixels (2, W) are room for two rows; held (2,) is -1. Fills row_ends (H,). Returns the number of
    columns, and places or a longer array with them.
    """
    width = column_of.size
    left = box[LEFT]
    found = 0
    pixels[:] = 0
    for y in range(row_of.size):
        if box[TOP] <= y <= box[BOTTOM]:
            row = pixels[y & 1]
            if y == box[BOTTOM]:
                row[:] = 0
            else:
                stretch_rows(values, row_of[y], column_of, column_shares, box, held, stretched)
                mix_rows(stretched, row_of[y], values.shape[0], row_shares[y], cut, box, row)
            places = room_for(places, found, width)
            found, _ = toggles_between(
                pointer(pixels), (y & 1) * width + left, (~y & 1) * width + left,
                left, box[RIGHT] - left, pointer(places), found,
            )  # fmt: skip
        row_ends[y] = found
    return found, places


@kernel
def find_foreground(
    values: NDArray[np.floating[Any]],
    meaning: NDArray[np.floating[Any]],
    flags: NDArray[np.uint8],
    box: NDArray[np.int64],
) -> bool:
    """Fill the box (4,) of values (h, w) from NEARLY on; whether all values have a meaning.

    flags (2, room) are 0, with room for w bytes in whole words.
    """
    h, w = values.shape
    are_sound = True
    box[TOP] = box[BOTTOM] = 0
    box[LEFT], box[RIGHT] = w, 0
    for y in range(h):
        look_at_row(values[y], meaning, flags[0], flags[1])
        are_sound &= not has_flag(flags[1])
        if has_flag(flags[0]):
            if box[LEFT] >= box[RIGHT]:
                box[TOP] = y
            box[BOTTOM] = y + 1
            x = 0
            while x < box[LEFT] and flags[0, x] == 0:
                x += 1
            box[LEFT] = x
            x = w
            while x > box[RIGHT] and flags[0, x - 1] == 0:
                x -= 1
            box[RIGHT] = x
    box[LEFT] = min(box[LEFT], box[RIGHT])
    return are_sound


@uninterruptible
def look_at_row(
    row: NDArray[np.floating[Any]],
    meaning: NDArray[np.floating[Any]],
    reached: NDArray[np.uint8],
    unsound: NDArray[np.uint8],
) -> None:
    """Flag the values of a row that reach NEARLY, and those without a meaning."""
    nearly, least, greatest = meaning[NEARLY], meaning[LEAST], meaning[GREATEST]
    for x in range(row.size):
        reached[x] = row[x] >= nearly
        unsound[x] = not ((row[x] >= least) & (row[x] <= greatest))


@uninterruptible
def has_flag(flags: NDArray[np.uint8]) -> bool:
    """Whether any of some bytes, in whole words, is not 0."""
    data = pointer(flags)
    seen = np.uint64(0)
    for k in range(flags.size >> 3):
        seen |= word_at(data, 8 * k)
    return bool(seen != np.uint64(0))


@kernel
def first_from(rising: NDArray[np.int64], value: int) -> int:
    """The first place whose value is at least this, or the size."""
    low = 0
    high = rising.size
    while low < high:
        middle = (low + high) // 2
        if rising[middle] < value:
            low = middle + 1
        else:
            high = middle
    return low


@uninterruptible
def stretch_rows(
    values: NDArray[np.floating[Any]],
    first: int,
    column_of: NDArray[np.int64],
    shares: NDArray[np.floating[Any]],
    box: NDArray[np.int64],
    held: NDArray[np.int64],
    stretched: NDArray[np.floating[Any]],
) -> None:
    """Interpolate two rows along their columns; even rows go to stretched[0], odd ones to [1].

    held (2,) tells the rows that are there.
    """
    h, w = values.shape
    for y in range(first, min(first + 2, h)):
        if held[y & 1] != y:
            held[y & 1] = y
            row, out = values[y], stretched[y & 1]
            for x in range(box[LEFT], box[RIGHT]):
                k = column_of[x]
                out[x] = shares[x, 0] * row[k] + shares[x, 1] * row[min(k + 1, w - 1)]


@uninterruptible
def mix_rows(
    stretched: NDArray[np.floating[Any]],
    first: int,
    h: int,
    shares: NDArray[np.floating[Any]],
    cut: Any,
    box: NDArray[np.int64],
    pixels: NDArray[np.uint8],
) -> None:
    """Write the columns of a box: 1 where the mean of row `first` and the next reaches the cut."""
    above, below = stretched[first & 1], stretched[min(first + 1, h - 1) & 1]
    share, rest = shares[0], shares[1]
    for x in range(box[LEFT], box[RIGHT]):
        pixels[x] = share * above[x] + rest * below[x] >= cut
