"""The presets side by side: their parts, and their cost per image."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import nn

from segeval.errors import Note
from segeval.metrics.result import Description, Result
from segeval.metrics.tables import Field, Table
from segeval.models.config import Config
from segeval.models.costs.flops import cost_of, counting, shapes_only
from segeval.models.images import padded_size
from segeval.models.networks.building import build
from segeval.words import counted


@dataclass(frozen=True)
class ModelCost:
    """The parts of a model, and its cost per image.

    Attributes:
        name: of the configuration.
        task: "instance" or "semantic".
        backbone: such as "R50" or "X101-32x8d"; "+D" means deformable convolutions.
        parameters: without frozen norms.
        output: (H, W) of a box's mask, or of the label map before it is resized to the image.
        image: (H, W) of the largest padded image in inference, in pixels.
        multiply_adds: for one view of such an image.
        boxes: masks counted per image; 0 in a semantic model.
        mask_multiply_adds: share of one mask in `multiply_adds`; None in a semantic model.
    """

    name: str
    task: str
    backbone: str
    parameters: int
    output: tuple[int, int]
    image: tuple[int, int]
    multiply_adds: int
    boxes: int = 0
    mask_multiply_adds: int | None = None


Models = tuple[ModelCost, ...]


def _notes(models: Models) -> tuple[Note, ...]:
    """What is counted, and what the marks mean."""
    found = []
    boxes = sorted({each.boxes for each in models if each.boxes})
    if boxes:
        masks = " or ".join(map(str, boxes))
        found.append(
            Note(
                "counted",
                "FLOPs: multiply-adds of the convolutions and fully connected layers for one "
                f"image of the largest size in inference, padded, with {masks} masks.",
                len(models),
            )
        )
    semantic = sum(each.task == "semantic" for each in models)
    if semantic:
        found.append(
            Note("output", "output: side of the label map, as a fraction of the image's.", semantic)
        )
    deformable = sum("+D" in each.backbone for each in models)
    if deformable:
        found.append(Note("deformable", "+D: with deformable convolutions.", deformable))
    return tuple(found)


def _tables(result: Result[Models]) -> tuple[Table, ...]:
    """One per task."""
    found = []
    for task, output in (("instance", "mask"), ("semantic", "output")):
        fields = (
            Field("name", task, "text"),
            Field("backbone", "backbone", "label"),
            Field("parameters", "params", "label"),
            Field("output", output, "label"),
            Field("image", "image", "label"),
            Field("multiply_adds", "FLOPs", "label"),
        )
        rows = tuple(_row(each) for each in result.scores if each.task == task)
        if rows:
            found.append(Table(task, fields, rows))
    return tuple(found)


MODELS: Description[Models] = Description(
    schema="segeval/models/1",
    brief=lambda models: counted(len(models), "model"),
    headline=lambda _: ("Models", "segeval models show NAME prints all settings"),
    summary=lambda result: counted(len(result.scores), "model"),
    tables=_tables,
    values=lambda models: {"models": [vars(each) for each in models]},
)


def list_models(configs: Iterable[Config]) -> Result[Models]:
    """The parts and costs of models, in the given order, without making weights.

    Args:
        configs: of the models.
    """
    start = time.perf_counter()
    models = tuple(model_cost(config) for config in configs)
    seconds = time.perf_counter() - start
    return Result(scores=models, notes=_notes(models), seconds=seconds, about=MODELS)


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
    boxes = config.boxes.max_dets if config.task == "instance" else 0
    of_masks = [run for run in runs if "mask_head." in run.layer]
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
    )


def _leave_norms_out(model: nn.Module) -> None:
    """Skip norms, which are not counted and change no shape."""
    for module in list(model.modules()):
        if isinstance(getattr(module, "norm", None), nn.Module):
            module.norm = nn.Identity()


def _row(cost: ModelCost) -> tuple[str, ...]:
    coarser = cost.image[0] // cost.output[0]
    part = f"1/{coarser}" if coarser > 1 else "1"
    output = str(cost.output[0]) if cost.task == "instance" else part
    return (
        cost.name,
        cost.backbone,
        f"{cost.parameters / 1e6:.1f}M",
        output,
        f"{cost.image[0]}x{cost.image[1]}",
        f"{cost.multiply_adds / 1e9:.0f}G",
    )
