"""Photographs become red, green and blue of 8 bits, the way their annotations mean them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from segeval.data.pictures.photos import photos_below, read_photo, resize_photo
from segeval.errors import FormatError, InputError, MismatchError
from segeval.limits import raised

COLOURS = np.arange(2 * 3 * 3, dtype=np.uint8).reshape(2, 3, 3) * 10


def saved(path: Path, pixels: NDArray[Any], **more: Any) -> Path:
    Image.fromarray(pixels).save(path, **more)
    return path


def held(path: Path, orientation: int) -> Path:
    exif = Image.Exif()
    exif[0x0112] = orientation
    return saved(path, COLOURS, exif=exif)


def test_colours_are_read_as_they_are(tmp_path: Path) -> None:
    photo = read_photo(saved(tmp_path / "a.png", COLOURS))
    assert photo.dtype == np.uint8
    assert photo.tolist() == COLOURS.tolist()


def test_grey_becomes_three_equal_colours(tmp_path: Path) -> None:
    grey = COLOURS[..., 0]
    photo = read_photo(saved(tmp_path / "a.png", grey))
    assert photo.tolist() == np.stack([grey] * 3, axis=2).tolist()


def test_transparency_is_left_out_whatever_it_hides(tmp_path: Path) -> None:
    hidden = np.concatenate([COLOURS, np.zeros((2, 3, 1), np.uint8)], axis=2)
    assert read_photo(saved(tmp_path / "a.png", hidden)).tolist() == COLOURS.tolist()


def test_a_palette_is_looked_up(tmp_path: Path) -> None:
    picture = Image.fromarray(np.array([[0, 1]], np.uint8))
    picture.putpalette([1, 2, 3, 250, 150, 50])
    picture.save(tmp_path / "a.png", transparency=1)
    assert read_photo(tmp_path / "a.png").tolist() == [[[1, 2, 3], [250, 150, 50]]]


def test_of_16_bits_the_upper_8_are_kept(tmp_path: Path) -> None:
    deep = np.array([[0, 255, 256, 0x1234, 65535]], np.uint16)
    photo = read_photo(saved(tmp_path / "a.png", deep))
    assert photo[0, :, 0].tolist() == [0, 0, 1, 0x12, 255]
    assert photo.shape == (1, 5, 3)


def test_numbers_of_32_bits_are_refused(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.tif", np.ones((2, 2), np.float32))
    with pytest.raises(FormatError, match=r"a\.tif: has numbers of 32 bits per pixel"):
        read_photo(path)


@pytest.mark.parametrize(
    ("orientation", "seen"),
    [
        (1, COLOURS),
        (2, COLOURS[:, ::-1]),
        (3, COLOURS[::-1, ::-1]),
        (4, COLOURS[::-1]),
        (5, COLOURS.transpose(1, 0, 2)),
        (6, np.rot90(COLOURS, -1)),
        (7, COLOURS[::-1, ::-1].transpose(1, 0, 2)),
        (8, np.rot90(COLOURS, 1)),
        (77, COLOURS),
    ],
)
def test_a_turned_camera_is_turned_back(
    tmp_path: Path, orientation: int, seen: NDArray[Any]
) -> None:
    photo = read_photo(held(tmp_path / "a.png", orientation))
    assert photo.tolist() == seen.tolist()


def test_the_size_of_the_annotations_decides_whether_it_is_turned(tmp_path: Path) -> None:
    path = held(tmp_path / "a.png", 6)
    assert read_photo(path, (3, 2)).tolist() == np.rot90(COLOURS, -1).tolist()
    assert read_photo(path, (2, 3)).tolist() == COLOURS.tolist()


def test_annotations_of_another_size_are_an_error(tmp_path: Path) -> None:
    with pytest.raises(MismatchError, match=r"a\.png: has 3 x 2 pixels.* are for 4 x 2"):
        read_photo(held(tmp_path / "a.png", 6), (4, 2))


def test_a_file_that_ends_early_is_named(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (60, 60, 3), np.uint8)
    path = saved(tmp_path / "a.png", noise)
    path.write_bytes(path.read_bytes()[:3000])
    with pytest.raises(FormatError, match=r"a\.png: the picture is damaged"):
        read_photo(path)


def test_what_is_no_picture_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_text("hello")
    with pytest.raises(FormatError, match=r"a\.jpg: not a picture"):
        read_photo(tmp_path / "a.jpg")
    with pytest.raises(InputError, match=r"b\.jpg: no such file"):
        read_photo(tmp_path / "b.jpg")


def test_a_photo_with_more_pixels_than_the_limit_is_refused(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.png", COLOURS)
    with raised(photo_pixels=6):
        assert read_photo(path).shape == (2, 3, 3)
    expected = (
        r"a\.png: has 2 x 3 = 6 pixels, expected at most 5\. If that is right, raise the limit"
    )
    with raised(photo_pixels=5), pytest.raises(FormatError, match=expected):
        read_photo(path)


def test_every_pixel_counts_when_a_photo_shrinks() -> None:
    stripes = np.zeros((1, 64, 3), np.uint8)
    stripes[:, ::2] = 200
    small = resize_photo(stripes, (1, 4))
    assert small.shape == (1, 4, 3)
    assert np.abs(small.astype(int) - 100).max() <= 4
    assert resize_photo(stripes, (1, 64)).tolist() == stripes.tolist()


def test_photos_of_a_folder_come_in_order_with_those_of_its_subfolders(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    for name in ("c.JPG", "b/a.png", "a.webp", "notes.txt", ".hidden.png"):
        (tmp_path / name).touch()
    found = [path.relative_to(tmp_path).as_posix() for path in photos_below(tmp_path)]
    assert found == ["a.webp", "b/a.png", "c.JPG"]


def test_a_folder_without_photos_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="has no images, expected files"):
        photos_below(tmp_path)
