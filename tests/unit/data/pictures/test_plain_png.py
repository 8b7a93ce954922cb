"""What is read without Pillow is what Pillow reads, of whole files, odd ones and spoilt ones."""

from __future__ import annotations

import io
import tracemalloc
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from segeval.data.pictures import png as reading
from segeval.data.pictures.plain_png import COLOURS, DEEP_GREY, GREY, PALETTE, read_plain
from segeval.data.pictures.png import read_ids, read_label_map, read_mask, read_object
from segeval.errors import InputError
from segeval.limits import raised
from tests.png_files import SIGNATURE, chunk, header, png

READERS = (read_label_map, read_ids, read_mask, read_object)

ANY = (GREY, PALETTE, DEEP_GREY, COLOURS)

HEIGHT, WIDTH = 20, 37


def outcome(read: Callable[[Path], Any], path: Path) -> Any:
    """What a reader says of a file: a message, or values with their type."""
    try:
        found = read(path)
    except InputError as error:
        return error.code, error.message
    parts = found if isinstance(found, tuple) else (found,)
    return [
        (part.dtype.str, part.tolist()) if isinstance(part, np.ndarray) else part for part in parts
    ]


def is_plain(path: Path) -> bool:
    """Whether a file is read without Pillow."""
    return read_plain(path, *ANY) is not None


@pytest.fixture
def compare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[bytes], bool]:
    """What compares both ways for a file, and tells whether it is plain."""

    def compared(content: bytes) -> bool:
        path = tmp_path / "a.png"
        path.write_bytes(content)
        own = [outcome(read, path) for read in READERS]
        with monkeypatch.context() as patch:
            patch.setattr(reading, "read_plain", lambda *_: None)
            assert own == [outcome(read, path) for read in READERS]
        return is_plain(path)

    return compared


