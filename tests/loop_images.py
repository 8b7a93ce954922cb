"""A few images as a training loop has them, and the numbers that their files would give."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import torch
from pycocotools import mask as coco_mask

from segeval import average_precision
from tests.build import build_gt, build_preds

SIZES = ((40, 60), (60, 40), (30, 30), (40, 60), (48, 48), (20, 30), (50, 50))
CATEGORIES = {1: "chair", 2: "sofa"}
IOU = ("segm", "boundary")


class LoopImage(NamedTuple):
    """One image: its id, what a model found in it, and what there is; tensors."""

    id: int
    pred: dict[str, Any]
    target: dict[str, Any]

    @property
    def size(self) -> tuple[int, int]:
        """(H, W) in pixels."""
        return SIZES[self.id - 1]


def loop_images() -> list[LoopImage]:
    """Seven images; nothing is found in the third, nothing there is in the sixth."""
    rng = np.random.default_rng(5)
    images = []
    for key, (height, width) in enumerate(SIZES, 1):
        masks = np.zeros((0 if key == 6 else 4, height, width), np.bool_)
        for mask in masks:
            top, left = rng.integers(0, (height - 12, width - 12))
            mask[top : top + rng.integers(6, 13), left : left + rng.integers(6, 13)] = True
        found = np.concatenate([masks, np.zeros((1, height, width), np.bool_)])
        found[-1, 3:9, 3:9] = True
        found = np.roll(found, rng.integers(0, 3), axis=1)[: 0 if key == 3 else None]
        labels = rng.integers(1, 3, len(masks))
        pred = {
            "scores": rng.random(len(found)).astype(np.float32),
            "labels": np.concatenate([labels, [1]])[: len(found)],
            "masks": found,
        }
        target = {"labels": labels, "masks": masks, "iscrowd": (np.arange(len(masks)) == 3) * 1}
        images.append(LoopImage(key, _tensors(pred), _tensors(target)))
    return images


def _tensors(columns: dict[str, Any]) -> dict[str, Any]:
    return {name: torch.from_numpy(np.asarray(column)) for name, column in columns.items()}


def updates(images: list[LoopImage]) -> tuple[list[int], list[Any], list[Any]]:
    """What `Metric.update` takes."""
    return (
        [each.id for each in images],
        [each.pred for each in images],
        [each.target for each in images],
    )


def files_of(images: list[LoopImage], *, boxes: bool = False) -> tuple[list[Any], dict[str, Any]]:
    """Predictions and ground truth as files hold them, predictions with boxes if asked for."""
    objects = [
        {"image_id": each.id, "category_id": int(label), "mask": mask, "iscrowd": int(crowd)}
        for each in images
        for label, mask, crowd in zip(*each.target.values(), strict=True)
    ]
    found = [
        {"image_id": each.id, "score": float(score), "category_id": int(label), "mask": mask}
        for each in images
        for score, label, mask in zip(*each.pred.values(), strict=True)
    ]
    gt = build_gt(SIZES, objects)
    shown = {each.id for each in images}
    gt["images"] = [each for each in gt["images"] if each["id"] in shown]
    gt["categories"] = [{"id": key, "name": name} for key, name in CATEGORIES.items()]
    preds = build_preds(found)
    for each in preds if boxes else ():
        each["bbox"] = coco_mask.toBbox(each["segmentation"]).tolist()
    return preds, gt


def numbers_of_files(images: list[LoopImage] | None = None, prefix: str = "") -> dict[str, float]:
    """The numbers that the same images give as files."""
    preds, gt = files_of(images or loop_images())
    return dict(average_precision(preds, gt, iou=IOU).flat(prefix))
