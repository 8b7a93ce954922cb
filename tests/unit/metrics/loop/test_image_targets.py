"""Ground truth of a file goes into a metric image by image, and gives the numbers of the file."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from segeval import average_precision, load_ground_truth
from segeval.errors import FormatError, InputError, MismatchError
from segeval.masks import decode
from segeval.metrics.loop.image_targets import ImageTargets
from segeval.metrics.loop.metric import Metric
from tests.build import build_gt, build_masks, build_preds

IMAGES = ((20, 30), (24, 16), (12, 12))
POLYGON = [[2.0, 2.0, 9.5, 2.0, 9.5, 8.0, 2.0, 8.0]]


def small_gt() -> dict[str, Any]:
    """Polygons and runs, a crowd, an area of the file's own, and an image without anything."""
    masks = build_masks(4, *IMAGES[0], seed=3)
    objects: list[dict[str, Any]] = [
        {"id": 9, "image_id": 2, "segmentation": POLYGON, "bbox": [2.1, 2, 7.4, 6], "area": 45},
        {"mask": masks[0], "category_id": 2, "area": 2000},
        {"mask": masks[1], "iscrowd": 1},
        {"mask": masks[2]},
        {"id": 8, "image_id": 2, "segmentation": POLYGON, "bbox": [2, 2, 7, 6], "category_id": 2},
    ]
    gt: dict[str, Any] = build_gt(IMAGES, objects)
    del gt["annotations"][3]["area"]
    return gt


def small_preds(gt: dict[str, Any]) -> list[dict[str, Any]]:
    rng = np.random.default_rng(2)
    shifted = [
        {"image_id": key, "mask": mask, "score": float(rng.random()), "category_id": category}
        for key in (1, 2)
        for mask in build_masks(6, *IMAGES[key - 1], seed=3 + key)
        for category in (1, 2)
    ]
    same = [
        {"image_id": each["image_id"], "segmentation": each["segmentation"], "score": 0.4}
        for each in gt["annotations"]
    ]
    return build_preds([*shifted, *same])


def metric_of(gt: dict[str, Any], preds: list[dict[str, Any]], **how: Any) -> Metric:
    truth = load_ground_truth(gt)
    metric, targets = Metric(truth.categories, **how), ImageTargets(truth)
    for key in reversed(list(targets)):
        own = [each for each in preds if each["image_id"] == key]
        pred = {
            "scores": [each["score"] for each in own],
            "labels": [each["category_id"] for each in own],
            "masks": [each["segmentation"] for each in own],
        }
        metric.update([key], [pred], [targets[key]])
    return metric


@pytest.mark.parametrize("iou", ["segm", "boundary"])
def test_the_numbers_are_those_of_the_file(iou: str) -> None:
    gt = small_gt()
    preds = small_preds(gt)
    found = metric_of(gt, preds, iou=iou).compute()
    expected = average_precision(preds, gt, iou=iou)
    assert 0 < (expected.ap or 0) < 1
    assert found.to_dict()["results"] == expected.to_dict()["results"]


def test_an_image_has_its_annotations_in_the_order_of_the_file() -> None:
    targets = ImageTargets(load_ground_truth(small_gt()))
    assert list(targets) == [1, 2, 3]
    second = targets[2]
    assert (second["labels"], second["size"], second["file_name"]) == ([1, 2], (24, 16), "2.jpg")
    assert second["area"].tolist() == [45, 48]
    assert decode(second["masks"]).sum((1, 2)).tolist() == [48, 48]
    assert targets[1]["iscrowd"].tolist() == [False, True, False]
    assert len(targets[3]["masks"]) == 0


def test_boxes_are_corners_unless_asked_for_otherwise() -> None:
    gt = load_ground_truth(small_gt())
    assert ImageTargets(gt)[2]["boxes"].tolist() == [[2.1, 2, 9.5, 8], [2, 2, 9, 8]]
    written = ImageTargets(gt, box_format="xywh")[2]["boxes"]
    assert written.tolist() == [[2.1, 2, 7.4, 6], [2, 2, 7, 6]]
    with pytest.raises(InputError, match="`box_format` is 'cxcywh', expected one of xyxy, xywh"):
        ImageTargets(gt, box_format="cxcywh")


def test_ids_may_be_text() -> None:
    gt = small_gt()
    for each in gt["images"]:
        each["id"] = f"street/{each['id']}"
    for each in gt["annotations"]:
        each["image_id"] = f"street/{each['image_id']}"
    targets = ImageTargets(load_ground_truth(gt))
    assert list(targets) == ["street/1", "street/2", "street/3"]
    assert targets["street/2"]["labels"] == [1, 2]


def test_an_image_that_the_file_has_not_is_named() -> None:
    targets = ImageTargets(load_ground_truth(small_gt()))
    with pytest.raises(MismatchError, match=r"^image 7 is none of the 3 images of ground truth\.$"):
        targets[7]


def test_images_of_lvis_have_their_lists() -> None:
    gt = small_gt()
    for image in gt["images"]:
        image |= {"neg_category_ids": [image["id"]], "not_exhaustive_category_ids": []}
    for category, letter in zip(gt["categories"], "rf", strict=True):
        category["frequency"] = letter
    target = ImageTargets(load_ground_truth(gt))[2]
    assert target["neg_category_ids"] == [2]
    assert target["not_exhaustive_category_ids"] == []


def test_what_an_evaluation_refuses_is_refused_at_once() -> None:
    gt = small_gt()
    gt["annotations"][0]["image_id"] = 77
    gt["annotations"][4]["category_id"] = 66
    truth = load_ground_truth(gt)
    with pytest.raises(
        FormatError, match="1 annotation is for 1 image that the file does not list"
    ):
        ImageTargets(truth)
    targets = ImageTargets(truth, skip_unknown=True)
    assert [len(targets[key]["labels"]) for key in targets] == [3, 0, 0]
