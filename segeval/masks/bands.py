"""Boundaries as bits: one bit per pixel of a mask's box, column by column.

Writing runs without `width` pixels at both ends erodes columns. Along rows, "and" over windows of
columns erodes block by block, in three operations per word whatever the width (van Herk 1992). The
rest of the mask is its boundary.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from segeval.kernels.instructions import count_ones
from segeval.kernels.promise import kernel
from segeval.masks.toggles import BOTTOM, FIRST_COLUMN, LAST_COLUMN, TOP

# A boundary in a store of words: a row of six int64. Its columns follow each other, each with WORDS
# words from the FIRST_WORD-th word of the image's column.
FIRST, COLUMNS, FIRST_WORD, WORDS, PIXELS, PLACE = range(6)


@kernel
def is_all_boundary(shape: NDArray[np.int64], width: int) -> bool:
    """Whether a mask is too small to have an inside."""
    return bool(
        shape[LAST_COLUMN] - shape[FIRST_COLUMN] < 2 * width
        or shape[BOTTOM] - shape[TOP] < 2 * width
    )


@kernel
def with_room(words: NDArray[np.uint64], size: int) -> NDArray[np.uint64]:
    """The array, or a longer copy, with room for `size` words."""
    if words.size >= size:
        return words
    longer = np.empty(2 * size, np.uint64)
    for k in range(words.size):
        longer[k] = words[k]
    return longer


@kernel
def place_band(shape: NDArray[np.int64], place: int, band: NDArray[np.int64]) -> None:
    """Fill band (6,) of one mask; its PIXELS stay negative until it is written."""
    band[FIRST] = shape[FIRST_COLUMN]
    band[COLUMNS] = shape[LAST_COLUMN] - shape[FIRST_COLUMN] + 1
    band[FIRST_WORD] = shape[TOP] >> 6
    band[WORDS] = (shape[BOTTOM] >> 6) - band[FIRST_WORD] + 1
    band[PIXELS] = -1
    band[PLACE] = place


@kernel
def write_band(
    toggles: NDArray[np.int64],
    size: int,
    height: int,
    width: int,
    shape: NDArray[np.int64],
    band: NDArray[np.int64],
    store: NDArray[np.uint64],
    scratch: NDArray[np.uint64],
) -> None:
    """Write the boundary of one mask at its PLACE in store, and its PIXELS into band.

    toggles, size and shape belong to the mask; scratch has twice its words.
    """
    words = band[WORDS]
    total = band[COLUMNS] * words
    bits = store[band[PLACE] : band[PLACE] + total]
    inner = scratch[:total]
    bits[:] = 0
    inner[:] = 0
    write_runs(toggles, size, height, width, band, bits, inner)
    if not is_all_boundary(shape, width):
        take_inside_away(width, band, bits, inner, scratch[total : total + words])
    pixels = 0
    for k in range(total):
        pixels += count_ones(bits[k])
    band[PIXELS] = pixels


@kernel
def write_runs(
    toggles: NDArray[np.int64],
    size: int,
    height: int,
    width: int,
    band: NDArray[np.int64],
    bits: NDArray[np.uint64],
    inner: NDArray[np.uint64],
) -> None:
    """Set the pixels of a mask in bits, and those `width` away from ends of runs in inner."""
    words = band[WORDS]
    first_row = band[FIRST_WORD] << 6
    column = band[FIRST]
    base = column * height
    k = 0
    while k < size:
        start = toggles[k]
        stop = toggles[k + 1]
        k += 2
        while toggles[k] == stop and k < size:  # joined by a run of length 0
            stop = toggles[k + 1]
            k += 2
        if start - base >= height:
            column += 1
            base += height
            if start - base >= height:
                column = start // height
                base = column * height
        while start < stop:
            last = min(stop, base + height)
            place = (column - band[FIRST]) * words
            top = start - base - first_row
            bottom = last - base - first_row
            set_rows(bits, place, top, bottom)
            if bottom - top > 2 * width:
                set_rows(inner, place, top + width, bottom - width)
            start = last
            if start < stop:
                column += 1
                base += height


@kernel
def set_rows(bits: NDArray[np.uint64], place: int, top: int, bottom: int) -> None:
    """Set the bits from row top to before row bottom of the column at `place`."""
    ones = ~np.uint64(0)
    first = place + (top >> 6)
    last = place + ((bottom - 1) >> 6)
    head = ones << np.uint64(top & 63)
    tail = ones >> np.uint64(63 - ((bottom - 1) & 63))
    if first == last:
        bits[first] |= head & tail
        return
    bits[first] |= head
    for k in range(first + 1, last):
        bits[k] = ones
    bits[last] |= tail


@kernel
def take_inside_away(
    width: int,
    band: NDArray[np.int64],
    bits: NDArray[np.uint64],
    inner: NDArray[np.uint64],
    running: NDArray[np.uint64],
) -> None:
    """Clear in bits what inner has in all columns of a window of 2 width + 1 around it.

    Blocks have as many columns as a window, so a window covers the end of one block and the start
    of the next; its "and" is that of both parts. The first overwrites inner, running (words of a
    column) holds the second.
    """
    words = band[WORDS]
    columns = band[COLUMNS]
    block = 2 * width + 1
    for first in range(0, columns, block):
        last = min(first + block, columns)
        for column in range(first, last):
            at = column * words
            begin = (column - 2 * width) * words
            middle = (column - width) * words
            for k in range(words):
                running[k] = inner[at + k] & (running[k] if column > first else ~np.uint64(0))
            if column == first + block - 1:
                for k in range(words):
                    bits[middle + k] &= ~running[k]
            elif first:
                for k in range(words):
                    bits[middle + k] &= ~(running[k] & inner[begin + k])
        for at in range((last - 1) * words - 1, first * words - 1, -1):
            inner[at] &= inner[at + words]


@kernel
def shared_band_pixels(
    a: NDArray[np.int64],
    a_store: NDArray[np.uint64],
    b: NDArray[np.int64],
    b_store: NDArray[np.uint64],
) -> int:
    """Number of common pixels of two boundaries."""
    first_column = max(a[FIRST], b[FIRST])
    last_column = min(a[FIRST] + a[COLUMNS], b[FIRST] + b[COLUMNS])
    first_word = max(a[FIRST_WORD], b[FIRST_WORD])
    words = min(a[FIRST_WORD] + a[WORDS], b[FIRST_WORD] + b[WORDS]) - first_word
    shared = 0
    for column in range(first_column, last_column):
        at_a = a[PLACE] + (column - a[FIRST]) * a[WORDS] + first_word - a[FIRST_WORD]
        at_b = b[PLACE] + (column - b[FIRST]) * b[WORDS] + first_word - b[FIRST_WORD]
        for k in range(words):
            shared += count_ones(a_store[at_a + k] & b_store[at_b + k])
    return shared
