"""Does every stage of a cascade place boxes better, and does it beat a single stage?"""

from __future__ import annotations

from functools import partial

import torch
from torch import Tensor

import segeval
from examples.cascade_htc_swin.detectors import ONE, THREE, cascade
from examples.rare_classes.learning import (
    as_predictions,
    ground_truth,
    in_batches,
    trained,
)
from examples.rare_classes.scenes import Scenes
from segeval.models.config import Config
from segeval.models.networks.cascade import CascadeRCNN
from segeval.models.networks.found import Instances
from segeval.models.ops.boxes import box_iou
from segeval.models.training.example import objects_of

POSITIVE = 0.5
"""Least overlap of a proposal with an object for it to be followed through the stages."""


def numbers(
    learnt: Scenes, test: Scenes, config: Config, *, updates: int, batch: int, seed: int
) -> dict[str, float]:
    """Train both detectors on the same pictures; what each finds in others, in percent."""
    found: dict[str, float] = {}
    for name, settings in (("one stage", ONE), ("cascade", THREE)):
        make = partial(cascade, settings)
        model = trained(make, learnt, config, updates=updates, batch=batch, seed=seed)
        for stage, overlap in enumerate(overlaps(model, test, config)):
            found[f"{name} IoU {stage}"] = 100 * overlap
        found |= {f"{name} {key}": value for key, value in precision(model, test, config).items()}
    return found


@torch.no_grad()
def overlaps(model: CascadeRCNN, scenes: Scenes, config: Config) -> list[float]:
    """Mean IoU of boxes with their objects: of the proposals, and after each stage.

    The boxes are the same throughout: all proposals that overlap an object by `POSITIVE`, with the
    object that they overlap most.
    """
    of_stages: list[list[Tensor]] = [[] for _ in range(1 + len(model.stages))]
    for pictures, images, sizes in in_batches(scenes, config):
        features = model.backbone(images)
        boxes = model.proposal_generator(features, sizes)
        truth = [objects_of(each).boxes for each in pictures]
        pairs = [
            box_iou(own, of_image).max(dim=1) for own, of_image in zip(boxes, truth, strict=True)
        ]
        for number, measured in enumerate(of_stages):
            if number:
                stage = model.stages[number - 1]
                boxes = stage.moved(*stage(features, boxes), boxes, sizes)
            for own, of_image, (overlap, matched) in zip(boxes, truth, pairs, strict=True):
                now = box_iou(own, of_image)[torch.arange(len(own)), matched]
                measured.append(now[overlap >= POSITIVE])
    return [float(torch.cat(measured).mean()) for measured in of_stages]


def precision(model: CascadeRCNN, scenes: Scenes, config: Config) -> dict[str, float]:
    """AP, AP50 and AP75 of boxes and of masks, in percent."""
    found: list[Instances] = []
    for _, images, sizes in in_batches(scenes, config):
        found += model(images, sizes)
    preds, gt = as_predictions(found, scenes), ground_truth(scenes)
    result = segeval.average_precision(preds, gt, iou=("bbox", "segm"), workers=1)
    return {
        f"{kind} {name}": 100 * (getattr(result.scores[iou].overall, name.lower()) or 0.0)
        for kind, iou in (("box", "bbox"), ("mask", "segm"))
        for name in ("AP", "AP50", "AP75")
    }
