"""Whole numbers and ids in JSON: ids that are no such numbers are found, and read later."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from segeval.data.json.grammar import (
    BACKSLASH,
    CLOSE_LIST,
    CLOSE_OBJECT,
    COMMA,
    MINUS,
    QUOTE,
    Bytes,
    byte_at,
    is_digit,
)
from segeval.kernels.promise import kernel

DIGITS = 20
"""Most digits of an id: those of 2^64 - 1."""


@kernel
def scan_integer(data: Bytes, place: int, size: int) -> tuple[int, int, bool]:
    """A whole number of up to 18 digits; returns it, the place after it, and whether it is one."""
    negative = byte_at(data, place, size) == MINUS
    if negative:
        place += 1
    begin = place
    value = 0
    while is_digit(data, place, size) and place - begin < 19:
        value = value * 10 + int(data[place] - 48)
        place += 1
    c = byte_at(data, place, size)
    plain = c == COMMA or c == CLOSE_OBJECT or c == CLOSE_LIST or c <= 32
    leads = byte_at(data, begin, size) == 48 and place - begin > 1
    good = bool(plain and not leads and begin < place < begin + 19)
    return (-value if negative else value), place, good


@kernel
def place_of_id(data: Bytes, place: int, size: int) -> tuple[int, int, bool]:
    """The place of an id that is plain text, or a number of 19 or 20 digits.

    Returns the place, the place after it, and whether there is such an id.
    """
    k = place
    if byte_at(data, place, size) == QUOTE:
        while True:
            k += 1
            c = byte_at(data, k, size)
            if c == QUOTE:
                return place, k + 1, True
            if c < 32 or c >= 127 or c == BACKSLASH:
                return place, place, False
    if byte_at(data, place, size) == MINUS:
        k += 1
    begin = k
    while is_digit(data, k, size) and k - begin <= DIGITS:
        k += 1
    c = byte_at(data, k, size)
    ends = c == COMMA or c == CLOSE_OBJECT or c == CLOSE_LIST or c <= 32
    long = begin + 18 < k <= begin + DIGITS and byte_at(data, begin, size) != 48
    return place, k, bool(ends and long)


def id_text(data: NDArray[np.uint8], place: int) -> bytes:
    """The JSON of an id at a place that `place_of_id` found."""
    window = 64
    while True:
        text = data[place : place + window].tobytes()
        end = text.find(b'"', 1) + 1 if text[:1] == b'"' else _end_of_number(text)
        if end > 0:
            return text[:end]
        window *= 16


def _end_of_number(text: bytes) -> int:
    """The length of a number of few digits."""
    return len(text) - len(text.lstrip(b"-0123456789"))
