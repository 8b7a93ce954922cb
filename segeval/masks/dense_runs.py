"""Runs of dense masks, a byte per pixel, at the speed at which memory is read.

A run ends where a pixel differs from the one before it in its column. Rows lie end to end in
memory, so each is compared with the row above, 8 pixels a word, and only words that differ are
looked at. What differs comes row by row, and is sorted by column.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.kernels.instructions import trailing_zeros
from segeval.kernels.pointers import pointer, word_at
from segeval.kernels.promise import kernel, uninterruptible
from segeval.masks.boundaries import longer_runs

CHUNK = 128
"""Words compared before any of them is looked at."""

PART = 16
"""Words compared again where such a chunk differs."""

PIECE = 1 << 16
"""Pixels of a mask in column-major order that are compared at a time."""

BY_ROWS, BY_COLUMNS = range(2)
"""Orders of the pixels of a mask in memory."""

LOW = 0x0101010101010101
"""The lowest bit of every byte of a word."""


@kernel
def dense_runs(
    pixels: NDArray[np.uint8],
    height: int,
    width: int,
    order: int,
    offsets: NDArray[np.int64],
    like: NDArray[np.integer[Any]],
) -> tuple[NDArray[np.integer[Any]], int]:
    """Lengths of the runs of N dense masks, of the type of `like`, canonical.

    Fills offsets (N + 1,). Every value but 0 is foreground; the second result is the first mask
    with a value other than 0 and 1, or N.

    Assumes N masks of height x width bytes end to end in one of two orders; `like` holds the number
    of pixels of a mask.
    """
    number = offsets.size - 1
    size = height * width
    wrong = number
    runs = np.empty(1 << 10, like.dtype)
    used = 0
    # Row-major: columns of what differs, their ends in each row, and their rows sorted by column.
    places = np.empty(1 << 10, like.dtype)
    row_ends = np.empty(height, np.int64)
    rows = np.empty(1 << 10, like.dtype)
    column_ends = np.empty(width, np.int64)
    for i in range(number):
        if order == BY_COLUMNS:
            found, places, differences = toggles_along(pixels, i * size, size, places)
            if used + found + 1 > runs.size:
                runs = longer_runs(runs, used, 2 * runs.size + found + 1)
            used = put_toggles(places, found, size, runs, used)
        else:
            found, places, differences = toggles_of_rows(pixels, i * size, width, row_ends, places)
            rows, runs, used = put_rows(places, found, row_ends, rows, column_ends, runs, used)
        offsets[i + 1] = used
        if wrong == number and differences & ~np.uint64(LOW):
            wrong = i
    return runs[:used].copy(), wrong


@kernel
def toggles_along(
    pixels: NDArray[np.uint8],
    start: int,
    size: int,
    places: NDArray[np.integer[Any]],
) -> tuple[int, NDArray[np.integer[Any]], np.uint64]:
    """Where the pixels from `start` on differ from those before them; the first one from nothing.

    Returns their number, places or a longer array with them, and all bits that differ.
    """
    found = 0
    differences = np.uint64(0)
    if size:
        found, differences = toggles_from_nothing(pixels, start, 1, places)
    for first in range(1, size, PIECE):
        length = min(PIECE, size - first)
        places = room_for(places, found, length)
        here = start + first
        found, more = toggles_between(
            pointer(pixels), here, here - 1, first, length, pointer(places), found
        )
        differences |= more
    return found, places, differences


@kernel
def toggles_of_rows(
    pixels: NDArray[np.uint8],
    start: int,
    width: int,
    row_ends: NDArray[np.int64],
    places: NDArray[np.integer[Any]],
) -> tuple[int, NDArray[np.integer[Any]], np.uint64]:
    """The columns in which each row from `start` on differs from the one above, or from nothing.

    Fills row_ends (H,). Returns their number, places or a longer array with them, and all bits that
    differ.
    """
    found = 0
    differences = np.uint64(0)
    for y in range(row_ends.size):
        places = room_for(places, found, width)
        here = start + y * width
        if y == 0:
            found, more = toggles_from_nothing(pixels, here, width, places)
        else:
            found, more = toggles_between(
                pointer(pixels), here, here - width, 0, width, pointer(places), found
            )
        differences |= more
        row_ends[y] = found
    return found, places, differences


@kernel
def toggles_from_nothing(
    pixels: NDArray[np.uint8], start: int, length: int, places: NDArray[np.integer[Any]]
) -> tuple[int, np.uint64]:
    """Write the places in a span that are not 0; returns their number, and all bits."""
    found = 0
    bits = np.uint64(0)
    for x in range(length):
        value = pixels[start + x]
        if value:
            bits |= np.uint64(value)
            places[found] = x
            found += 1
    return found, bits


@kernel
def room_for(places: NDArray[np.integer[Any]], found: int, more: int) -> NDArray[np.integer[Any]]:
    """The places, or a longer array that begins with those found, with room for some more."""
    if found + more <= places.size:
        return places
    return longer_runs(places, found, 2 * places.size + more)


@uninterruptible
def toggles_between(
    data: Any,
    here: int,
    there: int,
    first: int,
    length: int,
    places: Any,
    found: int,
) -> tuple[int, np.uint64]:
    """Append the places, counted from `first`, at which two spans of bytes differ in being 0.

    Assumes a pointer to `length` bytes from `here` and from `there` on, and one to room for as many
    more places. Returns the number of places in all, and all bits that differ.
    """
    words = length >> 3
    differences = np.uint64(0)
    for begin in range(0, words, CHUNK):
        end = min(begin + CHUNK, words)
        if differ_between(data, here, there, begin, end):
            for part in range(begin, end, PART):
                stop = min(part + PART, end)
                differ = differ_between(data, here, there, part, stop)
                if differ:
                    differences |= differ
                    found = toggles_of_words(data, here, there, part, stop, first, places, found)
    for k in range(8 * words, length):
        a = np.uint64(data[here + k])
        b = np.uint64(data[there + k])
        differences |= a ^ b
        if (a != 0) != (b != 0):
            places[found] = first + k
            found += 1
    return found, differences


@uninterruptible
def differ_between(data: Any, here: int, there: int, begin: int, end: int) -> np.uint64:
    """The bits that differ between two spans, in any of the words from begin to before end."""
    differ = np.uint64(0)
    for k in range(begin, end):
        differ |= word_at(data, here + 8 * k) ^ word_at(data, there + 8 * k)
    return differ


@uninterruptible
def toggles_of_words(
    data: Any,
    here: int,
    there: int,
    begin: int,
    end: int,
    first: int,
    places: Any,
    found: int,
) -> int:
    """Append the places of `toggles_between` in the words from begin to before end."""
    for k in range(begin, end):
        a = word_at(data, here + 8 * k)
        b = word_at(data, there + 8 * k)
        if a != b:
            toggled = ones_of_bytes(a) ^ ones_of_bytes(b)
            while toggled:
                places[found] = first + 8 * k + (trailing_zeros(toggled) >> 3)
                found += 1
                toggled &= toggled - np.uint64(1)
    return found


@kernel
def ones_of_bytes(word: np.uint64) -> np.uint64:
    """1 for every byte of a word that is not 0."""
    word |= word >> np.uint64(4)
    word |= word >> np.uint64(2)
    word |= word >> np.uint64(1)
    return word & np.uint64(LOW)


@kernel
def sort_by_column(
    places: NDArray[np.integer[Any]],
    row_ends: NDArray[np.int64],
    rows: NDArray[np.integer[Any]],
    column_ends: NDArray[np.int64],
) -> None:
    """Write the rows of each column in turn, ascending, and column_ends (W,).

    places hold columns row by row, with their ends in row_ends (H,).
    """
    column_ends[:] = 0
    found = row_ends[row_ends.size - 1] if row_ends.size else 0
    for k in range(found):
        column_ends[places[k]] += 1
    end = 0
    for x in range(column_ends.size):  # starts for now
        count = column_ends[x]
        column_ends[x] = end
        end += count
    k = 0
    for y in range(row_ends.size):
        while k < row_ends[y]:
            x = places[k]
            rows[column_ends[x]] = y
            column_ends[x] += 1
            k += 1


@kernel
def put_toggles(
    places: NDArray[np.integer[Any]],
    found: int,
    size: int,
    runs: NDArray[np.integer[Any]],
    used: int,
) -> int:
    """Append the runs between the pixels at which a mask switches; returns the new `used`."""
    last = np.int64(0)
    for k in range(found):
        runs[used + k] = np.int64(places[k]) - last
        last = np.int64(places[k])
    used += found
    if size > last or not found:
        runs[used] = size - last
        used += 1
    return used


@kernel
def put_rows(
    places: NDArray[np.integer[Any]],
    found: int,
    row_ends: NDArray[np.int64],
    rows: NDArray[np.integer[Any]],
    column_ends: NDArray[np.int64],
    runs: NDArray[np.integer[Any]],
    used: int,
) -> tuple[NDArray[np.integer[Any]], NDArray[np.integer[Any]], int]:
    """Append the runs of a mask whose rows switch at some places, as `sort_by_column` takes them.

    rows and column_ends (W,) are room. Returns rows and runs, or longer arrays, and the new `used`.
    """
    if found > rows.size:
        rows = np.empty(2 * found, rows.dtype)
    sort_by_column(places, row_ends, rows, column_ends)
    more = found + column_ends.size + 1  # every column may end with foreground
    if used + more > runs.size:
        runs = longer_runs(runs, used, 2 * runs.size + more)
    return rows, runs, put_columns(rows, column_ends, row_ends.size, runs, used)


@kernel
def put_columns(
    rows: NDArray[np.integer[Any]],
    column_ends: NDArray[np.int64],
    height: int,
    runs: NDArray[np.integer[Any]],
    used: int,
) -> int:
    """Append the runs of a mask whose columns switch in some rows; returns the new `used`.

    Every column starts from background. Foreground that reaches the foot of a column goes on at the
    head of the next one, or ends there.
    """
    first = used
    last = np.int64(0)  # end of the last run
    is_open = False  # whether the column before ends with foreground
    k = 0
    base = np.int64(0)
    for x in range(column_ends.size):
        stop = column_ends[x]
        if is_open or k < stop:
            begin = k
            if is_open:
                if k < stop and rows[k] == 0:
                    k += 1
                else:
                    runs[used] = base - last
                    last = base
                    used += 1
            is_open = (stop - begin) & 1 == 1
            while k < stop:
                place = base + np.int64(rows[k])
                runs[used] = place - last
                last = place
                used += 1
                k += 1
        base += height
    if base > last or used == first:
        runs[used] = base - last
        used += 1
    return used
