"""Tables of tiles."""

from __future__ import annotations

from pathlib import Path

import pytest

from segeval.data import Tiles, read_tiles
from segeval.errors import FormatError, InputError

HEADER = "tile_id,image_id,x,y\n"
SIZED = "tile_id,image_id,x,y,width,height\n"


def read(folder: Path, text: str) -> Tiles:
    """A table of tiles from its text."""
    path = folder / "tiles.csv"
    path.write_text(text, encoding="utf-8")
    return read_tiles(path)


def test_a_tile_has_a_place_in_its_image(tmp_path: Path) -> None:
    found = read(tmp_path, f"{HEADER}a,7,0,0\n\nb,7,512,-64\n")
    assert found.tile_ids == ("a", "b")
    assert found.keys(as_text=False) == [7, 7]
    assert found.keys(as_text=True) == ["7", "7"]
    assert found.corners.tolist() == [[0, 0], [512, -64]]
    assert found.sizes.tolist() == [[-1, -1], [-1, -1]]
    assert found.lines == (2, 4)
    assert found.place["b"] == 1


def test_columns_come_in_any_order_among_others(tmp_path: Path) -> None:
    text = "\ufeffY, X ,width,height,note,image_id,tile_id\n5,4,100,80,far,img,t\n"
    found = read(tmp_path, text)
    assert found.corners.tolist() == [[4, 5]]
    assert found.sizes.tolist() == [[80, 100]]
    assert found.keys(as_text=False) == ["img"]


@pytest.mark.parametrize("image", ["007", "1.5", "+7", "99999999999999999999", "a"])
def test_ids_of_images_that_are_not_plain_numbers_are_text(image: str, tmp_path: Path) -> None:
    assert read(tmp_path, f"{HEADER}a,{image},0,0\n").keys(as_text=False) == [image]


def test_a_table_without_tiles_is_one(tmp_path: Path) -> None:
    found = read(tmp_path, HEADER)
    assert (len(found), found.corners.shape, found.sizes.shape) == (0, (0, 2), (0, 2))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "has no rows, expected the columns tile_id, image_id, x and y."),
        (
            "a,7,0,0\n",
            "line 1 (a,7,0,0) has no column tile_id, image_id, x and y, expected tile_id, image_id",
        ),
        ("tile_id,x,y\n", "line 1 (tile_id,x,y) has no column image_id, expected"),
        ("tile_id,image_id,x,y,width\n", "has no column height, expected"),
        ("tile_id,image_id,x,y,x\n", "line 1 (tile_id,image_id,x,y,x) has two columns x, expected"),
        (f"{HEADER}a,7,0\n", "line 2 (a,7,0) has 3 cells, expected 4 as in the header."),
        (f"{HEADER},7,0,0\n", "line 2 (,7,0,0) has no tile_id."),
        (f"{HEADER}a, ,0,0\n", "line 2 (a, ,0,0) has no image_id."),
        (f"{HEADER}a,7,1.5,0\n", "line 2 (a,7,1.5,0) has x '1.5', expected a whole number of pix"),
        (f"{HEADER}a,7,0,\n", "line 2 (a,7,0,) has y '', expected a whole number of pixels."),
        (f"{SIZED}a,7,0,0,0,5\n", "has width '0', expected a whole number above 0."),
        (f"{SIZED}a,7,0,0,9999999999,5\n", "expected a whole number above 0, of at most 9 digits."),
        (f"{HEADER}a,7,0,0\na,7,9,0\n", "line 3 (a,7,9,0) is of the same tile as line 2, expected"),
        (
            f"{SIZED}a,7,0,0,100,80\nb,7,9,0,80,100\n",
            "gives image 7 80 x 100 pixels (width x height), expected 100 x 80 as in line 2.",
        ),
        (
            f"{SIZED}a,7,0,0,100,80\nb,8,0,0,99999999,80\n",
            "the image of line 3 has a side of 99,999,999 pixels, expected at most 10,000,000.",
        ),
        (f'{HEADER}"a,7,0,0\n', "is not a CSV file (unexpected end of data), expected rows of t"),
    ],
)
def test_what_is_no_table_of_tiles_is_refused(text: str, problem: str, tmp_path: Path) -> None:
    with pytest.raises(FormatError) as caught:
        read(tmp_path, text)
    assert problem in str(caught.value)
    assert str(caught.value).startswith(str(tmp_path / "tiles.csv"))
    assert caught.value.code in ("tiles", "limit")


def test_a_long_row_is_cut_in_the_message(tmp_path: Path) -> None:
    with pytest.raises(FormatError) as caught:
        read(tmp_path, f"{HEADER}{'a' * 900},7,zero,0\n")
    assert len(str(caught.value)) < 300


def test_a_folder_and_no_file_are_refused(tmp_path: Path) -> None:
    with pytest.raises(
        InputError, match="is a folder, expected a CSV file of tile_id, image_id, x"
    ):
        read_tiles(tmp_path)
    with pytest.raises(InputError, match="no such file"):
        read_tiles(tmp_path / "none.csv")
