"""Huffman codes of deflated blocks (RFC 1951, section 3.2), as kernels.

A code is one array: how many symbols have each length; the symbols, by length, then by value; and
what each `SHORT` bits begin with, as an entry: 16 times the symbol, plus the length of its code. An
entry of 0 stands for a longer code or for none.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from segeval.kernels.pointers import pointer, word_at
from segeval.kernels.promise import uninterruptible

Bytes = NDArray[np.uint8]
"""Bytes that kernels pass to each other: a pointer, when they run."""

Code = NDArray[np.uint16]

LONGEST, SHORT = 15, 10
"""Bits of the longest codes, and of those that are looked up."""

SYMBOLS, ENTRIES = 16, 16 + 288
"""Where the symbols of a code begin, and its entries."""

SIZE = ENTRIES + (1 << SHORT)

BEFORE, FEW, MANY = 16, 17, 18
"""Symbols that stand for several lengths: copies of the one before, and zeros."""

SLACK = 8
"""Bytes behind a stream, and behind what is inflated, that are read or written with others."""

REFUSED = -1
"""A bit or a place that is none."""


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
    free = 1
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
    """Fill in the entries of short codes: each is found by any bits that follow it."""
    for place in range(ENTRIES, SIZE):
        code[place] = 0
    number, place = 0, SYMBOLS
    for length in range(1, SHORT + 1):
        for _ in range(code[length]):
            first = 0  # the bits of a code come highest first
            for bit in range(length):
                first |= (number >> bit & 1) << (length - 1 - bit)
            while first < 1 << SHORT:
                code[ENTRIES + first] = code[place] << 4 | length
                first += 1 << length
            number += 1
            place += 1
        number <<= 1


@uninterruptible
def bits_at(data: Bytes, bit: int) -> np.uint64:
    """At least 57 bits of a stream from one of them on; the lowest comes first."""
    word: np.uint64 = word_at(data, bit >> 3)
    return word >> np.uint64(bit & 7)


@uninterruptible
def low_bits(bits: np.uint64, count: int) -> int:
    """The number that the lowest bits are."""
    mask = (np.uint64(1) << np.uint64(count)) - np.uint64(1)
    return np.int64(bits & mask)  # type: ignore[return-value] # `int` would stay without sign


@uninterruptible
def entry_of(code: Code, bits: np.uint64) -> int:
    """The entry of the symbol that bits begin with; 0 if they begin with none."""
    entry = int(code[ENTRIES + low_bits(bits, SHORT)])
    return entry if entry else long_entry(code, bits)


@uninterruptible
def long_entry(code: Code, bits: np.uint64) -> int:
    """As `entry_of`, bit by bit: codes of one length are numbers that follow each other."""
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
