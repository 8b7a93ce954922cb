"""What the presets cost per image, counted once, so that a list of them needs no PyTorch."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from importlib import resources

from segeval.errors import Note
from segeval.metrics.result import Description, Result
from segeval.metrics.tables import Field, Table
from segeval.words import counted


@dataclass(frozen=True)
class ModelCost:
    """The parts of a model, and its cost per image.

    Attributes:
        name: of the configuration.
        task: "instance" or "semantic".
        backbone: such as "R50", "X101-32x8d" or "Swin-T"; "+D" means deformable convolutions,
            "+GC" global context blocks.
        parameters: without frozen norms.
        output: (H, W) of a mask, or of the label map, before it is resized to the image.
        image: (H, W) of the largest padded image in inference, in pixels; of a crop, if the model
            sees crops around boxes.
        multiply_adds: for one view of such an image.
        boxes: masks counted per image; 0 in a semantic model and for a crop.
        mask_multiply_adds: share of one mask in `multiply_adds`; None without boxes.
        paper: that a preset is for; "" for other configurations.
        whole_image: whether masks are of the whole image or crop, or of boxes.
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
    paper: str = ""
    whole_image: bool = False


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
                "FLOPs: multiply-adds of convolutions, fully connected layers and attention for "
                f"one image of the largest size in inference, padded, with {masks} masks.",
                len(models),
            )
        )
    semantic = sum(each.task == "semantic" for each in models)
    if semantic:
        found.append(
            Note("output", "output: side of the label map, as a fraction of the image's.", semantic)
        )
    whole = sum(each.whole_image for each in models)
    if whole:
        text = "mask 1/4: of the whole image, with a quarter of its side."
        found.append(Note("whole-image", text, whole))
    deformable = sum("+D" in each.backbone for each in models)
    if deformable:
        found.append(Note("deformable", "+D: with deformable convolutions.", deformable))
    context = sum("+GC" in each.backbone for each in models)
    if context:
        found.append(Note("context", "+GC: with global context blocks.", context))
    return tuple(found)


def _tables(result: Result[Models]) -> tuple[Table, ...]:
    """One per paper and task, in the order of the models."""
    groups: dict[tuple[str, str], list[tuple[str, ...]]] = {}
    for each in result.scores:
        groups.setdefault((each.paper, each.task), []).append(_row(each))
    return tuple(
        Table(task, _fields(paper, task), tuple(rows)) for (paper, task), rows in groups.items()
    )


def _fields(paper: str, task: str) -> tuple[Field, ...]:
    """The columns of the models of a paper."""
    is_instance = task == "instance"
    title = paper if paper and is_instance else f"{paper}, {task}" if paper else task
    return (
        Field("name", title, "text"),
        Field("backbone", "backbone", "label"),
        Field("parameters", "params", "label"),
        Field("output", "mask" if is_instance else "output", "label"),
        Field("image", "image", "label"),
        Field("multiply_adds", "FLOPs", "label"),
    )


MODELS: Description[Models] = Description(
    place=f"{__name__}:MODELS",
    schema="segeval/models/1",
    brief=lambda models: counted(len(models), "model"),
    headline=lambda _: ("Models", "segeval models show NAME prints all settings"),
    summary=lambda result: counted(len(result.scores), "model"),
    tables=_tables,
    values=lambda models: {"models": [vars(each) for each in models]},
    flat=lambda models: {each.name: vars(each) for each in models},
)


def model_table(models: Models, seconds: float = 0.0) -> Result[Models]:
    """The costs of models, as a result.

    Args:
        models: in the order of the table.
        seconds: wall time of counting.
    """
    return Result(scores=models, notes=_notes(models), seconds=seconds, about=MODELS)


def list_presets() -> Result[Models]:
    """The presets with their parts and costs, without counting.

    Example:
        >>> list_presets().scores[0].name
        'pointrend-r50'
    """
    return model_table(PRESET_COSTS)


def _row(cost: ModelCost) -> tuple[str, ...]:
    return (
        cost.name,
        cost.backbone,
        f"{cost.parameters / 1e6:.1f}M",
        _output(cost),
        f"{cost.image[0]}x{cost.image[1]}",
        f"{cost.multiply_adds / 1e9:.0f}G",
    )


def _output(cost: ModelCost) -> str:
    """The side of a box's mask, "-" without one; or of others, as a part of the image's."""
    side = cost.output[0]
    if cost.task == "instance" and not cost.whole_image:
        return str(side) if side else "-"
    coarser = cost.image[0] // side
    return f"1/{coarser}" if coarser > 1 else "1"


def _read() -> Models:
    """The rows of the file beside this module."""
    text = resources.files(__package__).joinpath("listed_presets.csv").read_text("utf-8")
    return tuple(_cost(row) for row in csv.DictReader(text.splitlines()))


def _cost(row: dict[str, str]) -> ModelCost:
    """A model of a row."""
    of_masks = row["mask_multiply_adds"]
    return ModelCost(
        row["name"],
        row["task"],
        row["backbone"],
        int(row["parameters"]),
        _sides(row["output"]),
        _sides(row["image"]),
        int(row["multiply_adds"]),
        int(row["boxes"]),
        int(of_masks) if of_masks else None,
        row["paper"],
        row["whole_image"] == "true",
    )


def _sides(text: str) -> tuple[int, int]:
    """(H, W) of "HxW"."""
    height, width = text.split("x")
    return int(height), int(width)


PRESET_COSTS = _read()
"""As `list_models` counts them, which a test does again, by paper."""
