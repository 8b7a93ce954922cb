"""The bits of a deflated stream (RFC 1951, section 3.1.1): the lowest bit of a byte comes first.

Headers are read in Python, a number at a time; all else by kernels, a word at a time.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from segeval.kernels.pointers import word_at
from segeval.kernels.promise import uninterruptible

Bytes = NDArray[np.uint8]
"""Bytes that kernels pass to each other: a pointer, when they run."""

SLACK = 8
"""Bytes behind a stream, and behind what is inflated, that are read or written with others."""

REFUSED = -1
"""A bit or a place that is none."""


class Bits:
    """A stream of bytes from one of its bits on.

    Attributes:
        stream: the bytes and `SLACK` zeros, uint8.
        place: the bit.
        stop: number of bits; those behind are zeros.
    """

    def __init__(self, stream: bytes, place: int) -> None:
        self._stream = stream + bytes(SLACK)
        self.stream = np.frombuffer(self._stream, np.uint8)
        self.place = place
        self.stop = 8 * len(stream)

    def take(self, count: int) -> int:
        """The number that the next bits are, up to 57 of them."""
        first = self.place >> 3
        word = int.from_bytes(self._stream[first : first + 8], "little") >> (self.place & 7)
        self.place += count
        return word & (1 << count) - 1

    def take_bytes(self, count: int) -> NDArray[np.uint8]:
        """The next whole bytes; fewer where the stream ends."""
        first = (self.place + 7) >> 3
        self.place = 8 * (first + count)
        return self.stream[first : min(first + count, self.stop >> 3)]


@uninterruptible
def bits_at(data: Bytes, bit: int) -> np.uint64:
    """At least 57 bits of a stream from one of them on."""
    word: np.uint64 = word_at(data, bit >> 3)
    return word >> np.uint64(bit & 7)


@uninterruptible
def low_bits(bits: np.uint64, count: int) -> int:
    """The number that the lowest bits are."""
    mask = (np.uint64(1) << np.uint64(count)) - np.uint64(1)
    return np.int64(bits & mask)  # type: ignore[return-value] # numba's `int` has no sign here
