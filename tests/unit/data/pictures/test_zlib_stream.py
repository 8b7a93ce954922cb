"""What is inflated is what zlib inflates; what is not sound is refused."""

from __future__ import annotations

import zlib

import numpy as np
import pytest

from segeval.data.pictures.bit_stream import REFUSED, SLACK
from segeval.data.pictures.huffman import BEFORE, SIZE, make_code, read_lengths
from segeval.data.pictures.zlib_stream import inflated

RNG = np.random.default_rng(0)

RUNS = np.repeat(RNG.integers(0, 9, 900, np.uint8), RNG.integers(1, 400, 900)).tobytes()

SKEWED = b"".join(bytes([value]) * 3 ** min(value, 9) for value in range(12))
"""Some values are so rare that their codes are long."""

CONTENTS = {
    "nothing": b"",
    "one byte": b"\7",
    "runs": RUNS,
    "noise": RNG.integers(0, 256, 70_000, np.uint8).tobytes(),
    "few values": RNG.integers(0, 3, 50_000, np.uint8).tobytes(),
    "long codes": bytes(RNG.permutation(np.frombuffer(SKEWED, np.uint8))),
    "all values": bytes(range(256)) * 3,
    "zeros": bytes(200_000),
    "far matches": RNG.integers(0, 256, 20_000, np.uint8).tobytes() * 2,
} | {
    f"period {length}": RNG.integers(0, 256, length, np.uint8).tobytes() * 50
    for length in range(2, 20)
}

STRATEGIES = (
    zlib.Z_DEFAULT_STRATEGY,
    zlib.Z_FILTERED,
    zlib.Z_HUFFMAN_ONLY,
    zlib.Z_RLE,
    zlib.Z_FIXED,
)


def deflated(content: bytes, *, level: int = 6, window: int = 15, strategy: int = 0) -> bytes:
    """A zlib stream."""
    maker = zlib.compressobj(level, zlib.DEFLATED, window, 8, strategy)
    return maker.compress(content) + maker.flush()


def bytes_in(stream: bytes, size: int) -> bytes | None:
    """What is inflated, without the slack."""
    found = inflated(stream, size)
    return None if found is None else found[: len(found) - SLACK].tobytes()


@pytest.mark.parametrize("content", CONTENTS.values(), ids=CONTENTS)
def test_what_zlib_compresses_is_inflated(content: bytes) -> None:
    for level in (0, 1, 6, 9):
        assert bytes_in(deflated(content, level=level), len(content)) == content
    for strategy in STRATEGIES:
        assert bytes_in(deflated(content, strategy=strategy), len(content)) == content
    for window in range(9, 15):
        assert bytes_in(deflated(content, window=window), len(content)) == content


def test_blocks_of_all_kinds_follow_each_other() -> None:
    maker = zlib.compressobj()
    stream = b"".join(
        maker.compress(part) + maker.flush(flush)
        for part in (RUNS[:5000], b"ab", b"", RUNS[5000:6000])
        for flush in (zlib.Z_SYNC_FLUSH, zlib.Z_FULL_FLUSH, zlib.Z_PARTIAL_FLUSH)
    )
    stream += maker.flush()
    content = zlib.decompress(stream)
    assert bytes_in(stream, len(content)) == content


def test_a_stream_with_too_many_blocks_is_left_to_zlib() -> None:
    maker = zlib.compressobj()
    stream = b"".join(maker.compress(b"a") + maker.flush(zlib.Z_SYNC_FLUSH) for _ in range(5000))
    stream += maker.flush()
    assert zlib.decompress(stream) == b"a" * 5000
    assert inflated(stream, 5000) is None


@pytest.mark.parametrize("size", [0, 1, len(RUNS) - 1, len(RUNS) + 1, 2 * len(RUNS)])
def test_another_size_is_refused(size: int) -> None:
    assert inflated(deflated(RUNS), size) is None


@pytest.mark.parametrize("level", [0, 1, 9])
def test_every_stream_that_ends_early_is_refused(level: int) -> None:
    stream = deflated(RUNS[:3000], level=level)
    assert all(inflated(stream[:end], 3000) is None for end in range(len(stream)))
    assert inflated(stream + b"\0", 3000) is None


def test_a_distance_beyond_the_window_is_refused() -> None:
    content = CONTENTS["far matches"]
    stream = bytearray(deflated(content))
    assert bytes_in(bytes(stream), len(content)) == content
    stream[:2] = b"\x18\x19"  # a window of 512 bytes
    assert inflated(bytes(stream), len(content)) is None


@pytest.mark.parametrize("beginning", [b"\x78\x9d", b"\x79\x9c", b"\x88\x98", b"\x78\xbb"])
def test_a_header_that_is_none_is_refused(beginning: bytes) -> None:
    assert inflated(beginning + deflated(RUNS)[2:], len(RUNS)) is None


