"""Label suspects found the slow way, with pycocotools, prediction by prediction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pycocotools import mask as coco_mask
from pycocotools.coco import COCO

Found = tuple[int, ...]
"""Numbers of predictions in their file."""


def missing_of(
    preds: Sequence[Mapping[str, Any]], gt: COCO, least_score: float | None
) -> list[int]:
    """Predictions of one model that may be objects which the ground truth lacks.

    Args:
        preds: with masks as run lengths, at most 100 of an image.
        gt: ground truth.
        least_score: from which score on the model is sure; None for never.
    """
    found: list[int] = []
    order = sorted(range(len(preds)), key=lambda k: -preds[k]["score"])
    for number in order:
        pred = preds[number]
        if least_score is None or pred["score"] < least_score:
            continue
        mask = pred["segmentation"]
        annotations = gt.imgToAnns[pred["image_id"]]
        crowd = [each["iscrowd"] for each in annotations]
        masks = [gt.annToRLE(each) for each in annotations]
        own = [k for k, a in enumerate(annotations) if a["category_id"] == pred["category_id"]]
        if masks and coco_mask.iou([mask], masks, crowd).max() > 0.1:
            continue
        if own and coco_mask.iou([mask], [masks[k] for k in own], [1] * len(own)).sum() >= 0.5:
            continue
        if not any(same(preds[other], pred) >= 0.5 for other in found):
            found.append(number)
    return found


def unfound_of(models: Sequence[Sequence[Mapping[str, Any]]], gt: COCO) -> set[int]:
    """Ids of objects that no prediction of any model overlaps by an IoU above 0.1.

    Args:
        models: the predictions of each, with masks as run lengths.
        gt: ground truth.
    """
    found = set()
    for each in gt.dataset["annotations"]:
        masks = [
            pred["segmentation"]
            for preds in models
            for pred in preds
            if pred["image_id"] == each["image_id"]
        ]
        iou = coco_mask.iou(masks, [gt.annToRLE(each)], [0]) if masks else [[0.0]]
        if not each["iscrowd"] and max(row[0] for row in iou) <= 0.1:
            found.add(each["id"])
    return found


def shared_of(
    a: Sequence[Mapping[str, Any]],
    b: Sequence[Mapping[str, Any]],
    missing: tuple[Sequence[int], Sequence[int]],
) -> set[tuple[int, int]]:
    """Pairs of suspects of two models that are of the same object, the highest IoU first."""
    pairs = [(same(a[i], b[j]), i, j) for i in missing[0] for j in missing[1]]
    found: set[tuple[int, int]] = set()
    for iou, i, j in sorted(pairs, key=lambda pair: (-pair[0], pair[1], pair[2])):
        is_free = all(i != one and j != other for one, other in found)
        if iou >= 0.5 and is_free:
            found.add((i, j))
    return found


def same(one: Mapping[str, Any], other: Mapping[str, Any]) -> float:
    """IoU of two predictions; 0 of different images or categories."""
    if any(one[key] != other[key] for key in ("image_id", "category_id")):
        return 0.0
    return float(coco_mask.iou([one["segmentation"]], [other["segmentation"]], [0])[0, 0])
