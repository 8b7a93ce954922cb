"""Pictures are opened by a fixed list of formats; what they claim is held against their bytes."""

from __future__ import annotations

import os
import threading
import tracemalloc
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from segeval.data.pictures.opening import MAPS, PHOTOS, Bounded, opened
from segeval.data.pictures.photos import read_photo
from segeval.data.pictures.png import read_ids, read_label_map, read_mask, read_object
from segeval.errors import FormatError, InputError
from segeval.limits import raised
from tests.png_files import chunk, png

EPS = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n%%EndComments\nshowpage\n"


def programs(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A program named gs in front of all others, that leaves a trace."""
    trace, program = folder / "trace", folder / "bin" / "gs"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\ntouch {trace}\nexit 1\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    return trace


@pytest.mark.parametrize("read", [read_photo, read_mask, read_label_map, read_ids, read_object])
def test_no_picture_starts_a_program(
    read: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trace = programs(tmp_path, monkeypatch)
    path = tmp_path / "a.png"
    path.write_bytes(EPS)
    assert callable(read)
    with pytest.raises(FormatError, match=r"a\.png: is an EPS file, expected a .*PNG.* file\."):
        read(path)
    assert not trace.exists()


def test_photos_have_five_formats(tmp_path: Path) -> None:
    pixels = np.full((8, 8, 3), 200, np.uint8)
    for suffix in ("jpg", "png", "webp", "tif", "bmp"):
        Image.fromarray(pixels).save(tmp_path / f"a.{suffix}")
        assert np.abs(read_photo(tmp_path / f"a.{suffix}").astype(int) - 200).max() < 4
    Image.fromarray(pixels).save(tmp_path / "a.gif")
    expected = r"is a GIF file, expected a JPEG, PNG, WEBP, TIFF or BMP file\.$"
    with pytest.raises(FormatError, match=expected):
        read_photo(tmp_path / "a.gif")


def test_label_maps_have_the_format_of_exact_numbers(tmp_path: Path) -> None:
    Image.fromarray(np.zeros((8, 8), np.uint8)).save(tmp_path / "a.png", format="JPEG")
    with pytest.raises(FormatError, match=r"a\.png: is a JPEG file, expected a PNG file\.$"):
        read_label_map(tmp_path / "a.png")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (png(2, 1, b"\0ab", more=chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(1 << 24)))), "larg"),
        (png(2, 1, b"\0ab", more=chunk(b"iCCP", b"a\0\0" + zlib.compress(bytes(1 << 24)))), "larg"),
        (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", bytes(4)), "IHDR"),
        (b"\x89PNG\r\n\x1a\n", ""),
        (png(0, 3, b""), ""),
        (png(5000, 5000, b"\0ab"), "it claims 5000 x 5000 pixels, more than its 68 bytes can hold"),
        (png(1 << 30, 1, b"\0ab", bits=1), "more than its 68 bytes can hold"),
    ],
)
def test_damaged_pictures_are_named(content: bytes, message: str, tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(content)
    for read in (read_label_map, read_photo, read_mask):
        with pytest.raises(FormatError, match=rf"a\.png: the picture is damaged .*{message}"):
            read(path)


def test_a_webp_that_claims_more_than_pillows_guard_is_damaged(tmp_path: Path) -> None:
    path = tmp_path / "a.webp"
    frames = [Image.fromarray(np.full((8, 8, 3), level, np.uint8)) for level in (9, 99)]
    frames[0].save(path, save_all=True, append_images=frames[1:])
    content = bytearray(path.read_bytes())
    side = (45_000 - 1).to_bytes(3, "little")
    content[24:30] = side + side  # of the canvas
    path.write_bytes(content)
    with pytest.raises(FormatError, match=r"a\.webp: the picture is damaged \(Image size "):
        read_photo(path)


def test_a_picture_above_pillows_guard_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    labels = np.arange(12, dtype=np.uint8).reshape(3, 4)
    Image.fromarray(labels).save(tmp_path / "a.png")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 2)
    assert np.array_equal(read_label_map(tmp_path / "a.png").labels, labels)
    assert Image.MAX_IMAGE_PIXELS == 2


def test_a_large_picture_is_read_in_strips(tmp_path: Path) -> None:
    height, width = 8200, 8200  # more than 2^26 pixels
    labels = np.zeros((height, width), np.uint8)
    labels[::7, 5000:] = 3
    labels[-1, -1] = 9
    Image.fromarray(labels).save(tmp_path / "a.png", compress_level=1)
    assert np.array_equal(read_label_map(tmp_path / "a.png").labels, labels)
    box, corner, size = read_object(tmp_path / "a.png")
    assert corner == (0, 5000)
    assert size == (height, width)
    assert np.array_equal(box, labels[:, 5000:] != 0)


def test_ids_of_a_large_picture_are_those_of_its_parts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    colours = np.random.default_rng(0).integers(0, 256, (50, 40, 3), np.uint8)
    Image.fromarray(colours).save(tmp_path / "a.png")
    ids = read_ids(tmp_path / "a.png")
    monkeypatch.setattr("segeval.data.pictures.png.LARGE", 100)
    monkeypatch.setattr("segeval.data.pictures.png.STRIP", 130)
    assert np.array_equal(read_ids(tmp_path / "a.png"), ids)
    assert ids[0, 0] == int(colours[0, 0] @ np.array([1, 256, 65536]))


def test_more_pixels_than_the_limit_are_refused_before_they_are_read(tmp_path: Path) -> None:
    rows = (b"\0" + bytes(5000)) * 5000
    (tmp_path / "a.png").write_bytes(png(5000, 5000, rows))
    expected = r"a\.png: has 5000 x 5000 = 25,000,000 pixels, expected at most 1,000,000\. If"
    with raised(picture_pixels=1_000_000), pytest.raises(FormatError, match=expected):
        read_label_map(tmp_path / "a.png")
    assert read_label_map(tmp_path / "a.png").labels.shape == (5000, 5000)


def test_what_is_no_ordinary_file_is_not_waited_for(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(FormatError, match=r"folder: is a folder, expected a file\.$"):
        read_photo(tmp_path / "folder")
    with pytest.raises(InputError, match=r"none: no such file\.$"):
        read_photo(tmp_path / "none")
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe")
        with pytest.raises(FormatError, match=r"pipe: is a pipe, expected an ordinary file\.$"):
            read_photo(tmp_path / "pipe")


def test_pillow_maps_no_file(tmp_path: Path) -> None:
    path = tmp_path / "a.bmp"
    Image.fromarray(np.zeros((500, 500), np.uint8)).save(path)
    with opened(path, PHOTOS) as picture:
        picture.load()
        assert getattr(picture, "map", None) is None


def test_pictures_are_opened_in_many_threads(tmp_path: Path) -> None:
    Image.fromarray(np.full((9, 9), 7, np.uint8)).save(tmp_path / "a.png")
    found: list[int] = []

    def read() -> None:
        found.extend(int(read_label_map(tmp_path / "a.png").labels.sum()) for _ in range(20))

    threads = [threading.Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [7 * 81] * 80
    assert MAPS == ("PNG",)


@pytest.mark.filterwarnings("ignore")  # Pillow's, of damaged tags
def test_a_mutated_picture_is_read_or_refused(tmp_path: Path) -> None:
    random, refused = np.random.default_rng(3), 0
    pixels = random.integers(0, 256, (6, 5, 3), np.uint8)
    for suffix in ("jpg", "png", "webp", "tif", "bmp"):
        path = tmp_path / f"a.{suffix}"
        Image.fromarray(pixels).save(path)
        sound = path.read_bytes()
        for _ in range(150):
            data = bytearray(sound)
            for _ in range(random.integers(1, 5)):
                data[random.integers(len(data))] = random.integers(256)
            path.write_bytes(data)
            for read in (read_photo, read_mask):
                try:
                    read(path)
                except InputError:
                    refused += 1
    assert refused > 500


def test_no_more_memory_is_taken_than_a_file_has_bytes(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(b"x" * 1000)
    tracemalloc.start()
    with path.open("rb", buffering=0) as plain, Bounded(plain) as file:
        assert len(file.read(2**31 - 1)) == 1000
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1 << 20
