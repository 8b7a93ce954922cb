"""Records and settings that pycocotools stops at, or counts twice, are refused in words."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from segeval import FormatError, InputError
from segeval.compat.pycocotools import COCO, COCOeval
from tests.unit.compat.coco_files import predictions, truth


def loaded(dataset: Any = None) -> COCO:
    """The data set of some tests, or another."""
    coco = COCO()
    coco.dataset = truth() if dataset is None else dataset
    coco.createIndex()
    return coco


@pytest.mark.parametrize(
    ("field", "value", "expected"),
    [
        ("bbox", [0, 0, 1], "bbox is [0, 0, 1], expected four numbers: x, y, width, height."),
        ("bbox", None, "bbox is None, expected four numbers: x, y, width, height."),
        ("bbox", [None] * 4, "bbox is [None, None, None, None], expected four numbers"),
        ("bbox", "abcd", "bbox is 'abcd', expected four numbers: x, y, width, height."),
        ("image_id", [1], "image_id is [1], expected a number or text."),
    ],
)
def test_predictions_of_other_forms_are_named(field: str, value: Any, expected: str) -> None:
    records = predictions()
    records[2][field] = value
    with pytest.raises(FormatError) as caught:
        loaded().loadRes(records)
    assert str(caught.value).startswith(f"prediction #2: {expected}")
    assert caught.value.index == 2


def test_keypoints_that_are_no_numbers_are_named() -> None:
    image = truth()["images"][0]["id"]
    with pytest.raises(FormatError) as caught:
        loaded().loadRes([{"image_id": image, "keypoints": None}])
    assert str(caught.value) == (
        "prediction #0: keypoints is None, expected numbers: x, y and visibility of each point."
    )


@pytest.mark.parametrize("data", [np.full((1, 7), np.nan), np.array([["a"] * 7])])
def test_an_array_of_results_without_ids_is_refused(data: Any) -> None:
    with pytest.raises(FormatError, match=r"^`data` holds ids of images or categories that are no"):
        loaded().loadRes(data)


@pytest.mark.parametrize(
    ("dataset", "expected"),
    [
        ({"images": 5}, "images is 5, expected a list of records."),
        ({"annotations": None}, "annotations is None, expected a list of records."),
        ({"images": [{"id": [1]}]}, "images[0]: id is [1], expected a number or text."),
        ([], "`dataset` is of the type list, expected a dict with images, annotations and"),
    ],
)
def test_data_sets_of_other_forms_are_refused(dataset: Any, expected: str) -> None:
    with pytest.raises(FormatError) as caught:
        loaded(dataset)
    assert str(caught.value).startswith(expected)


@pytest.mark.parametrize("mask", [None, 5, "text"])
def test_masks_of_annotations_of_other_forms_are_refused(mask: Any) -> None:
    coco = loaded()
    annotation = {**coco.dataset["annotations"][0], "segmentation": mask}
    for make in (coco.annToRLE, coco.annToMask):
        with pytest.raises(FormatError) as caught:
            make(annotation)
        assert str(caught.value) == (
            f"segmentation is {mask!r}, expected polygons, or a dict with size and counts."
        )


def test_a_category_that_comes_twice_where_all_are_one_is_refused() -> None:
    coco = loaded()
    evaluation = COCOeval(coco, coco.loadRes(predictions()), "bbox")
    first = evaluation.params.catIds[0]
    evaluation.params.catIds = [*evaluation.params.catIds, first]
    evaluation.evaluate()  # each for itself, where a repeat is left out
    evaluation.params.catIds = [first, first]
    evaluation.params.useCats = 0
    with pytest.raises(InputError) as caught:
        evaluation.evaluate()
    assert str(caught.value) == (
        f"`params.catIds` holds {first} twice, expected every id once: as `params.useCats` is 0, "
        "pycocotools would count the records of this category twice."
    )


def test_a_cap_beyond_all_numbers_is_refused() -> None:
    coco = loaded()
    evaluation = COCOeval(coco, coco.loadRes(predictions()), "bbox")
    evaluation.params.maxDets = [1, 10, 2**70]
    with pytest.raises(
        InputError, match=r"^`params\.maxDets` is \[1, 10, 1180591620717411303424\]"
    ):
        evaluation.evaluate()


def test_accumulating_nothing_prints_the_words_of_the_package(
    capsys: pytest.CaptureFixture[str],
) -> None:
    coco = loaded()
    evaluation = COCOeval(coco, coco.loadRes(predictions()), "bbox")
    evaluation.evaluate()
    evaluation.accumulate()
    assert "Please run" not in capsys.readouterr().out
    evaluation.params.imgIds = []
    evaluation.evaluate()
    evaluation.accumulate()
    assert "Please run evaluate() first" in capsys.readouterr().out
    assert (evaluation.eval["precision"] == -1).all()
