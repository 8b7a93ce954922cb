"""Photographs in the orientation of their annotations, and placeholders."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from segeval.data.pictures.encoding import webp
from segeval.errors import FormatError, InputError, MismatchError, ShapeError
from segeval.pictures import photograph, photograph_or_placeholder


def write_photo(path: Path, height: int, width: int, held: int) -> None:
    """A picture that is red at its stored upper left, with an EXIF orientation."""
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[: height // 2, : width // 2, 0] = 255
    exif = Image.Exif()
    exif[0x0112] = held
    Image.fromarray(pixels).save(path, exif=exif)


def red_corner(pixels: np.ndarray | None) -> tuple[int, int]:
    """Row and column (0 or 1) of the quarter that is red."""
    assert pixels is not None
    corners = pixels[:: len(pixels) - 1, :: pixels.shape[1] - 1, 0]
    return tuple(int(each) for each in np.argwhere(corners > 128)[0])  # type: ignore[return-value]


def test_a_photograph_is_turned_where_only_then_it_has_the_size_of_its_image(
    tmp_path: Path,
) -> None:
    write_photo(tmp_path / "a.png", 20, 30, 6)
    turned = photograph(tmp_path, "a.png", (30, 20), "image 1")
    stored = photograph(tmp_path, "a.png", (20, 30), "image 1")
    assert (red_corner(turned.pixels), turned.notes) == ((0, 1), ())
    assert (red_corner(stored.pixels), stored.notes) == ((0, 0), ())


@pytest.mark.parametrize(("held", "size"), [(3, (20, 30)), (6, (30, 30)), (6, (0, 0))])
def test_where_both_orientations_fit_the_pixels_are_as_stored_with_a_note(
    tmp_path: Path, held: int, size: tuple[int, int]
) -> None:
    height, width = size if min(size) else (20, 30)
    write_photo(tmp_path / "a.png", height, width, held)
    found = photograph(tmp_path, "a.png", size, "image 1")
    assert red_corner(found.pixels) == (0, 0)
    [note] = found.notes
    assert note.code == "photo-orientation"
    assert note.message == (
        f"{tmp_path / 'a.png'}: its EXIF orientation turns it, and turned or not it fits its "
        "image; it is drawn as stored"
    )


def test_an_upright_photograph_needs_no_note(tmp_path: Path) -> None:
    write_photo(tmp_path / "a.png", 30, 30, 1)
    assert photograph(tmp_path, "a.png", (30, 30), "image 1").notes == ()


def test_a_photograph_is_scaled_down_to_a_longest_side(tmp_path: Path) -> None:
    write_photo(tmp_path / "a.png", 200, 300, 1)
    for longest, shape in ((None, (200, 300, 3)), (150, (100, 150, 3)), (900, (200, 300, 3))):
        found = photograph(tmp_path, "a.png", (200, 300), "image 1", longest=longest)
        assert found.pixels is not None
        assert found.pixels.shape == shape


def test_a_missing_photograph_is_refused_or_a_placeholder_with_its_name(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"has no picture b\.png\. Name another folder"):
        photograph(tmp_path, "b.png", (20, 30), "image 1")
    found = photograph_or_placeholder(tmp_path, "b.png", (20, 30), "image 1")
    assert found.pixels is None
    assert [(note.code, note.message) for note in found.notes] == [
        ("no-photo", f"{tmp_path}: has no picture b.png; a grey placeholder stands in its place")
    ]
    [note] = photograph_or_placeholder(tmp_path, "", (20, 30), "image 1").notes
    assert note.message == (
        f"{tmp_path}: has no picture of image 1, which has no file_name; a grey placeholder "
        "stands in its place"
    )


def test_a_broken_or_misfitting_photograph_is_refused_or_a_placeholder(tmp_path: Path) -> None:
    (tmp_path / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0 and nothing more")
    with pytest.raises(FormatError):
        photograph(tmp_path, "broken.jpg", (20, 30), "image 1")
    [note] = photograph_or_placeholder(tmp_path, "broken.jpg", (20, 30), "image 1").notes
    assert note.code == "bad-photo"
    assert note.message.startswith(f"{tmp_path / 'broken.jpg'}: ")
    assert note.message.endswith("; a grey placeholder stands in its place")
    write_photo(tmp_path / "a.png", 20, 30, 1)
    with pytest.raises(MismatchError):
        photograph(tmp_path, "a.png", (21, 30), "image 1")
    found = photograph_or_placeholder(tmp_path, "a.png", (21, 30), "image 1")
    assert (found.pixels, len(found.notes)) == (None, 1)


def test_equal_pixels_are_equal_bytes_of_webp() -> None:
    pixels = np.random.default_rng(0).integers(0, 255, (40, 60, 3)).astype(np.uint8)
    data = webp(pixels)
    assert data == webp(pixels.copy())
    assert (data[:4], data[8:12]) == (b"RIFF", b"WEBP")
    assert len(webp(pixels, quality=10)) < len(data)


@pytest.mark.parametrize("shape", [(0, 4, 3), (1, 16384, 3)])
def test_pictures_that_webp_cannot_hold_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ShapeError, match=r"expected sides of 1 to 16,383 for WebP"):
        webp(np.zeros(shape, np.uint8))
