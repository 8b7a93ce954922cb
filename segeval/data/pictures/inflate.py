"""Deflated blocks (RFC 1951) as a kernel.

Label maps are mostly long matches, which are copied a word at a time here.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from segeval.data.pictures.bit_stream import REFUSED, SLACK, Bytes, bits_at, low_bits
from segeval.data.pictures.huffman import Code, entry_of
from segeval.kernels.pointers import pointer, put_word, word_at
from segeval.kernels.promise import kernel, uninterruptible

END_OF_BLOCK = 256
"""Smaller symbols are literals, larger ones lengths of matches."""

LENGTHS = np.array([
    *(3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115),
    *(131, 163, 195, 227, 258),
])  # fmt: skip
LENGTH_BITS = np.array([0] * 8 + [1] * 4 + [2] * 4 + [3] * 4 + [4] * 4 + [5] * 4 + [0])
DISTANCES = np.array([
    *(1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537),
    *(2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577),
])  # fmt: skip
DISTANCE_BITS = np.array([0, 0, *np.arange(28) // 2])
"""What a symbol stands for at least, and how many bits tell how much more; section 3.2.5."""

LOADED, MOST_BITS = 57, 48
"""Bits that a load gives at least, and that one round takes at most: a code of 15 and 5 more for a
length, a code of 15 and 13 more for a distance."""

WHOLE_PERIODS = np.array([0, 8, 8, 6, 8, 5, 6, 7])
"""By distance: the bytes of a word that repeat it a whole number of times."""


@kernel
def inflate_block(
    stream: NDArray[np.uint8],
    bit: int,
    window: int,
    literals: Code,
    distances: Code,
    found: NDArray[np.uint8],
    place: int,
) -> tuple[int, int]:
    """Inflate the literals and matches of a block; returns the bit and the place behind it.

    The place is `REFUSED` where they are not sound, or do not fit. Assumes `SLACK` more bytes of
    both arrays, and codes of `make_code`.

    A round begins within the stream and takes fewer bits than `SLACK` has, so that it reads nothing
    behind that. Matches begin at bytes that are known and end within `found`; `SLACK` takes the
    rest of their last word.
    """
    data, target = pointer(stream), pointer(found)
    last, size = 8 * (len(stream) - SLACK), len(found) - SLACK
    bits, left = np.uint64(0), 0
    while bit <= last:
        if left < MOST_BITS:
            bits, left = bits_at(data, bit), LOADED
        entry = entry_of(literals, bits)
        symbol, used = entry >> 4, entry & 15
        if symbol < END_OF_BLOCK:
            if not entry or place >= size:
                return bit, REFUSED
            target[place] = symbol
            place, bit, left, bits = place + 1, bit + used, left - used, bits >> np.uint64(used)
            continue
        symbol -= END_OF_BLOCK + 1
        if symbol < 0:
            return bit + used, place
        if symbol >= len(LENGTHS):
            return bit, REFUSED
        bits >>= np.uint64(used)
        stop = place + LENGTHS[symbol] + low_bits(bits, LENGTH_BITS[symbol])
        bits >>= np.uint64(LENGTH_BITS[symbol])
        bit += used + LENGTH_BITS[symbol]
        entry = entry_of(distances, bits)
        symbol, used = entry >> 4, entry & 15
        if not entry or symbol >= len(DISTANCES):
            return bit, REFUSED
        distance = DISTANCES[symbol] + low_bits(bits >> np.uint64(used), DISTANCE_BITS[symbol])
        bit += used + DISTANCE_BITS[symbol]
        if distance > min(place, window) or stop > size:
            return bit, REFUSED
        copy_match(target, place, stop, distance)
        place, left = stop, 0
    return bit, REFUSED


@uninterruptible
def copy_match(target: Bytes, place: int, stop: int, distance: int) -> None:
    """Repeat what stands a distance before; up to 7 bytes behind are overwritten as well.

    What is nearer than a word is repeated within one first. Such words go one after the other by as
    many bytes as repeat it a whole number of times, so that the next one goes on where it left off.
    """
    if distance >= 8:
        while place < stop:
            put_word(target, place, word_at(target, place - distance))
            place += 8
        return
    word = word_at(target, place - distance) & (
        (np.uint64(1) << np.uint64(8 * distance)) - np.uint64(1)
    )
    known = distance
    while known < 8:
        word |= word << np.uint64(8 * known)
        known *= 2
    while place < stop:
        put_word(target, place, word)
        place += WHOLE_PERIODS[distance]
