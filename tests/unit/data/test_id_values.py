"""The one rule of what may be an id."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from segeval import load_ground_truth, load_predictions
from segeval.data import predictions_from_arrays
from segeval.data.coco.read_ground_truth import parse_ground_truth
from segeval.data.coco.read_predictions import parse_predictions
from segeval.data.id_values import id_value
from segeval.errors import FormatError

BOX = {"category_id": 1, "bbox": [0, 0, 9, 9], "score": 0.5}

ALLOWED: list[tuple[Any, int | str]] = [
    (0, 0),
    (-(2**63), -(2**63)),
    (2**64 - 1, 2**64 - 1),
    (7.0, 7),
    (-0.0, 0),
    (2.0**53 - 1, 2**53 - 1),
    ("0001", "0001"),
    ("", ""),
    (np.int32(7), 7),
]

REFUSED: list[tuple[Any, str]] = [
    (2**64, "is 18446744073709551616, too large: ids must be below 2^64"),
    (-(2**63) - 1, "is -9223372036854775809, too small: ids must be at least -2^63"),
    (
        2.0180101120000124e16,
        (
            "is 2.0180101120000124e+16, a float above 2^53: two ids may have become one. "
            "Write whole numbers"
        ),
    ),
    (-(2.0**53), "is -9007199254740992.0, a float above 2^53: two ids may have become one"),
    (1e300, "is 1e+300, a float above 2^53"),
    (1.7, "is 1.7, expected a whole number"),
    (float("inf"), "is Infinity, expected a whole number"),
    (True, "is true, expected a whole number"),
    (None, "is null, expected a whole number"),
    ([1], "is [1], expected a whole number"),
    (b"IMG_1", "is b'IMG_1', bytes, expected a whole number"),
    ("\ud800", "is '\\ud800', text with half a character (a lone surrogate)"),
]


def annotated(image_id: Any) -> dict[str, Any]:
    return {
        "images": [{"id": image_id, "height": 9, "width": 9}],
        "categories": [{"id": 1, "name": "cat"}],
        "annotations": [{**BOX, "id": 1, "image_id": image_id, "area": 81, "iscrowd": 0}],
    }


@pytest.mark.parametrize(("value", "expected"), ALLOWED)
def test_what_an_id_may_be_is_kept_everywhere(value: Any, expected: int | str) -> None:
    preds = load_predictions([{**BOX, "image_id": value}])
    gt = load_ground_truth(annotated(value))
    arrays = predictions_from_arrays(
        image_id=[value], category_id=1, score=[0.5], boxes=[[0, 0, 9, 9]]
    )
    assert preds.to_dict()["image_id"].tolist() == [expected]
    assert arrays.to_dict()["image_id"].tolist() == [expected]
    assert gt.images.written_ids == gt.to_dict()["image_id"].tolist() == [expected]


@pytest.mark.parametrize(("value", "problem"), REFUSED)
def test_what_no_id_may_be_is_refused_everywhere(value: Any, problem: str) -> None:
    with pytest.raises(FormatError) as error:
        id_value(value, "image_id")
    assert error.value.message.startswith(f"image_id {problem}")
    with pytest.raises(FormatError) as error:
        load_predictions([{**BOX, "image_id": value}])
    assert error.value.message.startswith(f"predictions: prediction #0: image_id {problem}")
    with pytest.raises(FormatError) as error:
        predictions_from_arrays(
            image_id=[value, 1], category_id=1, score=[0.5] * 2, boxes=[[0, 0, 9, 9]] * 2
        )
    assert "image_id" in error.value.message
    with pytest.raises(FormatError) as error:
        load_ground_truth(annotated(value))
    assert error.value.message.startswith(f"ground truth: image #0: id {problem}")


@pytest.mark.parametrize("digits", [30, 5000])
def test_ids_of_many_digits_are_errors_of_the_file(digits: int) -> None:
    number = "9" * digits
    with pytest.raises(FormatError):
        parse_predictions(f'[{{"image_id":{number},"category_id":1,"score":1}}]'.encode())
    for image, annotation in ((number, "1"), ("1", number)):
        with pytest.raises(FormatError):
            parse_ground_truth(
                f'{{"images":[{{"id":{image}}}],"categories":[],"annotations":[{{"id":1,'
                f'"image_id":{annotation},"category_id":1}}]}}'.encode()
            )


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        (np.array([2.0**24], np.float32), "is 16777216.0, a float above 2^24"),
        ([np.float32(2**24)], "is 16777216.0, a float above 2^24"),
        (np.array([2048], np.float16), "is 2048.0, a float above 2^11"),
        (np.array([True]), "is true, expected a whole number"),
        (np.array([b"a"]), "is b'a', bytes, expected a whole number"),
        (np.array([np.nan]), "is NaN, expected a whole number"),
    ],
)
def test_arrays_whose_ids_may_have_become_others_are_refused(values: Any, problem: str) -> None:
    with pytest.raises(FormatError) as error:
        predictions_from_arrays(image_id=values, category_id=1, score=[1], boxes=[[0, 0, 9, 9]])
    assert error.value.message.startswith(f"predictions: prediction #0: image_id {problem}")


def test_narrow_floats_in_records_are_refused_as_in_arrays() -> None:
    with pytest.raises(FormatError, match=r"category_id is 16777216\.0, a float above 2\^24"):
        load_predictions([{**BOX, "image_id": 1, "category_id": np.float32(2**24 + 1)}])


def test_python_lists_are_not_cast_by_numpy() -> None:
    def ids(*values: Any) -> list[int]:
        preds = predictions_from_arrays(
            image_id=list(values), category_id=1, score=[0.5] * 2, boxes=[[0, 0, 9, 9]] * 2
        )
        found: list[int] = preds.image_id.tolist()
        return found

    assert ids(2**53 + 1, 7.0) == [2**53 + 1, 7]
    with pytest.raises(FormatError, match="prediction #1: image_id is true"):
        ids(1, True)
    with pytest.raises(FormatError, match=r'prediction #1: image_id is text \("a"\), but other'):
        ids(1, "a")


def test_the_kind_of_most_ids_is_that_of_the_file() -> None:
    records = [{**BOX, "image_id": each} for each in ("a", 1, "b", 2, "c")]
    with pytest.raises(FormatError) as error:
        load_predictions(records)
    assert error.value.message == (
        "predictions: prediction #1: image_id is a number (1), but other image ids "
        'are text, such as "a". Write it as text. 1 more like it.'
    )
    assert (error.value.code, error.value.index, error.value.count) == ("id-type", 1, 2)
