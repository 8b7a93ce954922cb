"""Label suspects as a COCO file."""

from __future__ import annotations

import contextlib
import io
import json
from typing import Any

import numpy as np
from pycocotools.coco import COCO

from segeval.analysis.suspects.as_coco import suspects_as_coco
from segeval.analysis.suspects.run import suspects_of_files
from tests.build import build_gt, build_preds
from tests.unit.analysis.suspects.test_label_suspects import CHAIR, STOOL, block, pred


def document(*objects: dict[str, Any], models: list[list[dict[str, Any]]]) -> dict[str, Any]:
    """The suspects of one image of two, in which every model finds a chair and a stool."""
    known: list[dict[str, Any]] = [
        {"mask": block(0), "category_id": CHAIR}, {"mask": block(20), "category_id": STOOL}
    ]  # fmt: skip
    gt = build_gt([(20, 200), (20, 200)], [*known, *objects])
    found = [pred(0, 0.6), pred(20, 0.6, STOOL)]
    run = suspects_of_files([*(build_preds([*found, *own]) for own in models), gt])
    made = suspects_as_coco(list(run.result.scores.listed()), run.models)
    read: dict[str, Any] = json.loads(json.dumps(made))
    return read


def opened(made: dict[str, Any]) -> COCO:
    """As pycocotools reads it."""
    coco = COCO()
    coco.dataset = made
    with contextlib.redirect_stdout(io.StringIO()):
        coco.createIndex()
    return coco


def test_every_kind_has_the_category_that_is_suggested_or_doubted_and_its_attributes() -> None:
    chairs = [{"mask": block(left), "category_id": CHAIR} for left in (60, 80)]
    own = [pred(60, 0.8, STOOL), pred(120, 0.9)]
    made = document(*chairs, models=[own, [*own, pred(160, 0.7)]])
    found = made["annotations"]
    assert [each["id"] for each in found] == [1, 2, 3, 4]
    assert [each["category_id"] for each in found] == [CHAIR, STOOL, CHAIR, CHAIR]
    assert [each["attributes"] for each in found] == [
        {"kind": "missing", "models": 2, "score": 0.9},
        {
            "kind": "category", "models": 2, "score": 0.8, "annotated": "category 1",
            "annotation_id": 3,
        },
        {"kind": "missing", "models": 1, "score": 0.7},
        {"kind": "unfound", "models": 2, "annotated": "category 1", "annotation_id": 4},
    ]  # fmt: skip
    assert [each["score"] for each in found] == [0.9, 0.8, 0.7, 0]


def test_images_are_those_with_suspects_and_categories_are_all() -> None:
    made = document(models=[[pred(120, 0.9)]])
    assert [each["file_name"] for each in made["images"]] == ["1.jpg"]
    assert made["images"][0]["height"] == 20
    assert [each["id"] for each in made["categories"]] == [CHAIR, STOOL]


def test_pycocotools_draws_the_mask_of_the_surest_model_or_of_the_object() -> None:
    ring = block(120, 20, height=20)
    ring[5:15, 125:135] = 0
    odd = block(60)
    odd[15:18, 60:63] = 1  # a second part
    surest = {"mask": ring, "score": 0.9, "category_id": CHAIR}
    other = pred(120, 0.7, width=20, height=20)
    made = document({"mask": odd, "category_id": STOOL}, models=[[other], [surest]])
    coco = opened(made)
    missing, unfound = coco.dataset["annotations"]
    np.testing.assert_array_equal(coco.annToMask(missing), ring)
    np.testing.assert_array_equal(coco.annToMask(unfound), odd)
    assert (missing["area"], missing["bbox"]) == (300, [120, 0, 20, 20])
    assert [len(each["segmentation"]) for each in (missing, unfound)] == [1, 2]
    assert all(each["iscrowd"] == 0 for each in (missing, unfound))


def test_boxes_are_polygons_of_their_corners() -> None:
    box = {"image_id": 1, "category_id": 1}
    gt = {
        "images": [{"id": 1, "width": 200, "height": 20, "file_name": "1.jpg"}],
        "categories": [{"id": 1, "name": "chair"}],
        "annotations": [{**box, "id": 7, "bbox": [0, 0, 10, 10], "area": 100, "iscrowd": 0}],
    }
    preds = [{**box, "bbox": [left, 0, 10.5, 10], "score": 0.9} for left in (0, 60)]
    run = suspects_of_files([preds, gt], iou="bbox")
    [one] = suspects_as_coco(list(run.result.scores.listed()), run.models)["annotations"]
    assert one["segmentation"] == [[60, 0, 70.5, 0, 70.5, 10, 60, 10]]
    assert (one["bbox"], one["area"]) == ([60, 0, 10.5, 10], 105)
