"""Repeated records, images without predictions and crowd regions are counted and told."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from segeval import average_precision, check
from segeval.checks.records import Records
from segeval.checks.repeats import equal_records
from segeval.data import load_predictions
from tests.build import build_gt, build_preds

Record = dict[str, Any]


def square(x: int) -> Any:
    mask = np.zeros((20, 60), np.uint8)
    mask[4:14, x : x + 12] = 1
    return mask


def scene(images: int = 4) -> tuple[list[Record], dict[str, Any]]:
    """An object and its prediction in every image."""
    objects = [{"mask": square(number), "image_id": number} for number in range(1, images + 1)]
    preds = [{**each, "score": 1 - number / 100} for number, each in enumerate(objects)]
    return build_preds(preds), build_gt([(20, 60)] * images, objects)


def both(preds: Any, gt: Any, code: str, **settings: Any) -> str:
    """What AP and `check` say alike."""
    [note] = [each for each in average_precision(preds, gt, **settings).notes if each.code == code]
    [found] = [each for each in check(preds, gt).findings if each.code == code]
    assert note.message == f"{found.path}: {found.message}. {found.hint}".removesuffix(".")
    assert note.count == found.count
    return note.message


def test_predictions_that_are_there_twice_are_counted_and_are_no_ties() -> None:
    preds, gt = scene()
    preds += preds[:2]
    assert both(preds, gt, "repeats") == (
        "predictions: 2 predictions are there twice (same image, category, score and mask), first "
        "prediction #0 (image_id 1). Gathered from several processes?"
    )
    assert [each.code for each in check(preds, gt).warnings] == ["repeats"]


def test_boxes_that_are_there_three_times_are_counted_once() -> None:
    preds, gt = scene()
    for record, annotation in zip(preds, gt["annotations"], strict=True):
        del record["segmentation"]
        record["bbox"] = annotation["bbox"]
    preds += [preds[1]] * 2
    assert both(preds, gt, "repeats", iou="bbox") == (
        "predictions: 1 prediction is there several times (same image, category, score and box), "
        "first prediction #1 (image_id 2). Gathered from several processes?"
    )


def test_objects_listed_twice_are_told() -> None:
    preds, gt = scene()
    gt["annotations"].append({**gt["annotations"][2], "id": 99})
    assert both(preds, gt, "repeats") == (
        "ground truth: 1 annotation is there twice (same image, category and mask), first "
        "annotation 3 (image_id 3). Each counts as an object of its own."
    ).removesuffix(".")


@pytest.mark.parametrize("change", ["score", "category_id", "image_id", "segmentation"])
def test_records_that_differ_in_anything_are_no_repeats(change: str) -> None:
    preds, _ = scene()
    other = {
        "score": 0.5,
        "category_id": 2,
        "image_id": 2,
        "segmentation": preds[1]["segmentation"],
    }
    columns = load_predictions([preds[0], {**preds[0], change: other[change]}])
    assert equal_records(Records(columns)) == []
    assert equal_records(Records(load_predictions([preds[0], preds[1], preds[0]]))) == [[0, 2]]


def test_images_without_predictions_are_told_if_they_are_many() -> None:
    preds, gt = scene(20)
    assert both(preds[:2], gt, "no-prediction-for-images") == (
        "predictions: 18 of 20 images with objects have no prediction: their objects count as "
        "missed, first image 3. Was the model run on a part? Choose its images with `images`"
    )
    for kept in (20, 18, 17):
        found = {each.code for each in check(preds[:kept], gt).findings}
        assert "no-prediction-for-images" not in found, kept
    chosen = average_precision(preds[:2], gt, images=[1, 2])
    assert "no-prediction-for-images" not in {note.code for note in chosen.notes}


def test_images_of_refused_predictions_are_not_said_to_have_none() -> None:
    preds, gt = scene(20)
    for record in preds[2:]:
        del record["score"]
    assert [each.code for each in check(preds, gt).warnings] == []


def test_a_few_images_without_predictions_are_told_where_a_model_predicts_much() -> None:
    preds, gt = scene(40)
    many = [{**record, "score": record["score"] - n / 1e4} for record in preds for n in range(12)]
    left = [record for record in many if record["image_id"] <= 36]
    assert both(left, gt, "no-prediction-for-images").startswith(
        "predictions: 4 of 40 images with objects have no prediction: "
    )
    few = [record for record in preds if record["image_id"] <= 36]
    assert "no-prediction-for-images" not in {each.code for each in check(few, gt).findings}


def test_many_crowd_regions_are_told() -> None:
    preds, gt = scene()
    for annotation in gt["annotations"][:2]:
        annotation["iscrowd"] = 1
    assert both(preds, gt, "crowd-share") == (
        "ground truth: 2 of 4 annotations are crowd regions (iscrowd 1): never missed and never "
        "found. iscrowd marks groups of objects, not run lengths"
    )


def test_nothing_left_to_count_is_told_with_its_reasons() -> None:
    preds, gt = scene()
    for annotation in gt["annotations"][:3]:
        annotation["iscrowd"] = 1
    gt["annotations"][3]["area"] = -120
    result = average_precision(preds, gt)
    assert result.ap is None
    [note] = [each.message for each in result.notes if each.code == "nothing-counts"]
    assert note == (
        "ground truth: none of 4 annotations counts, so AP is undefined: 3 crowd regions "
        "(iscrowd 1) and 1 with an area outside 0 .. inf"
    )
