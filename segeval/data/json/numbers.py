"""Decimal text to the nearest float64, inside kernels.

The method is Lemire's (2021, "Number parsing at a gigabyte per second", algorithm 1): a 64-bit
significand times a 128-bit power of five settles the rounding of numbers of up to 19 digits. What
it cannot settle is refused, and the caller asks Python.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from segeval.data.json.grammar import MINUS, Bytes, byte_at, is_digit
from segeval.kernels.instructions import as_double, high_product, leading_zeros
from segeval.kernels.pointers import word_at
from segeval.kernels.promise import kernel

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
def eight_digits(word: np.uint64) -> np.int64:
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
def scan_number(data: Bytes, place: int, size: int) -> tuple[float, int, bool]:
    """One JSON number that begins at `place`: its value, the place after it, and whether sure."""
    negative = byte_at(data, place, size) == MINUS
    if negative:
        place += 1
    begin = place
    digits = np.uint64(0)
    while is_digit(data, place, size):
        digits = digits * np.uint64(10) + np.uint64(data[place] - 48)
        place += 1
    used = place - begin
    if used == 0 or (used > 1 and data[begin] == 48):
        return 0.0, place, False
    power = 0
    if byte_at(data, place, size) == 46:
        begin = place + 1
        digits, place = fraction_digits(data, begin, size, digits)
        power = begin - place
        if power == 0:
            return 0.0, place, False
        # Zeros between the point and the first other digit do not count as digits.
        if used == 1 and data[begin - 2] == 48:
            used = 0
            while byte_at(data, begin, size) == 48:
                begin += 1
        used += place - begin
    if byte_at(data, place, size) | 32 == 101:  # e or E
        exponent, begin, place = scan_exponent(data, place + 1, size)
        if place == begin or place - begin > 4:
            return 0.0, place, False
        power += exponent
    if used > 19:
        return 0.0, place, False
    value, sure = scaled(digits, power)
    return (-value if negative else value), place, sure


@kernel
def fraction_digits(data: Bytes, place: int, size: int, digits: np.uint64) -> tuple[np.uint64, int]:
    """Append decimal digits to a number; returns it and the place after them."""
    while place + 8 <= size:
        eight = eight_digits(word_at(data, place))
        if eight < 0:
            break
        digits = digits * np.uint64(100000000) + np.uint64(eight)
        place += 8
    while is_digit(data, place, size):
        digits = digits * np.uint64(10) + np.uint64(data[place] - 48)
        place += 1
    return digits, place


@kernel
def scan_exponent(data: Bytes, place: int, size: int) -> tuple[int, int, int]:
    """What follows the e of a number: its value, where its digits begin, and where they end."""
    sign = -1 if byte_at(data, place, size) == MINUS else 1
    if sign < 0 or byte_at(data, place, size) == 43:
        place += 1
    begin = place
    exponent = 0
    while is_digit(data, place, size):
        exponent = exponent * 10 + int(data[place] - 48)
        place += 1
    return sign * exponent, begin, place


@kernel
def scaled(digits: np.uint64, power: int) -> tuple[float, bool]:
    """The number digits * 10**power rounded to the nearest float64, and whether that is certain."""
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
    five = _FIVES[power - LEAST_POWER, 0]
    high = high_product(digits, five)
    low = digits * five
    if high & np.uint64(0x1FF) == np.uint64(0x1FF):
        carry = high_product(digits, _FIVES[power - LEAST_POWER, 1])
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
        significand &= ~np.uint64(1)  # exactly halfway: to even
    significand = (significand + (significand & np.uint64(1))) >> np.uint64(1)
    exponent = ((217706 * power) >> 16) + 63 + np.int64(top) - zeros + 1023
    if significand >= np.uint64(1 << 53):
        significand = np.uint64(1 << 52)
        exponent += 1
    if exponent <= 0 or exponent >= 2047:
        return 0.0, False
    bits = (significand & np.uint64((1 << 52) - 1)) | (np.uint64(exponent) << np.uint64(52))
    return as_double(bits), True