def labels(values: int = 5, seed: int = 0) -> np.ndarray[Any, Any]:
    """A label map with some structure, int64, shape (HEIGHT, WIDTH)."""
    rng = np.random.default_rng(seed)
    small = rng.integers(0, values, (HEIGHT // 4, WIDTH // 4 + 1))
    return np.kron(small, np.ones((4, 4), np.int64))[:, :WIDTH]


def saved(picture: Image.Image, **how: Any) -> bytes:
    """A picture as a PNG file."""
    file = io.BytesIO()
    picture.save(file, "PNG", **how)
    return file.getvalue()


def rows_of(pixels: np.ndarray[Any, Any], kind: int = 0) -> bytes:
    """Rows behind the byte of a filter."""
    flat = pixels.reshape(len(pixels), -1)
    return b"".join(bytes([kind]) + row.tobytes() for row in flat)


GREY_PIXELS = labels().astype(np.uint8)
PIXELS = np.stack([GREY_PIXELS, GREY_PIXELS * 3, GREY_PIXELS * 0], axis=-1)
ROWS = rows_of(GREY_PIXELS)
IMAGE = header(WIDTH, HEIGHT)
END = chunk(b"IEND", b"")
DATA = zlib.compress(ROWS)
IDAT = chunk(b"IDAT", DATA)
PLTE = chunk(b"PLTE", bytes(range(30)))


def plain_files() -> Iterator[bytes]:
    """Files that are read without Pillow."""
    picture = Image.fromarray(GREY_PIXELS)
    for level in range(10):
        yield saved(picture, compress_level=level)
    for kind in range(5):
        yield png(WIDTH, HEIGHT, rows_of(GREY_PIXELS, kind))
        yield png(WIDTH, HEIGHT, rows_of(PIXELS, kind), colour=2)
        yield png(WIDTH, HEIGHT, rows_of(labels(70000).astype(">u2"), kind), bits=16)
        yield png(WIDTH, HEIGHT, rows_of(GREY_PIXELS, kind), colour=3, more=PLTE)
    yield saved(Image.fromarray(labels(70000).astype(np.uint16)))
    yield saved(Image.fromarray(PIXELS))
    yield saved(picture.convert("P"))
    yield saved(picture, dpi=(72, 72))
    yield png(1, 1, b"\0a")
    yield png(WIDTH, HEIGHT, ROWS, colour=3, more=chunk(b"PLTE", bytes(768)))
    yield png(WIDTH, HEIGHT, bytes(len(ROWS)))
    yield png(WIDTH, HEIGHT, ROWS, more=chunk(b"gAMA", bytes(4)) + chunk(b"tIME", bytes(7)))
    parts = [chunk(b"IDAT", DATA[k : k + 3]) for k in range(0, len(DATA), 3)]
    empty = chunk(b"IDAT", b"")
    yield SIGNATURE + IMAGE + b"".join(parts) + END
    yield SIGNATURE + IMAGE + empty + empty.join(parts) + empty + END


def odd_files() -> Iterator[bytes]:
    """Files that Pillow decides about, for their kind or their damage."""
    picture = Image.fromarray(GREY_PIXELS)
    for mode in ("1", "LA", "RGBA"):
        yield saved(picture.convert(mode))
    for bits in (1, 2, 4):
        row = bytes(1 + -(-WIDTH * bits // 8))
        yield png(WIDTH, HEIGHT, row * HEIGHT, bits=bits)
        yield png(WIDTH, HEIGHT, row * HEIGHT, bits=bits, colour=3, more=PLTE)
    yield png(WIDTH, HEIGHT, bytes(HEIGHT * (6 * WIDTH + 1)), bits=16, colour=2)
    yield png(WIDTH, HEIGHT, ROWS, bits=3)
    yield png(WIDTH, HEIGHT, ROWS, colour=1)
    yield saved(picture, transparency=3)
    yield saved(picture.convert("P"), transparency=3)
    yield saved(picture, icc_profile=b"profile")
    for methods in (b"\1\0\0", b"\0\1\0", b"\0\0\1"):
        yield SIGNATURE + header(WIDTH, HEIGHT, methods=methods) + IDAT + END
    for width, height in ((0, 5), (5, 0), (WIDTH + 1, HEIGHT), (WIDTH, HEIGHT + 1), (9, 9)):
        yield png(width, height, ROWS)
    yield png(WIDTH, HEIGHT, rows_of(GREY_PIXELS, 5))
    for more in (chunk(b"gAMA", b"ab"), chunk(b"tEXt", b"a\0b"), chunk(b"abCd", b"a"), END):
        yield png(WIDTH, HEIGHT, ROWS, more=more)
    for size in (0, 4, 771):
        yield png(WIDTH, HEIGHT, ROWS, colour=3, more=chunk(b"PLTE", bytes(size)))
    yield png(WIDTH, HEIGHT, ROWS, more=chunk(b"gAMA", bytes(4))[:-1] + b"x")
    yield SIGNATURE + IMAGE[:-1] + b"x" + IDAT + END
    yield SIGNATURE + IMAGE + IDAT
    yield SIGNATURE + IMAGE + IDAT + END + b"more"
    yield SIGNATURE + IMAGE + IDAT + chunk(b"tIME", bytes(7)) + IDAT + END
    yield SIGNATURE + IMAGE + END
    yield SIGNATURE + header(WIDTH, HEIGHT, colour=2) + END
    yield SIGNATURE + header(WIDTH, HEIGHT, colour=3) + PLTE + IDAT + chunk(b"tRNS", bytes(9)) + END
    yield SIGNATURE + IDAT + IMAGE + END
    yield SIGNATURE + IMAGE + IMAGE + IDAT + END
    yield SIGNATURE + IMAGE + chunk(b"IDAT", DATA[:-4] + b"abcd") + END
    yield SIGNATURE + IMAGE + chunk(b"IDAT", DATA[:-4]) + END
    yield SIGNATURE + IMAGE + chunk(b"IDAT", DATA + b"more") + END
    yield SIGNATURE + IMAGE + chunk(b"IDAT", zlib.compress(ROWS + b"more")) + END
    yield b""
    yield b"not a picture"


@pytest.mark.parametrize("content", tuple(plain_files()))
def test_plain_files_are_read_without_pillow_as_by_pillow(
    content: bytes, compare: Callable[[bytes], bool]
) -> None:
    assert compare(content)


@pytest.mark.parametrize("content", tuple(odd_files()))
def test_odd_files_are_left_to_pillow(content: bytes, compare: Callable[[bytes], bool]) -> None:
    assert not compare(content)


@pytest.mark.parametrize(
    "whole", [saved(Image.fromarray(GREY_PIXELS)), saved(Image.fromarray(PIXELS))]
)
def test_spoilt_files_are_what_pillow_says(whole: bytes, compare: Callable[[bytes], bool]) -> None:
    rng = np.random.default_rng(3)
    for end in range(0, len(whole), 3):
        assert not compare(whole[:end])
    for _ in range(400):
        spoilt = bytearray(whole)
        place = int(rng.integers(8, len(whole)))
        if rng.random() < 0.3:
            del spoilt[place : place + int(rng.integers(1, 4))]
        else:
            spoilt[place] ^= 1 << int(rng.integers(8))
        compare(bytes(spoilt))


def test_the_checksum_of_pixels_is_not_looked_at_as_by_pillow(
    compare: Callable[[bytes], bool],
) -> None:
    assert compare(SIGNATURE + IMAGE + IDAT[:-4] + b"abcd" + END)


def test_only_kinds_that_are_asked_for_are_read(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(saved(Image.fromarray(PIXELS)))
    assert read_plain(tmp_path / "a.png", GREY, PALETTE) is None
    found = read_plain(tmp_path / "a.png", COLOURS)
    assert found is not None
    assert np.array_equal(found.numbers(), PIXELS @ np.array([1, 256, 65536]))


def test_pictures_beyond_the_limits_are_left_to_pillow(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(saved(Image.fromarray(GREY_PIXELS)))
    with raised(picture_pixels=GREY_PIXELS.size - 1):
        assert not is_plain(path)
    for name, least in (("LARGE", GREY_PIXELS.size), ("LARGE_FILE", path.stat().st_size + 1)):
        with monkeypatch.context() as patch:
            patch.setattr(f"segeval.data.pictures.plain_png.{name}", least)
            assert is_plain(path)
            patch.setattr(f"segeval.data.pictures.plain_png.{name}", least - 1)
            assert not is_plain(path)


def test_no_memory_is_taken_for_more_pixels_than_a_file_can_hold(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(png(8000, 8000, ROWS))
    tracemalloc.start()
    assert not is_plain(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1 << 20
