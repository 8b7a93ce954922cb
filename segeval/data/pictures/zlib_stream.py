"""Zlib streams (RFC 1950), which hold the pixels of PNG files.

What is not a sound stream of exactly the bytes expected is refused without a reason: zlib itself
tells it.
"""

from __future__ import annotations

import zlib
from functools import cache

import numpy as np
from numpy.typing import NDArray

from segeval.data.pictures.bit_stream import REFUSED, SLACK, Bits
from segeval.data.pictures.huffman import SIZE, Code, make_code, read_lengths
from segeval.data.pictures.inflate import inflate_block

STORED, FIXED, DYNAMIC = range(3)
"""Kinds of blocks."""

MOST_BLOCKS = 4096
"""Blocks of a stream; each costs a dozen calls from Python, and zlib is faster with many."""

LENGTH_ORDER = np.array([16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15])
"""Symbols of the code of lengths in the order of a block's header."""

MOST_LITERALS, MOST_DISTANCES = 286, 30
"""Symbols that a block may have."""


def inflated(stream: bytes, size: int) -> NDArray[np.uint8] | None:
    """What a zlib stream holds, uint8, shape (size + SLACK,); the last bytes are anything.

    Args:
        stream: whole, and nothing else.
        size: bytes that are expected.

    Returns:
        None unless it is sound and holds exactly so many bytes.
    """
    window = _window(stream)
    if not window:
        return None
    bits = Bits(stream, 16)
    found = np.empty(size + SLACK, np.uint8)
    place = 0
    for _ in range(MOST_BLOCKS):
        is_last, kind = bits.take(1), bits.take(2)
        if kind == STORED:
            place = _copy_stored(bits, found, place)
        else:
            codes = _codes(kind, bits)
            if codes is None:
                return None
            bits.place, place = inflate_block(bits.stream, bits.place, window, *codes, found, place)
        if place == REFUSED or bits.place > bits.stop:
            return None
        if is_last:
            is_whole = place == size and bits.take_bytes(4).tobytes() == _checksum(found[:size])
            return found if is_whole and bits.place == bits.stop else None
    return None


def _window(stream: bytes) -> int:
    """The farthest distance that the header of a stream allows; 0 if it is none."""
    header = int.from_bytes(stream[:2], "big")
    method, has_dictionary = header >> 8, header & 32
    is_header = method & 15 == 8 and method >> 4 < 8 and not has_dictionary and not header % 31
    return 256 << (method >> 4) if is_header else 0


def _copy_stored(bits: Bits, found: NDArray[np.uint8], place: int) -> int:
    """Copy a block that is not compressed; the place behind it, or `REFUSED`."""
    bits.place = -(-bits.place // 8) * 8
    length, inverse = bits.take(16), bits.take(16)
    stop = place + length
    if length + inverse != 0xFFFF or stop > len(found) - SLACK or bits.place > bits.stop:
        return REFUSED
    own = bits.take_bytes(length)
    found[place : place + len(own)] = own
    return stop


def _codes(kind: int, bits: Bits) -> tuple[Code, Code] | None:
    """The codes of literals and distances of a compressed block; None if it is not sound."""
    if kind == FIXED:
        return _fixed_codes()
    return _read_codes(bits) if kind == DYNAMIC else None


def _read_codes(bits: Bits) -> tuple[Code, Code] | None:
    """The codes in the header of a block; None if it is not sound."""
    literals, distances, count = bits.take(5) + 257, bits.take(5) + 1, bits.take(4) + 4
    if literals > MOST_LITERALS or distances > MOST_DISTANCES:
        return None
    own = np.zeros(len(LENGTH_ORDER), np.uint8)
    own[LENGTH_ORDER[:count]] = [bits.take(3) for _ in range(count)]
    code = _code(own, may_be_one=False)
    if code is None:
        return None
    lengths = np.empty(literals + distances, np.uint8)
    bits.place = read_lengths(bits.stream, bits.place, code, lengths)
    if bits.place == REFUSED:
        return None
    of_literals, of_distances = _code(lengths[:literals]), _code(lengths[literals:])
    return None if of_literals is None or of_distances is None else (of_literals, of_distances)


def _code(lengths: NDArray[np.uint8], *, may_be_one: bool = True) -> Code | None:
    """The code whose symbols have these lengths; None if there is none.

    Args:
        lengths: bits of each symbol, 0 for those that do not occur.
        may_be_one: whether there may be no symbol, or a single one of one bit, as zlib allows for
            literals and for distances.
    """
    code = np.empty(SIZE, np.uint16)
    is_complete = make_code(lengths, code)
    return code if is_complete or (may_be_one and lengths.sum() <= 1) else None


@cache
def _fixed_codes() -> tuple[Code, Code] | None:
    """The codes of blocks without a header of their own; section 3.2.6."""
    literals = _code(np.repeat(np.array([8, 9, 7, 8], np.uint8), [144, 112, 24, 8]))
    distances = _code(np.full(32, 5, np.uint8))
    return None if literals is None or distances is None else (literals, distances)


def _checksum(values: NDArray[np.uint8]) -> bytes:
    """Adler-32 as it ends a stream."""
    return zlib.adler32(values.data).to_bytes(4, "big")
