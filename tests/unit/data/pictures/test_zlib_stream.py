"""What is inflated is what zlib inflates; what is not sound is refused."""

from __future__ import annotations

import zlib

import numpy as np
import pytest

from segeval.data.pictures.bit_stream import SLACK
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
