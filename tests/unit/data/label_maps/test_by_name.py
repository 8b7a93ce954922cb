"""Files of one image in the folders of several models."""

from __future__ import annotations

from pathlib import Path

import pytest

from segeval.data.label_maps.by_name import alike
from segeval.errors import MismatchError


def files(folder: str, *names: str) -> list[Path]:
    return [Path(folder, name) for name in names]


def found(*sides: list[Path]) -> dict[str, tuple[str, ...]]:
    folders = [Path(side[0].parts[0]) for side in sides]
    return {key: tuple(map(str, each)) for key, each in alike(folders, sides).items()}


def test_files_of_equal_paths_are_of_one_image_in_the_order_of_their_names() -> None:
    assert found(files("a", "y/2.png", "y/1.png"), files("b", "y/1.npy", "y/2.png")) == {
        "y/1": ("a/y/1.png", "b/y/1.npy"),
        "y/2": ("a/y/2.png", "b/y/2.png"),
    }


def test_else_those_of_equal_names_are() -> None:
    assert found(files("a", "y/1.png"), files("b", "1.png")) == {"1": ("a/y/1.png", "b/1.png")}


def test_else_those_of_one_frame_of_cityscapes_are() -> None:
    frame = "lindau_000000_000019"
    assert found(files("a", f"{frame}_x.png"), files("b", f"{frame}.png")) == {
        frame: (f"a/{frame}_x.png", f"b/{frame}.png")
    }


@pytest.mark.parametrize(
    ("sides", "message"),
    [
        (
            [files("a", "1.png", "2.png"), files("b", "1.png", "2.png"), files("c", "1.png")],
            (
                "c: has no label map for a/2.png, expected the same images of every model. Files "
                "are paired by their names. Only in a: 2.png."
            ),
        ),
        (
            [files("a", "1.png"), files("b", "1.png", "1.npy")],
            (
                "b: 1.png and 1.npy are of the same image, expected one label map per image. Give "
                "a folder with one kind of files."
            ),
        ),
    ],
)
def test_models_with_other_images_are_refused(sides: list[list[Path]], message: str) -> None:
    with pytest.raises(MismatchError) as caught:
        found(*sides)
    assert str(caught.value) == message
