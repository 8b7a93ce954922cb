"""Photographs of every kind, files that are none, and names that lead elsewhere."""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from segeval.data.pictures import photos
from segeval.errors import InputError
from segeval.pictures import Photograph, photograph, photograph_or_placeholder

SIZE = (20, 30)
PIXELS = np.random.default_rng(0).integers(0, 255, (*SIZE, 3)).astype(np.uint8)
GREY = PIXELS[..., 0]


def shown(folder: Path, name: str) -> Photograph:
    return photograph_or_placeholder(folder, name, SIZE, "image 1")


def picture(pixels: NDArray[np.generic] = PIXELS) -> Image.Image:
    return Image.fromarray(pixels)


def in_bytes(path: Path, change: Callable[[bytes], bytes]) -> None:
    """A damaged photograph."""
    picture().save(path)
    path.write_bytes(change(path.read_bytes()))


def claiming(path: Path, side: int) -> None:
    """A PNG file of a few bytes that claims a side x side picture."""

    def chunk(name: bytes, content: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(name + content))
        return struct.pack(">I", len(content)) + name + content + check

    head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    rest = chunk(b"IDAT", zlib.compress(bytes(99))) + chunk(b"IEND", b"")
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + rest)


def several(path: Path) -> None:
    """A moving picture."""
    picture().save(path, save_all=True, append_images=[picture(255 - PIXELS)], lossless=True)


def with_palette(path: Path) -> None:
    picture().convert("P").save(path, transparency=3)


def with_transparent_palette(path: Path) -> None:
    picture().convert("P").save(path, transparency=bytes(range(256)))


DRAWN: dict[str, Callable[[Path], None]] = {
    "cmyk.jpg": lambda path: picture().convert("CMYK").save(path),
    "grey.jpg": lambda path: picture(GREY).save(path),
    "grey-16.png": lambda path: picture(GREY.astype(np.uint16) * 257).save(path),
    "grey.png": lambda path: picture(GREY).save(path),
    "grey-alpha.png": lambda path: picture(GREY).convert("LA").save(path),
    "alpha.png": lambda path: picture().convert("RGBA").save(path),
    "one-bit.png": lambda path: picture().convert("1").save(path),
    "palette.png": with_palette,
    "palette-alpha.png": with_transparent_palette,
    "moving.webp": several,
    "photo.bmp": lambda path: picture().save(path),
    "photo.tiff": lambda path: picture().save(path),
}


@pytest.mark.parametrize("name", DRAWN)
def test_a_photograph_of_any_kind_is_drawn_in_its_colours(name: str, tmp_path: Path) -> None:
    DRAWN[name](tmp_path / name)
    found = shown(tmp_path, name)
    assert (found.notes, found.is_placeholder) == ((), False)
    assert found.pixels is not None
    assert found.pixels.shape == (*SIZE, 3)
    assert found.pixels.dtype == np.uint8
    if name.startswith("grey") and name.endswith("png"):
        assert np.array_equal(found.pixels, np.repeat(GREY[..., None], 3, axis=2))
    if name in ("moving.webp", "photo.bmp", "photo.tiff", "alpha.png"):
        assert np.array_equal(found.pixels, PIXELS), "the first of several"
    if name.startswith("palette"):
        assert np.array_equal(found.pixels, np.asarray(picture().convert("P").convert("RGB")))


