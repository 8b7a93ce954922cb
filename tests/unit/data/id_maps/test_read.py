"""Ids from PNG, NumPy and TIFF files, and what is no id map."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from segeval import FormatError, InputError, ShapeError, limits
from segeval.data.id_maps.read import read_id_map
from segeval.data.id_maps.tiff import pages_of

IDS = np.array([[0, 3, 3], [7, 0, 3]])


def save(path: Path, ids: NDArray[Any]) -> Path:
    if path.suffix == ".npy":
        np.save(path, ids)
    else:
        Image.fromarray(ids).save(path)
    return path


@pytest.mark.parametrize(
    ("name", "dtype", "largest"),
    [
        ("8.png", np.uint8, 255),
        ("16.png", np.uint16, 65535),
        ("8.tif", np.uint8, 255),
        ("16.tif", np.uint16, 65535),
        ("32.tiff", np.int32, 2**31 - 1),
        ("64.npy", np.int64, 2**31 - 1),
        ("u64.npy", np.uint64, 2**31 - 1),
        ("big.npy", np.dtype(">u2"), 65535),
        ("bool.npy", np.bool_, 1),
    ],
)
def test_every_kind_of_file_gives_the_ids_that_were_written(
    tmp_path: Path, name: str, dtype: Any, largest: int
) -> None:
    ids = np.where(IDS == 7, largest, np.minimum(IDS, largest)).astype(dtype)
    found = read_id_map(save(tmp_path / name, ids))
    assert found.tolist() == ids.astype(np.int64).tolist()
    assert found.flags.c_contiguous
    assert found.dtype.isnative


def test_the_byte_order_and_the_compression_of_a_tiff_do_not_matter(tmp_path: Path) -> None:
    image = Image.fromarray(IDS.astype(np.uint16))
    for compression in ("tiff_lzw", "tiff_adobe_deflate", "packbits"):
        image.save(tmp_path / "a.tif", compression=compression)
        assert read_id_map(tmp_path / "a.tif").tolist() == IDS.tolist()
    big = Image.frombytes("I;16B", (3, 2), IDS.astype(">u2").tobytes())
    big.save(tmp_path / "big.tif")
    assert read_id_map(tmp_path / "big.tif").tolist() == IDS.tolist()


def test_pages_of_a_tiff_are_images_of_their_own(tmp_path: Path) -> None:
    pages = [Image.fromarray((IDS + page).astype(np.uint16)) for page in range(3)]
    pages[0].save(tmp_path / "a.tif", save_all=True, append_images=pages[1:])
    found = pages_of(tmp_path / "a.tif")
    assert [read_id_map(tmp_path / "a.tif", page)[0, 0] for page in found] == [0, 1, 2]
    assert read_id_map(tmp_path / "a.tif", found[2]).tolist() == (IDS + 2).tolist()
    for compression in ("tiff_lzw", "tiff_adobe_deflate"):
        path = tmp_path / "b.tif"
        pages[0].save(path, save_all=True, append_images=pages[1:], compression=compression)
        assert read_id_map(path, pages_of(path)[2]).tolist() == (IDS + 2).tolist()


def test_a_tiff_file_of_more_than_4_gb_has_another_layout(tmp_path: Path) -> None:
    pages = [Image.fromarray((IDS + page).astype(np.uint16)) for page in range(2)]
    pages[0].save(tmp_path / "a.tif", save_all=True, append_images=pages[1:], big_tiff=True)
    found = pages_of(tmp_path / "a.tif")
    assert [read_id_map(tmp_path / "a.tif", page)[0, 0] for page in found] == [0, 1]


def test_entries_that_lie_beyond_the_file_are_damage_and_no_warning(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    Image.fromarray(IDS.astype(np.uint16)).save(path, description="a text of many letters")
    data = bytearray(path.read_bytes())
    [page] = pages_of(path)
    entry = data.index(b"\x0e\x01\x02\x00", page)  # ImageDescription, text
    data[entry + 4 : entry + 8] = (5000).to_bytes(4, "little")
    path.write_bytes(data)
    with pytest.raises(FormatError) as caught:
        pages_of(path)
    assert caught.value.message == (
        f"{path}: the picture is damaged (tag 270 of page 0 lies beyond the file)."
    )


def test_pages_that_point_to_each_other_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    pages = [Image.fromarray(IDS.astype(np.uint16))] * 2
    pages[0].save(path, save_all=True, append_images=pages[1:])
    first, second = pages_of(path)
    data = bytearray(path.read_bytes())
    end = second + 2 + 12 * int.from_bytes(data[second : second + 2], "little")
    data[end : end + 4] = first.to_bytes(4, "little")
    path.write_bytes(data)
    with pytest.raises(FormatError) as caught:
        pages_of(path)
    assert caught.value.message == (
        f"{path}: the picture is damaged (page 2 is where no page can be)."
    )


def test_what_is_no_id_map_is_refused(tmp_path: Path) -> None:
    palette = Image.fromarray(IDS.astype(np.uint8))
    palette.putpalette([0, 0, 0, 255, 0, 0])
    palette.save(tmp_path / "palette.png")
    wrong = {
        save(tmp_path / "rgb.png", np.zeros((2, 3, 3), np.uint8)): (
            "has colours (RGB), expected grey of 8 or 16 bits: 0 for background and an id from 1 "
            "for each object. Colours are not ids."
        ),
        tmp_path / "palette.png": (
            "has a palette, expected grey of 8 or 16 bits: 0 for background and an id from 1 for "
            "each object. In files with a palette a value may stand for no object, as 255 does in "
            "Pascal VOC; write the ids without one."
        ),
        save(tmp_path / "float.npy", IDS.astype(float)): (
            "holds float64, expected whole numbers: 0 for background and an id from 1 for each "
            "object."
        ),
        save(tmp_path / "float.tif", IDS.astype(np.float32)): (
            "has fractions (float32), expected whole numbers of up to 32 bits, one per pixel: 0 "
            "for background and an id for each object."
        ),
        save(tmp_path / "rgb.tif", np.zeros((2, 3, 3), np.uint8)): (
            "has colours (RGB), expected whole numbers of up to 32 bits, one per pixel: 0 for "
            "background and an id for each object."
        ),
        save(tmp_path / "below.npy", IDS - 1): (
            "has the id -1, expected 0 for background and an id from 1 for each object."
        ),
        save(tmp_path / "above.npy", IDS << 30): (
            "has the id 7516192768, expected at most 2147483647. Number the objects of each image "
            "from 1."
        ),
    }
    for path, message in wrong.items():
        with pytest.raises(FormatError) as caught:
            read_id_map(path)
        assert caught.value.message == f"{path}: {message}"
        assert caught.value.path == str(path)


def test_an_array_of_several_images_says_what_to_do(tmp_path: Path) -> None:
    path = save(tmp_path / "stack.npy", np.zeros((4, 2, 3), np.uint16))
    with pytest.raises(ShapeError) as caught:
        read_id_map(path)
    assert caught.value.message == (
        f"{path}: has the shape (4, 2, 3), expected an id map (H, W). Save each image as a file of "
        "its own, or all as the pages of a TIFF file."
    )


def test_a_file_of_python_objects_is_refused_and_those_of_cellpose_are_known(
    tmp_path: Path,
) -> None:
    path = tmp_path / "a_seg.npy"
    np.save(path, np.array({"masks": IDS}), allow_pickle=True)
    with pytest.raises(FormatError) as caught:
        read_id_map(path)
    assert caught.value.message == (
        f"{path}: not a .npy file of numbers (objects of Python). Of Cellpose's files give "
        "*_cp_masks in place of *_seg.npy."
    )


def test_pictures_that_imagej_wrote_without_pages_are_told(tmp_path: Path) -> None:
    path = tmp_path / "imagej.tif"
    text = "ImageJ=1.53t\nimages=12\nslices=12\n"
    Image.fromarray(IDS.astype(np.uint16)).save(path, description=text)
    with pytest.raises(FormatError) as caught:
        pages_of(path)
    assert caught.value.message == (
        f"{path}: has 1 page, but ImageJ wrote 12 pictures into it, all but the first without a "
        "page. Save it as a sequence of images."
    )


def test_a_page_is_held_against_the_limit_before_it_is_read(tmp_path: Path) -> None:
    pages = [Image.new("L", (4, 4)), Image.new("L", (40, 40))]
    pages[0].save(tmp_path / "a.tif", save_all=True, append_images=pages[1:])
    with limits.raised(picture_pixels=100):
        assert read_id_map(tmp_path / "a.tif").shape == (4, 4)
        with pytest.raises(FormatError, match=r"has 40 x 40 = 1,600 pixels, expected at most 100"):
            read_id_map(tmp_path / "a.tif", pages_of(tmp_path / "a.tif")[1])


def test_a_tiff_file_that_is_none_or_is_cut_short_is_damaged(tmp_path: Path) -> None:
    path = save(tmp_path / "a.tif", np.zeros((50, 50), np.uint16))
    path.write_bytes(path.read_bytes()[:3000])
    with pytest.raises(FormatError, match="the picture is damaged"):
        read_id_map(path)
    path.write_bytes(b"hello")
    with pytest.raises(FormatError, match="expected a TIFF file"):
        pages_of(path)
    with pytest.raises(InputError, match="no such file"):
        pages_of(tmp_path / "none.tif")
