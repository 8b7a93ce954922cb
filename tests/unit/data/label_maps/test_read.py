"""Label maps: their pixels as numbers, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from segeval.data.label_maps.classes import label_classes
from segeval.data.label_maps.read import index_map, read_labels
from segeval.errors import FormatError, InputError, ShapeError

MAP = np.array([[0, 1, 1], [2, 2, 255]], np.uint8)
CLASSES = label_classes(3, ignore=255)


def write(path: Path, labels: Any = MAP) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".npy":
        np.save(path, labels)
    else:
        Image.fromarray(np.asarray(labels)).save(path)
    return path


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.int64, np.uint32])
def test_whole_numbers_become_the_smallest_type(dtype: type[np.integer[Any]]) -> None:
    found = read_labels(np.array([[0, 200 if dtype != np.int16 else 99]], dtype), "map")
    assert found.labels.dtype == np.uint8


def test_true_and_false_are_labels() -> None:
    assert read_labels(np.array([[True, False]]), "map").labels.tolist() == [[1, 0]]


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (
            np.zeros((2, 2, 3), np.uint8),
            r"has the shape \(2, 2, 3\), expected a label map \(H, W\)",
        ),
        (np.zeros((0, 4), np.uint8), r"has the shape \(0, 4\)"),
        (np.zeros((2, 2)), "holds float64, expected whole numbers"),
        (np.array([[0, -1]]), "has the label -1, expected 0 to 65535"),
        (np.array([[0, 70000]]), "has the label 70000"),
    ],
)
def test_arrays_that_are_no_label_maps_are_refused(labels: Any, message: str) -> None:
    with pytest.raises((FormatError, ShapeError), match=message):
        read_labels(labels, "map")


def test_a_picture_of_colours_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "a.png", np.zeros((2, 2, 3), np.uint8))
    with pytest.raises(FormatError, match=r"a.png: has colours \(RGB\).* give \*_labelIds.png;"):
        read_labels(path, "a.png")


def test_a_damaged_array_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.npy"
    path.write_bytes(b"no array")
    with pytest.raises(FormatError, match=r"a.npy: not a .npy file of numbers"):
        read_labels(path, "a.npy")
    with pytest.raises(InputError, match="no such file"):
        read_labels(tmp_path / "b.npy", "b.npy")


def test_several_arrays_in_a_file_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.npy"
    with path.open("wb") as file:
        np.savez(file, MAP)
    with pytest.raises(FormatError, match=r"not a \.npy file"):
        read_labels(path, "a.npy")


def test_an_index_map_has_places_of_classes() -> None:
    table = CLASSES.table(np.uint8)
    assert index_map(MAP, table).tolist() == [[0, 1, 1], [2, 2, 3]]
    assert index_map(np.array([[9]], np.uint8), table).tolist() == [[4]]