@pytest.mark.parametrize("strategy", [zlib.Z_DEFAULT_STRATEGY, zlib.Z_FIXED])
@pytest.mark.parametrize("level", [0, 6])
def test_what_is_inflated_from_spoilt_streams_is_what_zlib_says(level: int, strategy: int) -> None:
    content = CONTENTS["long codes"][:3000] + RUNS[:3000]
    stream = deflated(content, level=level, strategy=strategy)
    rng = np.random.default_rng(1)
    for _ in range(1500):
        spoilt = bytearray(stream)
        place = int(rng.integers(min(len(stream), 150) if rng.random() < 0.5 else len(stream)))
        spoilt[place] ^= 1 << int(rng.integers(8))
        try:
            expected = zlib.decompress(spoilt)
        except zlib.error:
            expected = None
        assert bytes_in(bytes(spoilt), len(content)) == expected


def test_codes_that_zlib_refuses_are_refused() -> None:
    rng = np.random.default_rng(2)
    for _ in range(3000):  # headers of blocks at random
        stream = b"\x78\x9c" + bytes([rng.integers(256) & 0xF8 | 5]) + rng.bytes(60)
        found = inflated(stream, 8)
        with pytest.raises(zlib.error):
            zlib.decompress(stream)
        assert found is None


def test_the_checksum_is_that_of_zlib() -> None:
    for content in (*CONTENTS.values(), b"\xff" * 1_000_000):
        stream = zlib.compress(content)
        assert bytes_in(stream, len(content)) == content
        for place in range(1, 5):
            spoilt = bytearray(stream)
            spoilt[-place] ^= 1
            assert bytes_in(bytes(spoilt), len(content)) is None


STEPS = {symbol: symbol + 1 for symbol in range(14)}
"""Lengths of codes by symbol: 1 to 14 bits. Two of 15 bits make the code complete."""


class Writer:
    """Writes a block with codes of all lengths."""

    def __init__(self) -> None:
        self.bits: list[int] = []

    def number(self, value: int, count: int) -> None:
        self.bits += [value >> bit & 1 for bit in range(count)]

    def symbol(self, symbol: int, lengths: dict[int, int]) -> None:
        """The code of a symbol: codes rise by length, then by symbol."""
        length, code = lengths[symbol], 0.0
        for other, bits in lengths.items():
            code += 2.0**-bits * ((bits, other) < (length, symbol))
        self.bits += [int(code * 2**bit) & 1 for bit in range(1, length + 1)]

    def stream(self, content: bytes) -> bytes:
        body = np.packbits(self.bits, bitorder="little").tobytes()
        return b"\x78\x9c" + body + zlib.adler32(content).to_bytes(4, "big")


def long_stream(literal_count: int, distance_count: int) -> tuple[bytes, bytes]:
    """A block whose matches take as many bits as any can, and what it holds.

    Args:
        literal_count: lengths of codes of literals in its header.
        distance_count: the same of distances.
    """
    literals, distances = STEPS | {256: 15, 284: 15}, STEPS | {14: 15, 29: 15}
    random, writer, content = np.random.default_rng(3), Writer(), bytearray()
    header = ((1, 1), (2, 2), (literal_count - 257, 5), (distance_count - 1, 5), (19 - 4, 4))
    for value, count in header:
        writer.number(value, count)
    for place in range(19):
        writer.number(0 if place < 3 else 4, 3)  # lengths from 0 to 15 take 4 bits each
    own = dict.fromkeys(range(16), 4)
    for lengths, number in ((literals, literal_count), (distances, distance_count)):
        for symbol in range(number):
            writer.symbol(lengths.get(symbol, 0), own)
    while len(content) < 100_000:
        for literal in random.integers(0, 14, random.integers(9) if content else 33_000):
            writer.symbol(int(literal), literals)
            content.append(literal)
        writer.symbol(284, literals)
        writer.number(length := int(random.integers(31)), 5)
        writer.symbol(29, distances)
        writer.number(distance := int(random.integers(8192)), 13)
        begin = len(content) - 24_577 - distance
        content += content[begin : begin + 227 + length]
    writer.symbol(256, literals)
    whole = bytes(content)
    return writer.stream(whole), whole


def test_matches_of_as_many_bits_as_there_can_be_are_read_behind_any_literals() -> None:
    stream, content = long_stream(285, 30)
    assert zlib.decompress(stream) == content
    assert bytes_in(stream, len(content)) == content


@pytest.mark.parametrize(("literals", "distances"), [(287, 30), (288, 30), (285, 31), (285, 32)])
def test_more_symbols_than_a_block_may_have_are_refused(literals: int, distances: int) -> None:
    stream, content = long_stream(literals, distances)
    with pytest.raises(zlib.error, match="too many length or distance symbols"):
        zlib.decompress(stream)
    assert inflated(stream, len(content)) is None


def test_a_copy_of_the_length_before_the_first_is_refused() -> None:
    lengths, code = np.zeros(19, np.uint8), np.empty(SIZE, np.uint16)
    lengths[[0, BEFORE]] = 1  # of one bit each
    assert make_code(lengths, code)
    for bits, end in ((0b0000, 4), (0b0001, REFUSED), (0b0010, 4)):
        stream = np.array([bits, *bytes(SLACK)], np.uint8)
        assert read_lengths(stream, 0, code, np.full(3 if bits % 2 else 4, 7, np.uint8)) == end
