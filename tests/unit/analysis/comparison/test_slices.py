"""The images of every label."""

from __future__ import annotations

from typing import Any

import pytest

from segeval.analysis.comparison.slices import image_labels, slices_of
from segeval.errors import InputError


def test_every_image_is_in_the_slice_of_its_own_label() -> None:
    labels = ["a", "a\x00", None, "b", "b\x00\x00", "a"]
    found = {name: images.tolist() for name, images in slices_of(labels).items()}
    assert found == {
        name: [label == name for label in labels] for name in ("a", "a\x00", "b", "b\x00\x00")
    }


def test_numbers_go_by_size_and_before_texts_of_which_nan_is_one() -> None:
    labels = ["nan", "10", "inf", "9", "b", "NaN", "-1", "1e400"]
    assert list(slices_of(labels)) == ["-1", "9", "10", "1e400", "NaN", "b", "inf", "nan"]


NAMES: dict[str, Any] = {
    "gt": None,
    "ids": (1, 2, 3),
    "file_names": ("0.jpg", "a/1.jpg", "a/x.jpg"),
}


def test_a_name_that_is_an_id_is_no_file_name_of_another_image() -> None:
    found = image_labels({"1": "day", "2": "night", "x": "day"}, option="slices", **NAMES)
    assert found.of_images == ("day", "night", "day")
    assert found.notes == ()


def test_an_image_with_two_labels_by_two_of_its_names_is_refused() -> None:
    with pytest.raises(InputError) as caught:
        image_labels({"3": "day", "x.jpg": "night"}, option="slices", **NAMES)
    assert caught.value.message == (
        "`slices`: gives image 3 two labels, 'day' as '3' and 'night' as 'x.jpg', expected one."
    )
    found = image_labels({"3": "day", "x.jpg": "day"}, option="slices", **NAMES)
    assert found.of_images == (None, None, "day")


def test_images_that_do_not_exist_are_counted() -> None:
    found = image_labels({"9": "a", "1": "a", "8": "b"}, option="groups", **NAMES)
    assert found.of_images == ("a", None, None)
    assert [(note.message, note.count) for note in found.notes] == [
        ("`groups`: names 2 images that are not evaluated, first '9'", 2)
    ]
