"""Repeated records, images without predictions and crowd regions are counted and told."""

from __future__ import annotations

import re
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
    """What AP and `check` say alike, but that AP names the image of a record alone."""
    [note] = [each for each in average_precision(preds, gt, **settings).notes if each.code == code]
    [found] = [each for each in check(preds, gt).findings if each.code == code]
    said = re.sub(r"first \w+ \S+ \(image_id (.+?)\)", r"first in image \1", found.message)
    assert note.message == f"{found.path}: {said}. {found.hint}".removesuffix(".")
    assert note.count == found.count
    return note.message


def test_predictions_that_are_there_twice_are_counted_and_are_no_ties() -> None:
    preds, gt = scene()
    preds += preds[:2]
    assert both(preds, gt, "repeats") == (
        "predictions: 2 predictions occur twice (same image, category, score and mask), first "
        "in image 1. Gathered from several processes?"
    )
    assert [each.code for each in check(preds, gt).warnings] == ["repeats"]


def test_boxes_that_are_there_three_times_are_counted_once() -> None:
    preds, gt = scene()
    for record, annotation in zip(preds, gt["annotations"], strict=True):
        del record["segmentation"]
        record["bbox"] = annotation["bbox"]
    preds += [preds[1]] * 2
    assert both(preds, gt, "repeats", iou="bbox") == (
        "predictions: 1 prediction occurs several times (same image, category, score and box), "
        "first in image 2. Gathered from several processes?"
    )


def test_objects_listed_twice_are_told() -> None:
    preds, gt = scene()
    gt["annotations"].append({**gt["annotations"][2], "id": 99})
    assert both(preds, gt, "repeats") == (
        "ground truth: 1 annotation occurs twice (same image, category and mask), first "
        "in image 3. Each counts as an object of its own."
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
        found = {each.code for each in check(preds[:kept], gt).warnings}
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
    assert "no-prediction-for-images" not in {each.code for each in check(few, gt).warnings}


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


def of_two_categories(images: int = 24) -> tuple[list[Record], dict[str, Any]]:
    """Perfect predictions of as many objects, half of them of category 2."""
    objects = [
        {"mask": square(number), "image_id": number, "category_id": 1 + number % 2}
        for number in range(1, images + 1)
    ]
    preds = [{**each, "score": 1 - number / 100} for number, each in enumerate(objects)]
    return build_preds(preds), build_gt([(20, 60)] * images, objects)


def codes(preds: Any, gt: Any, **settings: Any) -> set[str]:
    return {note.code for note in average_precision(preds, gt, **settings).notes}


def test_a_category_that_is_never_predicted_is_told() -> None:
    preds, gt = of_two_categories()
    preds = [each for each in preds if each["category_id"] == 1]
    code = "no-prediction-for-category"
    assert both(preds, gt, code) == (
        "predictions: 1 category has objects, but no prediction (2 (category 2): 12): its AP is "
        "0. Are all classes of the model written?"
    )
    assert code not in codes(preds, gt, agnostic=True)
    assert code not in codes(*of_two_categories())
    rare = [each for each in of_two_categories(18)[0] if each["category_id"] == 1]
    assert code not in codes(rare, of_two_categories(18)[1])


def test_a_category_of_crowd_regions_alone_is_told() -> None:
    preds, gt = of_two_categories()
    for number, annotation in enumerate(gt["annotations"]):
        annotation["iscrowd"] = int(annotation["category_id"] == 2 and number < 10)
    assert "crowd-share" not in codes(preds, gt)
    gt["annotations"] = gt["annotations"][:10] + gt["annotations"][11::2]
    message = both(preds, gt, "crowd-share")
    assert message == (
        "ground truth: all 5 annotations of category 2 (category 2) are crowd regions (iscrowd 1): "
        "it has no AP. iscrowd marks groups of objects, not run lengths"
    )


def test_scores_that_are_all_equal_are_told_and_not_as_ties() -> None:
    preds, gt = of_two_categories()
    for record in preds:
        record["score"] = 1
    assert both(preds, gt, "equal-scores") == (
        "predictions: all 24 predictions have the score 1: file order decides. Write the "
        "confidence of the model as score"
    )
    assert [each.code for each in check(preds, gt).warnings] == ["equal-scores"]
    assert "equal-scores" not in codes(preds[:9], gt)


def test_scores_of_two_scales_are_told() -> None:
    preds, gt = of_two_categories()
    for record in preds[:6]:
        record["score"] *= 100
    assert both(preds, gt, "two-score-scales") == (
        "predictions: scores go up to 100 in 6 images and up to 0.94 in the 18 others, first image "
        "1. Were files of two scales joined?"
    )
    logits = [{**each, "score": 40 * each["score"] - 30} for each in of_two_categories()[0]]
    percent = [{**each, "score": 100 * each["score"]} for each in of_two_categories()[0]]
    assert all("two-score-scales" not in codes(each, gt) for each in (logits, percent))
