"""Boxes in records of single errors: those of the files, or of masks, or none."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from segeval import error_kinds, load_ground_truth, load_predictions
from segeval.analysis import error_differences
from segeval.data.synthetic import furniture
from segeval.errors import InputError

ROOMS = furniture(images=3)
BOX = {"image_id": 1, "category_id": 1}
GT: dict[str, Any] = {
    "images": [{"id": 1, "height": 40, "width": 60}],
    "categories": [{"id": 1, "name": "lamp"}],
    "annotations": [
        {**BOX, "id": key, "bbox": [20 * key, 0, 9, 9], "area": 81, "iscrowd": 0} for key in (0, 1)
    ],
}
PREDS = [
    {**BOX, "bbox": [0, 0, 9, 9], "score": 0.2},
    {**BOX, "bbox": [0, 20, 9, 8.5], "score": 0.9},
]


def boxes(records: Any) -> list[Any]:
    return [each["bbox"] for each in records]


def test_boxes_are_those_of_the_files_and_of_missed_objects() -> None:
    preds, gt = load_predictions(PREDS), load_ground_truth(GT)
    found = error_kinds(preds, gt, iou="bbox")
    records = list(found.records())
    assert [each["kind"] for each in records] == ["tp", "bkg", "miss"]
    assert boxes(records) == [[0, 0, 9, 9], [0, 20, 9, 8.5], [20, 0, 9, 9]]
    assert {each["category"] for each in records} == {"lamp"}
    assert {each["iou_type"] for each in records} == {"bbox"}


def test_predictions_that_are_left_out_move_no_box() -> None:
    preds, gt = load_predictions(PREDS), load_ground_truth(GT)
    found = error_kinds(preds, gt, iou="bbox", min_score=0.5)
    assert boxes(found.records()) == [[0, 20, 9, 8.5], [0, 0, 9, 9], [20, 0, 9, 9]]


def test_a_mask_gives_the_box_that_its_record_lacks() -> None:
    preds, gt = load_predictions(ROOMS.better), load_ground_truth(ROOMS.ground_truth)
    found = error_kinds(preds, gt)
    mask = preds.segmentations.run_lengths(gt.images.sizes_of(preds.image_id))
    from segeval.masks import boxes as boxes_of_masks

    expected = boxes_of_masks(mask).tolist()
    for each in found.records():
        if each["prediction"] is not None:
            assert each["bbox"] == expected[each["prediction"]]


def test_files_are_read_again_unless_they_have_changed(tmp_path: Path) -> None:
    preds, gt = tmp_path / "preds.json", tmp_path / "gt.json"
    preds.write_text(json.dumps(PREDS))
    gt.write_text(json.dumps(GT))
    found = error_kinds(preds, gt, iou="bbox")
    assert boxes(found.records())[0] == [0, 0, 9, 9]
    both = error_differences(preds, preds, gt, iou="bbox")
    assert boxes(both.records()) == 2 * boxes(found.records())
    assert [each["model"] for each in both.records()] == ["a"] * 3 + ["b"] * 3
    preds.write_text(json.dumps(PREDS[:1]))
    with pytest.raises(InputError, match="has changed since it was evaluated"):
        list(found.records())


def test_records_that_nobody_holds_have_no_boxes() -> None:
    assert boxes(error_kinds(PREDS, GT, iou="bbox").records()) == [None, None, None]
    gt = load_ground_truth(GT)
    found = error_kinds(load_predictions(PREDS), gt, iou="bbox")
    assert boxes(found.records()) == [None, None, None]
