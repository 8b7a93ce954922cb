"""Photographs found by the ids of their images."""

from __future__ import annotations

from pathlib import Path

import pytest

from segeval.errors import InputError
from segeval.pictures.named_photographs import names_of_images


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Some files; what is in them does not matter."""
    (tmp_path / "val").mkdir()
    for name in ("7.jpg", "val/000000000012.png", "COCO_val2014_000000000139.jpg", "room.png"):
        (tmp_path / name).touch()
    return tmp_path


def test_names_are_ids_or_end_with_them(folder: Path) -> None:
    found = names_of_images(folder, [7, 12, 139, "room", 8, "hall"])
    assert found == [
        "7.jpg", "val/000000000012.png", "COCO_val2014_000000000139.jpg", "room.png", "", "",
    ]  # fmt: skip


def test_a_name_that_is_the_id_wins_over_one_that_ends_with_it(folder: Path) -> None:
    (folder / "crop_7.jpg").touch()
    assert names_of_images(folder, [7]) == ["7.jpg"]


def test_two_photographs_of_one_id_are_refused(folder: Path) -> None:
    (folder / "night_139.jpg").touch()
    with pytest.raises(InputError, match=r"may both be image 139\. Name the ground truth too"):
        names_of_images(folder, [139])
