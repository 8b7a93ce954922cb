"""Data samples with the fields of mmdet's, which itself cannot be installed here."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from mmengine.evaluator import Evaluator
from mmengine.structures import BaseDataElement, InstanceData
from numpy.typing import NDArray

from segeval.adapters.mmengine import SegevalMetric
from tests.loop_images import CATEGORIES, IOU, LoopImage

META = {"classes": tuple(CATEGORIES.values())}


@dataclass
class BitmapMasks:
    """Stands for mmdet's class of this name: masks in `masks`, uint8, which it iterates over."""

    masks: NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.masks)

    def __iter__(self) -> Iterator[NDArray[np.uint8]]:
        return iter(self.masks)


def data_sample(image: LoopImage) -> Any:
    """A data sample: labels from 0, crowds apart, boxes that nobody reads."""
    pred, target = image.pred, image.target
    count, crowd = len(pred["scores"]), target["iscrowd"] == 1
    sample = BaseDataElement(metainfo={"img_id": image.id, "ori_shape": image.size})
    sample.pred_instances = InstanceData(
        scores=pred["scores"], labels=pred["labels"] - 1, masks=pred["masks"],
        bboxes=torch.zeros(count, 4),
    )  # fmt: skip
    for name, some in (("gt_instances", ~crowd), ("ignored_instances", crowd)):
        masks = BitmapMasks(target["masks"][some].numpy().astype(np.uint8))
        labels = target["labels"][some] - 1
        setattr(sample, name, InstanceData(labels=labels, masks=masks))
    return sample


def new_evaluator(**how: Any) -> Evaluator:
    """mmengine's evaluator of one metric."""
    evaluator = Evaluator(SegevalMetric(**{"iou": IOU} | how))
    evaluator.dataset_meta = META
    return evaluator
