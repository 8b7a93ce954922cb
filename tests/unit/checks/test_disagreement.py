"""Why predictions fit few objects: another category id, or another way to write coordinates."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from segeval import average_precision, check
from tests.build import build_gt, build_preds, coco_rle

Record = dict[str, Any]


def scene(categories: list[int]) -> tuple[list[Record], dict[str, Any]]:
    """Two images with an object of each category, and their perfect predictions."""
    objects = []
    for image in (1, 2):
        for place, category in enumerate(categories):
            mask = np.zeros((80, 120), np.uint8)
            mask[10 * image : 10 * image + 20, 20 * place : 20 * place + 14] = 1
            objects.append({"mask": mask, "image_id": image, "category_id": category})
    preds = [{**each, "score": 1 - number / 50} for number, each in enumerate(objects)]
    return build_preds(preds), build_gt([(80, 120)] * 2, objects)


def told(preds: Any, gt: Any, code: str = "mapped-categories", **settings: Any) -> list[str]:
    """What AP says, which `check` says as well."""
    notes = average_precision(preds, gt, **settings).notes
    found = [note.message for note in notes if note.code == code]
    findings = [each for each in check(preds, gt).findings if each.code == code]
    assert [f"{each.path}: {each.message}. {each.hint}".removesuffix(".") for each in findings] == (
        found
    )
    return found


def test_sound_categories_are_not_mapped() -> None:
    for categories in ([1, 2, 3], [3, 8, 21, 90]):
        assert told(*scene(categories)) == []


@pytest.mark.parametrize("iou", ["segm", "bbox"])
def test_a_root_category_that_shifts_all_ids_is_named(iou: str) -> None:
    preds, gt = scene([1, 2, 3])
    gt["categories"].insert(0, {"id": 0, "name": "animals"})
    for record, annotation in zip(preds, gt["annotations"], strict=True):
        record["category_id"] -= 1
        record["bbox"] = annotation["bbox"]
    assert told(preds, gt, iou=iou) == [
        (
            "predictions: predictions fit objects of category_id + 1 (6 of 6 that they overlap), "
            "not of their own (0). Off by one? Add 1 when you export. Category 0 (animals) has no "
            "annotation: is it a root category?"
        )
    ]


def test_ids_that_are_one_too_high_are_named() -> None:
    preds, gt = scene([1, 2, 3])
    gt["categories"].append({"id": 4, "name": "none"})
    for record in preds:
        record["category_id"] += 1
    assert told(preds, gt) == [
        (
            "predictions: predictions fit objects of category_id - 1 (6 of 6 that they overlap), "
            "not of their own (0). Off by one? Subtract 1 when you export"
        )
    ]


def test_positions_in_place_of_ids_are_named() -> None:
    preds, gt = scene([1, 4, 6, 7])
    gt["categories"] = [{"id": number, "name": str(number)} for number in range(1, 8)]
    for record in preds:
        record["category_id"] = 1 + [1, 4, 6, 7].index(record["category_id"])
    assert told(preds, gt) == [
        (
            "predictions: predictions fit objects of the category at position category_id of those "
            "with annotations, from 1 on (8 of 8 that they overlap), not of their own (2). Write "
            "the ids themselves"
        )
    ]


def test_categories_in_another_order_are_named() -> None:
    preds, gt = scene([1, 2, 3, 4])
    order = {1: 3, 2: 4, 3: 2, 4: 1}
    for record in preds:
        record["category_id"] = order[record["category_id"]]
    assert told(preds, gt) == [
        (
            "predictions: predictions fit objects of other categories, 4 instead of 1, 3 instead "
            "of 2, 1 instead of 3, ... (8 of 8 that they overlap), not of their own (0). Are the "
            "categories in another order?"
        )
    ]


def test_categories_that_go_round_are_no_shift() -> None:
    """A shift by one explains most of them, the list of exchanged ids explains all."""
    preds, gt = scene([1, 2, 3])
    for record in preds:
        record["category_id"] = 1 + record["category_id"] % 3
    [message] = told(preds, gt)
    assert message == (
        "predictions: predictions fit objects of other categories, 3 instead of 1, 1 instead of 2, "
        "2 instead of 3 (6 of 6 that they overlap), not of their own (0). Are the categories in "
        "another order?"
    )


def test_what_only_follows_from_mapped_categories_is_left_out() -> None:
    preds, gt = many_objects([1, 2, 3])
    for record in preds:
        record["category_id"] -= 1
    codes = [each.code for each in check(preds, gt).findings if each.level != "ok"]
    assert codes == ["unknown-category", "mapped-categories"]


def test_masks_of_unknown_categories_at_random_are_not_mapped() -> None:
    preds, gt = scene([1, 2, 3, 4])
    for number, record in enumerate(preds):
        record["category_id"] = 1 + (3 * number + number // 4) % 4
    assert told(preds, gt) == []
    for record in preds:
        record["category_id"] = 1
    assert told(preds, gt) == []


def test_merged_categories_are_not_mapped() -> None:
    preds, gt = scene([1, 2, 3])
    gt["categories"].insert(0, {"id": 0, "name": "animals"})
    for record in preds:
        record["category_id"] -= 1
    codes = {note.code for note in average_precision(preds, gt, agnostic=True).notes}
    assert "mapped-categories" not in codes


@pytest.mark.parametrize(
    ("write", "hint"),
    [
        (lambda x, y, w, h: [x, y, x + w, y + h], "Are they x1, y1, x2, y2? Boxes are x, y, width"),
        (lambda x, y, w, h: [x / 4, y / 4, w / 4, h / 4], "multiplied by 4: another scale?"),
    ],
)
def test_boxes_within_the_image_are_read_in_another_way(
    write: Callable[..., list[float]], hint: str
) -> None:
    preds, gt = scene([1, 2, 3])
    for record, annotation in zip(preds, gt["annotations"], strict=True):
        del record["segmentation"]
        annotation["bbox"][0] += 30
        del annotation["segmentation"]
        record["bbox"] = write(*annotation["bbox"])
    gt["images"] = [{**image, "height": 300, "width": 300} for image in gt["images"]]
    [message] = told(preds, gt, "other-reading", iou="bbox")
    assert message.startswith(
        "predictions: the boxes fit the other file only if they are read in another way. "
    )
    assert hint in message


def test_boxes_of_the_ground_truth_are_read_in_another_way_too() -> None:
    preds, gt = scene([1, 2, 3])
    for record, annotation in zip(preds, gt["annotations"], strict=True):
        del record["segmentation"], annotation["segmentation"]
        x, y, w, h = annotation["bbox"]
        record["bbox"] = [x + 30, y, w, h]
        annotation["bbox"] = [x + 30, y, x + 30 + w, y + h]
    gt["images"] = [{**image, "height": 300, "width": 300} for image in gt["images"]]
    assert told(preds, gt, "other-reading", iou="bbox") == [
        (
            "ground truth: the boxes fit the other file only if they are read in another way. Are "
            "they x1, y1, x2, y2? Boxes are x, y, width, height"
        )
    ]


def many_objects(categories: list[int]) -> tuple[list[Record], dict[str, Any]]:
    """Six images with an object of each category, and their perfect predictions."""
    objects = []
    for image in range(1, 7):
        for place, category in enumerate(categories):
            mask = np.zeros((80, 160), np.uint8)
            mask[5 * image : 5 * image + 20, 20 * place : 20 * place + 14] = 1
            objects.append({"mask": mask, "image_id": image, "category_id": category})
    preds = [{**each, "score": 1 - number / 100} for number, each in enumerate(objects)]
    return build_preds(preds), build_gt([(80, 160)] * 6, objects)


def test_a_category_that_is_written_as_another_one_is_named() -> None:
    preds, gt = many_objects([1, 2, 3, 4, 5])
    for record in preds:
        record["category_id"] = {1: 2}.get(record["category_id"], record["category_id"])
    assert told(preds, gt) == [
        (
            "predictions: objects of this category are found as another one: 1 as 2 (6 of 6). Do "
            "the category ids mean the same in both files?"
        )
    ]


def test_two_of_many_categories_that_are_exchanged_are_named() -> None:
    preds, gt = many_objects([1, 2, 3, 4, 5, 6, 7, 8])
    for record in preds:
        record["category_id"] = {1: 2, 2: 1}.get(record["category_id"], record["category_id"])
    assert told(preds, gt) == [
        (
            "predictions: objects of these categories are found as another one: 1 as 2 (6 of 6), 2 "
            "as 1 (6 of 6). Do the category ids mean the same in both files?"
        )
    ]


def test_few_chance_hits_of_scattered_masks_tell_nothing_of_categories() -> None:
    """Three of 48 objects are hit, all by masks of the next category."""
    preds, gt = many_objects([1, 2, 3, 4, 5, 6, 7, 8])
    for number, record in enumerate(preds):
        record["category_id"] = 1 + record["category_id"] % 8
        if number not in (0, 9, 18):
            mask = np.zeros((80, 160), np.uint8)
            mask[70 : 72 + number % 8, 3 * number : 3 * number + 4] = 1
            record["segmentation"] = coco_rle(mask)
    assert told(preds, gt) == []


def test_where_no_category_can_be_read_positions_tell_nothing() -> None:
    preds, gt = scene([1, 2, 3])
    for annotation in gt["annotations"]:
        annotation["category_id"] += 20
    for category in gt["categories"]:
        category["name"] = []
    assert {each.code for each in check(preds, gt).errors} == {"bad-field"}
