"""Images of a COCO file are looked for before any work is done."""

from __future__ import annotations

from pathlib import Path

import pytest

from segeval.data.coco.image_list import ImageList, ListedImage
from segeval.errors import InputError
from segeval.models.predict.photo_list import photos_of_list, photos_there


def listed(*names: str) -> ImageList:
    images = tuple(ListedImage(number, name, None) for number, name in enumerate(names, start=1))
    return ImageList(images, (), "gt.json")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "b").mkdir()
    for name in ("a.jpg", "b/c.jpg"):
        (tmp_path / name).touch()
    return tmp_path


def test_all_images_are_there(folder: Path) -> None:
    names = listed("b/c.jpg", "a.jpg", "b/../a.jpg", str(folder / "a.jpg"))
    photos = photos_of_list(names, folder)
    assert photos_there(photos, names, folder) == (photos, ())


def test_the_first_that_is_not_there_is_named_with_their_number(folder: Path) -> None:
    names = listed("a.jpg", "no/x.jpg", "b/c.jpg", "b/d.jpg")
    photos = photos_of_list(names, folder)
    message = r"2 of the 4 images of gt\.json are missing, first no/x\.jpg"
    with pytest.raises(InputError, match=rf"{message}\. To leave them out"):
        photos_there(photos, names, folder)
    there, (note,) = photos_there(photos, names, folder, skip=True)
    assert [photo.name for photo in there] == ["a.jpg", "b/c.jpg"]
    assert message.replace("\\", "") in note.message
    assert note.count == 2


def test_none_is_too_few_even_if_they_may_be_left_out(folder: Path) -> None:
    names = listed("x.jpg")
    with pytest.raises(
        InputError, match=r"1 of the 1 image of gt\.json is missing.* Give the folder"
    ):
        photos_there(photos_of_list(names, folder), names, folder, skip=True)


def test_a_folder_that_is_not_below_the_given_one_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    names = ["val/x.jpg", "b/y.jpg", "z.jpg"]
    images = tuple(ListedImage(place, name, None) for place, name in enumerate(names))
    photos = photos_of_list(ImageList(images, (), "gt.json"), tmp_path)
    assert [each.path.relative_to(tmp_path).as_posix() for each in photos] == [
        "x.jpg", "b/y.jpg", "z.jpg",
    ]  # fmt: skip
    assert [each.name for each in photos] == names