BROKEN: dict[str, tuple[Callable[[Path], object], str]] = {
    "empty.jpg": (lambda path: path.write_bytes(b""), "not a picture, expected"),
    "cut.jpg": (lambda path: in_bytes(path, lambda data: data[: len(data) // 2]), "is damaged"),
    "cut.png": (lambda path: in_bytes(path, lambda data: data[: len(data) // 2]), "is damaged"),
    "cut.webp": (lambda path: in_bytes(path, lambda data: data[: len(data) // 2]), "is damaged"),
    "head.jpg": (lambda path: in_bytes(path, lambda data: data[:20]), "is damaged"),
    "moving.gif": (lambda path: picture().save(path, save_all=True), "is a GIF file, expected a"),
    "huge.png": (
        lambda path: claiming(path, 200_000),
        "it claims 200000 x 200000 pixels, more than its",
    ),
    "float.tiff": (
        lambda path: picture(GREY.astype(np.float32)).save(path),
        "has numbers of 32 bits per pixel",
    ),
    "text.png": (lambda path: path.write_text("<svg></svg>"), "expected a JPEG, PNG"),
    "other-size.png": (lambda path: picture(PIXELS[:9]).save(path), "has 9 x 30 pixels"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_photograph_is_a_placeholder_that_names_it(name: str, tmp_path: Path) -> None:
    write, words = BROKEN[name]
    write(tmp_path / name)
    found = shown(tmp_path, name)
    assert (found.pixels, found.is_placeholder) == (None, True)
    [note] = found.notes
    assert note.message.startswith(f"{tmp_path / name}: ")
    assert words in note.message
    assert note.message.endswith("; a grey placeholder stands in its place")


def pipe(path: Path) -> None:
    if not hasattr(os, "mkfifo"):
        pytest.skip("the system has no named pipes")
    os.mkfifo(path)


NO_FILES: dict[str, Callable[[Path], None]] = {
    "folder": Path.mkdir,
    "a pipe that nobody writes to": pipe,
    "a link to itself": lambda path: path.symlink_to(path.name),
    "a link to nothing": lambda path: path.symlink_to("nothing.png"),
}


@pytest.mark.parametrize("kind", NO_FILES)
def test_what_is_no_file_is_a_placeholder_at_once(kind: str, tmp_path: Path) -> None:
    NO_FILES[kind](tmp_path / "a.png")
    [note] = shown(tmp_path, "a.png").notes
    assert note.message.startswith(f"{tmp_path}: has no picture a.png; a grey")


def test_a_photograph_that_may_not_be_read_is_a_placeholder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    picture().save(tmp_path / "a.png")

    def refuse(path: Path, formats: tuple[str, ...]) -> None:
        raise InputError(f"{path}: permission denied.", code="unreadable", path=str(path))

    monkeypatch.setattr(photos, "opened", refuse)  # whoever runs the tests may be allowed to
    [note] = shown(tmp_path, "a.png").notes
    assert note.message.startswith(f"{tmp_path / 'a.png'}: permission denied; a grey")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a photograph, beside another folder with one that must stay unseen."""
    for name in ("photos", "elsewhere"):
        (tmp_path / name).mkdir()
    picture().save(tmp_path / "photos" / "a.png")
    picture(255 - PIXELS).save(tmp_path / "elsewhere" / "secret.png")
    return tmp_path / "photos"


def outside(folder: Path) -> list[str]:
    other = folder.parent / "elsewhere"
    return ["../elsewhere/secret.png", "a/../../elsewhere/secret.png", str(other / "secret.png")]


@pytest.mark.parametrize("place", range(3))
def test_no_name_leads_out_of_the_folder(folder: Path, place: int) -> None:
    name = outside(folder)[place]
    [note] = shown(folder, name).notes
    assert "has no picture" in note.message
    assert "secret.png" in note.message
    with pytest.raises(InputError, match="has no picture"):
        photograph(folder, name, SIZE, "image 1")


@pytest.mark.parametrize(
    "name",
    [
        "a.png", "val/a.png", "../val/a.png", "/data/val/a.png", "x/../a.png", "./a.png",
        "C:\\data\\a.png", "val\\a.png",
    ],
)  # fmt: skip
def test_folders_in_a_name_that_are_not_there_are_left_out(folder: Path, name: str) -> None:
    found = shown(folder, name)
    assert found.pixels is not None
    assert np.array_equal(found.pixels, PIXELS)


def test_an_absolute_name_below_the_folder_is_found(folder: Path) -> None:
    (folder / "val").mkdir()
    picture(255 - PIXELS).save(folder / "val" / "a.png")
    found = shown(folder, str(folder / "val" / "a.png"))
    assert found.pixels is not None
    assert np.array_equal(found.pixels, 255 - PIXELS)


def test_a_link_in_the_folder_is_followed(folder: Path) -> None:
    (folder / "b.png").symlink_to("../elsewhere/secret.png")
    assert shown(folder, "b.png").pixels is not None


@pytest.mark.parametrize(
    "name", ["a.png\0", "a\0.png", "x" * 10_000, "x/" * 5_000 + "y.png", "..", ".", "/", "\ud800"]
)
def test_a_name_that_no_file_has_is_a_placeholder_with_a_short_note(
    folder: Path, name: str
) -> None:
    found = shown(folder, name)
    assert found.is_placeholder
    [note] = found.notes
    assert len(note.message) < len(str(folder)) + 200
