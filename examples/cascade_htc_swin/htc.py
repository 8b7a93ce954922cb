"""Are the masks of the last stage of Hybrid Task Cascade as good as those of its first?"""

from __future__ import annotations

import torch

import segeval
from examples.cascade_htc_swin.detectors import htc
from examples.rare_classes.learning import (
    as_predictions,
    ground_truth,
    in_batches,
    trained,
)
from examples.rare_classes.scenes import Scenes
from segeval.models.config import Config
from segeval.models.networks.found import Instances
from segeval.models.networks.htc import HTC


def numbers(
    learnt: Scenes, test: Scenes, config: Config, *, updates: int, batch: int, seed: int
) -> dict[str, float]:
    """Train all stages; mask AP of each head and of their mean, in percent."""
    model = trained(htc, learnt, config, updates=updates, batch=batch, seed=seed)
    gt = ground_truth(test)
    found: dict[str, float] = {}
    for name, masks in masks_of_heads(model, test, config).items():
        result = segeval.average_precision(as_predictions(masks, test), gt, workers=1)
        overall = result.first.overall
        found |= {f"{name} AP": 100 * (overall.ap or 0), f"{name} AP75": 100 * (overall.ap75 or 0)}
    return found


@torch.no_grad()
def masks_of_heads(model: HTC, scenes: Scenes, config: Config) -> dict[str, list[Instances]]:
    """The objects of the pictures, each with the masks of one head, or with their mean.

    Boxes, scores and classes are the same; only the masks differ. Several logits of a pixel stand
    for the mean of their probabilities.
    """
    names = [f"head {number}" for number in range(1, 1 + len(model.stages))]
    found: dict[str, list[Instances]] = {name: [] for name in (*names, "mean")}
    for _, images, sizes in in_batches(scenes, config):
        features = model.backbone(images)
        boxes = model.detect(features, model.proposal_generator(features, sizes), sizes)
        for each, logits in zip(boxes, model.masks(features, boxes), strict=True):
            drawn = (*logits.split(1, dim=1), logits)  # an (N, 1, S, S) of each head, and all
            for name, own in zip(found, drawn, strict=True):
                found[name].append(Instances(each.boxes, each.scores, each.classes, own))
    return found
