"""Huffman codes of deflated blocks (RFC 1951, section 3.2), as kernels.

The codes of one length are numbers that follow each other, and the first one follows from how many
symbols have shorter codes. So a code is one array of uint16 in three parts:

- at each length, from 0 to `LONGEST`: how many symbols have a code of so many bits;
- from `SYMBOLS` on: the symbols, by length, then by value, as their codes rise;
- from `ENTRIES` on, for each number of `SHORT` bits: its entry, which is 16 times the symbol whose
  code it begins with, plus the length of that code; 0 for a longer code or none.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from segeval.data.pictures.bit_stream import REFUSED, SLACK, bits_at, low_bits
from segeval.kernels.pointers import pointer
from segeval.kernels.promise import uninterruptible

Code = NDArray[np.uint16]

LONGEST, SHORT = 15, 10
"""Bits of the longest codes, and of those that are looked up."""

SYMBOLS, ENTRIES = 16, 16 + 288
"""Where the symbols of a code begin, and its entries."""

SIZE = ENTRIES + (1 << SHORT)

BEFORE, FEW, MANY = 16, 17, 18
"""Symbols that stand for several lengths: copies of the one before, and zeros."""


@uninterruptible
def make_code(lengths: NDArray[np.uint8], code: Code) -> bool:
    """Make a code (SIZE,) from the lengths of its symbols; whether all bits begin with a symbol.

    Without a code if there are more symbols than bits can tell apart. Assumes up to 288 lengths,
    all up to `LONGEST`.
    """
    for place in range(SYMBOLS):
        code[place] = 0
    for symbol in range(len(lengths)):
        code[lengths[symbol]] += 1
    code[0] = 0
    free = 1  # numbers of so many bits that do not begin with a shorter code
    for length in range(1, LONGEST + 1):
        free = 2 * free - int(code[length])
        if free < 0:
            return False
    sort_symbols(lengths, code)
    list_entries(code)
    return free == 0


@uninterruptible
def sort_symbols(lengths: NDArray[np.uint8], code: Code) -> None:
    """List the symbols by length; the next place for each length stands where entries will."""
    place = SYMBOLS
    for length in range(1, LONGEST + 1):
        code[ENTRIES + length] = place
        place += int(code[length])
    for symbol in range(len(lengths)):
        length = int(lengths[symbol])
        if length:
            code[int(code[ENTRIES + length])] = symbol
            code[ENTRIES + length] += 1


@uninterruptible
def list_entries(code: Code) -> None:
    """Fill in the entries of short codes, each wherever its bits are the lowest.

    Assumes no more codes than bits can tell apart, so that each is below 2 ** its length.
    """
    for place in range(ENTRIES, SIZE):
        code[place] = 0
    number, place = 0, SYMBOLS
    for length in range(1, SHORT + 1):
        for _ in range(code[length]):
            first = 0  # the number, turned round: the highest bit of a code comes first
            for bit in range(length):
                first |= (number >> bit & 1) << (length - 1 - bit)
            while first < 1 << SHORT:
                code[ENTRIES + first] = code[place] << 4 | length
                first += 1 << length
            number += 1
            place += 1
        number <<= 1


@uninterruptible
def entry_of(code: Code, bits: np.uint64) -> int:
    """The entry of the symbol that bits begin with; 0 if they begin with none."""
    entry = int(code[ENTRIES + low_bits(bits, SHORT)])
    return entry if entry else long_entry(code, bits)


@uninterruptible
def long_entry(code: Code, bits: np.uint64) -> int:
    """As `entry_of`, bit by bit.

    With each bit, `first` is the first code of that length, and `place` that of its symbol. What is
    below `first` begins with a shorter code and has been found: `number` is never below.
    """
    number = first = place = 0
    for length in range(1, LONGEST + 1):
        number |= low_bits(bits, 1)
        bits >>= np.uint64(1)
        count = int(code[length])
        if number - first < count:
            return int(code[SYMBOLS + place + number - first]) << 4 | length
        place += count
        first = (first + count) << 1
        number <<= 1
    return 0


@uninterruptible
def read_lengths(
    stream: NDArray[np.uint8], bit: int, code: Code, lengths: NDArray[np.uint8]
) -> int:
    """Read the lengths of all symbols by their own code; the bit behind them, or `REFUSED`.

    Assumes `SLACK` more bytes of the stream, and a code of up to 19 symbols.
    """
    data, last = pointer(stream), 8 * (len(stream) - SLACK)
    place = 0
    while place < len(lengths):
        bits = bits_at(data, min(bit, last))
        entry = entry_of(code, bits)
        symbol, used = entry >> 4, entry & 15
        bits >>= np.uint64(used)
        value, repeats = symbol, 1
        if symbol == BEFORE:
            value, repeats, used = -1, 3 + low_bits(bits, 2), used + 2
        elif symbol == FEW:
            value, repeats, used = 0, 3 + low_bits(bits, 3), used + 3
        elif symbol == MANY:
            value, repeats, used = 0, 11 + low_bits(bits, 7), used + 7
        bit += used
        if not entry or place + repeats > len(lengths) or (value < 0 and not place) or bit > last:
            return REFUSED
        if value < 0:
            value = int(lengths[place - 1])
        for _ in range(repeats):
            lengths[place] = value
            place += 1
    return bit
