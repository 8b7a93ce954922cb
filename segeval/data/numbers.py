"""Decimal text to the nearest float64, inside kernels.

The method is Lemire's (2021, "Number parsing at a gigabyte per second", algorithm 1): a 64-bit
significand times a 128-bit power of five, which settles the rounding of every number of up to 19
digits. What it cannot settle is refused, and the caller asks Python.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from segeval.masks.jit import kernel
from segeval.masks.words import as_double, high_product, leading_zeros, load_word

LEAST_POWER, MOST_POWER = -60, 40
"""Powers of ten that the kernels take; others are left to Python."""

_EXACT = 10.0 ** np.arange(23)  # all powers of ten that a float64 holds exactly


def _powers_of_five() -> NDArray[np.uint64]:
    """The 128 leading bits of 5**q as (high, low) words.

    Reciprocals are rounded up in their last bit down to 5**-27, as the proof of exact ties needs.
    """
    table = []
    for power in range(LEAST_POWER, MOST_POWER + 1):
        magnitude = 5 ** abs(power)
        if power < 0:
            length = (magnitude - 1).bit_length()
            shift = length + 127 if power >= -27 else 2 * length + 128
            value = (1 << shift) // magnitude + 1
        else:
            value = magnitude << 128
        value >>= value.bit_length() - 128
        table.append((value >> 64, value & (2**64 - 1)))
    return np.array(table, np.uint64)


_FIVES = _powers_of_five()


@kernel
def eight_digits(word):  # type: ignore[no-untyped-def]
    """Value of eight ASCII digits in one little-endian word, or -1 if they are not all digits."""
    ones = np.uint64(0x0101010101010101)
    if (word & (ones * np.uint64(0xF0))) != ones * np.uint64(0x30) or (
        (word + ones * np.uint64(6)) & (ones * np.uint64(0xF0))
    ) != ones * np.uint64(0x30):
        return np.int64(-1)
    word -= ones * np.uint64(0x30)
    word = word * np.uint64(10) + (word >> np.uint64(8))  # pairs in every other byte
    pairs = np.uint64(0x000000FF000000FF)
    left = (word & pairs) * np.uint64(0x000F424000000064)  # 100 + (1000000 << 32)
    right = ((word >> np.uint64(16)) & pairs) * np.uint64(0x0000271000000001)  # 1 + (10000 << 32)
    return np.int64((left + right) >> np.uint64(32))


@kernel
def scan_number(data, place, size):  # type: ignore[no-untyped-def]
    """One JSON number that begins at `place`.

    Returns its value, the place behind it, and whether that is certain. The text must not end in
    a digit.
    """
    negative = data[place] == 45
    if negative:
        place += 1
    begin = place
    digits = np.uint64(0)
    power = np.int64(0)
    used = 0
    while 48 <= data[place] <= 57:
        digits = digits * np.uint64(10) + np.uint64(data[place] - 48)
        place += 1
    used = place - begin
    if used == 0 or (used > 1 and data[begin] == 48):
        return 0.0, place, False
    if data[place] == 46:
        place += 1
        begin = place
        while place + 8 <= size:
            eight = eight_digits(load_word(data, place))
            if eight < 0:
                break
            digits = digits * np.uint64(100000000) + np.uint64(eight)
            place += 8
        while 48 <= data[place] <= 57:
            digits = digits * np.uint64(10) + np.uint64(data[place] - 48)
            place += 1
        power = begin - place
        if power == 0:
            return 0.0, place, False
        # Zeros between the point and the first other digit are not digits of the significand.
        if used == 1 and data[begin - 2] == 48:
            while data[begin] == 48:
                begin += 1
            used = place - begin
        else:
            used += place - begin
    if data[place] == 101 or data[place] == 69:
        place += 1
        sign = -1 if data[place] == 45 else 1
        if data[place] == 45 or data[place] == 43:
            place += 1
        begin = place
        exponent = np.int64(0)
        while 48 <= data[place] <= 57:
            exponent = exponent * 10 + np.int64(data[place] - 48)
            place += 1
        if place == begin or place - begin > 4:
            return 0.0, place, False
        power += sign * exponent
    if used > 19:
        return 0.0, place, False
    value, sure = scaled(digits, power)
    return (-value if negative else value), place, sure


@kernel
def scaled(digits, power):  # type: ignore[no-untyped-def]
    """digits * 10**power rounded to the nearest float64, and whether that is certain."""
    if digits == np.uint64(0):
        return 0.0, True
    if digits <= np.uint64(1 << 53) and -22 <= power <= 22:
        if power < 0:
            return np.float64(digits) / _EXACT[-power], True
        return np.float64(digits) * _EXACT[power], True
    if power < LEAST_POWER or power > MOST_POWER:
        return 0.0, False
    zeros = leading_zeros(digits)
    digits <<= np.uint64(zeros)
    five = _FIVES[power - LEAST_POWER]
    high = high_product(digits, five[0])
    low = digits * five[0]
    if high & np.uint64(0x1FF) == np.uint64(0x1FF):
        carry = high_product(digits, five[1])
        low += carry
        if low < carry:
            high += np.uint64(1)
    top = high >> np.uint64(63)
    significand = high >> (top + np.uint64(9))  # 54 bits: one more than a float64 has
    if (
        low <= np.uint64(1)
        and -4 <= power <= 23
        and significand & np.uint64(3) == np.uint64(1)
        and significand << (top + np.uint64(9)) == high
    ):
        significand &= ~np.uint64(1)  # exactly half way: to even
    significand = (significand + (significand & np.uint64(1))) >> np.uint64(1)
    exponent = ((217706 * power) >> 16) + 63 + np.int64(top) - zeros + 1023
    if significand >= np.uint64(1 << 53):
        significand = np.uint64(1 << 52)
        exponent += 1
    if exponent <= 0 or exponent >= 2047:
        return 0.0, False
    bits = (significand & np.uint64((1 << 52) - 1)) | (np.uint64(exponent) << np.uint64(52))
    return as_double(bits), True
