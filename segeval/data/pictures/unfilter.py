"""The filters of PNG's rows (section 9 of its specification), undone by kernels.

A filter predicts each byte from its left one (a), the one above (b) and the left one of that (c); a
file holds the differences. In a label map nearly all of these are 0, eight at a time.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from segeval.data.pictures.bit_stream import Bytes
from segeval.kernels.pointers import pointer, put_word, word_at
from segeval.kernels.promise import kernel, uninterruptible

NONE, LEFT, ABOVE, MEAN, PAETH = range(5)
"""Filters, by the byte with which a row begins."""

PERIODIC = np.array([
    0, 0x0101010101010101, 0x0001000100010001, 0x0001000001000001,
], np.uint64)  # fmt: skip
"""By bytes of a pixel: what it is multiplied by to fill a word with copies; the last may be cut."""


@kernel
def unfilter(filtered: NDArray[np.uint8], pixel: int, rows: NDArray[np.uint8]) -> bool:
    """Undo the filters of a picture; False if it has an unknown one.

    Args:
        filtered: H rows of W bytes behind a filter, end to end, shape (at least H * (W + 1),).
        pixel: bytes of a pixel, from 1 to 3, W at most.
        rows: gets the bytes from its second row on; the first one is 0. Shape (H + 1, W).
    """
    height, width = rows.shape
    source, target = pointer(filtered), pointer(rows)
    for row in range(1, height):
        start, place = (row - 1) * (width + 1) + 1, row * width
        kind = source[start - 1]
        if kind > PAETH:
            return False
        unfilter_row(source, start, target, place, width, pixel, kind)
    return True


@uninterruptible
def unfilter_row(
    source: Bytes, start: int, target: Bytes, place: int, width: int, pixel: int, kind: int
) -> None:
    """Undo the filter of a row of bytes that begins at `start`; it is written from `place` on."""
    if kind == NONE:
        for k in range(width):
            target[place + k] = source[start + k]
    elif kind == ABOVE:
        for k in range(width):
            target[place + k] = source[start + k] + target[place - width + k]
    else:
        for first in range(0, width, 8):
            word, is_known = np.uint64(0), False
            if 8 <= first <= width - 8 and word_at(source, start + first) == np.uint64(0):
                word, is_known = predicted_word(target, place + first, width, pixel, kind)
            if is_known:
                put_word(target, place + first, word)
                continue
            for k in range(first, min(first + 8, width)):
                left = before = np.int64(0)
                if k >= pixel:
                    left = np.int64(target[place + k - pixel])
                    before = np.int64(target[place + k - pixel - width])
                above = np.int64(target[place + k - width])
                target[place + k] = source[start + k] + predicted(left, above, before, kind)


@uninterruptible
def predicted_word(
    target: Bytes, place: int, width: int, pixel: int, kind: int
) -> tuple[np.uint64, bool]:
    """Eight bytes without differences, and whether they are known without a look at each.

    LEFT repeats the pixel on the left. PAETH predicts b where a = c, and a where b = c. If the
    pixel on the left is also the one above that, the first pixel becomes the one above, so that the
    same holds for the next one, and all bytes are those above. If the bytes above repeat their left
    pixel, b = c for all, and all repeat the pixel on the left.

    Assumes 8 bytes before these, in this row and in the one above.
    """
    unused = np.uint64(64 - 8 * pixel)
    lefts = (word_at(target, place - 8) >> unused) * PERIODIC[pixel]
    if kind == LEFT:
        return lefts, True
    above = word_at(target, place - width)
    befores = (word_at(target, place - width - 8) >> unused) * PERIODIC[pixel]
    if lefts == befores:
        return above, kind == PAETH
    return lefts, kind == PAETH and above == befores


@uninterruptible
def predicted(left: np.int64, above: np.int64, before: np.int64, kind: int) -> np.int64:
    """The prediction of a byte from its neighbours."""
    if kind == LEFT:
        return left
    if kind == MEAN:
        return (left + above) >> 1
    to_left, to_above = abs(above - before), abs(left - before)
    to_before = abs(left + above - 2 * before)
    if to_left <= to_above and to_left <= to_before:
        return left
    return above if to_above <= to_before else before


@kernel
def three_bytes(rows: NDArray[np.uint8], numbers: NDArray[np.int32]) -> None:
    """Fill numbers (H, W) of three bytes each, the lowest first, from rows (H, 3 W)."""
    height, width = numbers.shape
    for row in range(height):
        for column in range(width):
            first = 3 * column
            low, middle, high = rows[row, first], rows[row, first + 1], rows[row, first + 2]
            numbers[row, column] = np.int32(low) | np.int32(middle) << 8 | np.int32(high) << 16
