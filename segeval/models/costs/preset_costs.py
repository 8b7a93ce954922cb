"""The presets side by side: their parts, and their cost per image."""

from __future__ import annotations

import time
from collections.abc import Iterable

import torch
from torch import nn

from segeval.metrics.result import Result
from segeval.models.config import Config
from segeval.models.config.kinds import cuts_out_boxes, draws_whole_images
from segeval.models.costs.flops import cost_of, counting, shapes_only
from segeval.models.costs.listed_presets import ModelCost, Models, model_table
from segeval.models.images import padded_size
from segeval.models.networks.building import build


def list_models(configs: Iterable[Config]) -> Result[Models]:
    """The parts and costs of models, in the given order, without making weights.

    Args:
        configs: of the models.
    """
    start = time.perf_counter()
    models = tuple(model_cost(config) for config in configs)
    seconds = time.perf_counter() - start
    return model_table(models, seconds)


@torch.no_grad()
def model_cost(config: Config) -> ModelCost:
    """The parts of a model, and its cost per image, from a run on torch's meta device.

    Args:
        config: of the model.

    Example:
        >>> cost = model_cost(Config())
        >>> cost.backbone, cost.parameters, cost.output, cost.mask_multiply_adds
        ('R50', 60161792, (224, 224), 924286976)
    """
    with shapes_only():
        model = build(config).eval()
        parameters = sum(each.numel() for each in model.parameters())
        _leave_norms_out(model)
        sides = config.input.test_size, config.input.test_max
        image = padded_size((min(sides), max(sides)))
        with counting(model) as runs:
            output = model.rehearse(torch.zeros(1, 3, *image))
    boxes = 0
    crops = config.task == "instance" and cuts_out_boxes(config.detector)
    if config.task == "instance" and not crops:
        boxes = int(getattr(model, "max_dets", config.boxes.max_dets))
    of_masks = [run for run in runs if model.MASK_LAYERS in run.layer]
    return ModelCost(
        config.name,
        config.task,
        str(getattr(config.backbone, "label", config.backbone.kind)),
        parameters,
        output,
        image,
        cost_of(runs).multiply_adds,
        boxes,
        cost_of(of_masks).multiply_adds // boxes if boxes else None,
        whole_image=crops or (bool(boxes) and draws_whole_images(config.detector)),
    )


def _leave_norms_out(model: nn.Module) -> None:
    """Skip norms, which are not counted and change no shape."""
    for module in list(model.modules()):
        if isinstance(getattr(module, "norm", None), nn.Module):
            module.norm = nn.Identity()
