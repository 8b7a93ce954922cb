"""What the presets cost per image, counted once, so that a list of them needs no PyTorch."""

from __future__ import annotations

from dataclasses import dataclass

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
        backbone: such as "R50", "X101-32x8d" or "Swin-T"; "+D" means deformable convolutions.
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


PRESET_COSTS: Models = (
    ModelCost(
        "pointrend-r50",
        "instance",
        "R50",
        60_161_792,
        (224, 224),
        (800, 1344),
        303_405_833_472,
        100,
        924_286_976,
    ),
    ModelCost(
        "pointrend-r50-3x",
        "instance",
        "R50",
        60_161_792,
        (224, 224),
        (800, 1344),
        303_405_833_472,
        100,
        924_286_976,
    ),
    ModelCost(
        "pointrend-r101",
        "instance",
        "R101",
        79_101_696,
        (224, 224),
        (800, 1344),
        382_953_430_272,
        100,
        924_286_976,
    ),
    ModelCost(
        "pointrend-x101",
        "instance",
        "X101-32x8d",
        123_246_336,
        (224, 224),
        (800, 1344),
        572_463_881_472,
        100,
        924_286_976,
    ),
    ModelCost(
        "maskrcnn-r50",
        "instance",
        "R50",
        44_343_216,
        (28, 28),
        (800, 1344),
        263_962_991_872,
        100,
        529_858_560,
    ),
    ModelCost(
        "maskrcnn-swin-t",
        "instance",
        "Swin-T",
        47_794_602,
        (28, 28),
        (800, 1344),
        275_268_590_848,
        "cascade-r50",
        "instance",
        "R50",
        71_984_926,
        (28, 28),
        (800, 1344),
        291_600_751_872,
        100,
        529_858_560,
    ),
    ModelCost(
        "maskrcnn-swin-s",
        "instance",
        "Swin-S",
        69_112_506,
        (28, 28),
        (800, 1344),
        370_141_486_336,
        "cascade-r50-3x",
        "instance",
        "R50",
        71_984_926,
        (28, 28),
        (800, 1344),
        291_600_751_872,
        100,
        529_858_560,
    ),
    ModelCost(
        "htc-r50",
        "instance",
        "R50",
        77_403_070,
        (28, 28),
        (800, 1344),
        405_095_996_672,
        100,
        1_615_265_792,
    ),
    ModelCost(
        "pointrend-r50-cityscapes",
        "instance",
        "R50",
        56_096_456,
        (224, 224),
        (1024, 2048),
        464_488_587_264,
        100,
        669_593_600,
    ),
    ModelCost(
        "semantic-fpn-r101",
        "semantic",
        "R101",
        47_365_459,
        (256, 512),
        (1024, 2048),
        497_629_003_776,
    ),
    ModelCost(
        "semantic-fpn-r101-pointrend",
        "semantic",
        "R101",
        47_572_582,
        (1024, 2048),
        (1024, 2048),
        501_009_612_800,
    ),
    ModelCost(
        "deeplabv3-r103", "semantic", "R103", 58_163_667, (64, 128), (1024, 2048), 594_188_697_600
    ),
    ModelCost(
        "deeplabv3-r103-pointrend",
        "semantic",
        "R103",
        58_370_790,
        (1024, 2048),
        (1024, 2048),
        600_949_915_648,
    ),
    ModelCost(
        "3dfuture-maskrcnn-r50",
        "instance",
        "R50",
        43_960_344,
        (28, 28),
        (1024, 1024),
        257_792_991_232,
        100,
        520_626_176,
    ),
    ModelCost(
        "3dfuture-pointrend-r50",
        "instance",
        "R50",
        57_887_006,
        (224, 224),
        (1024, 1024),
        348_306_220_032,
        100,
        1_425_758_464,
    ),
    ModelCost(
        "3dfuture-more-test-points",
        "instance",
        "R50",
        57_887_006,
        (224, 224),
        (1024, 1024),
        768_910_460_032,
        100,
        5_631_800_864,
    ),
    ModelCost(
        "3dfuture-x101",
        "instance",
        "X101-64x4d",
        115_635_486,
        (224, 224),
        (1024, 1024),
        1_011_374_785_664,
        100,
        5_631_800_864,
    ),
    ModelCost(
        "3dfuture-dcn-more-points",
        "instance",
        "X101-64x4d+D",
        156_417_834,
        (416, 416),
        (1024, 1024),
        1_244_511_154_624,
        100,
        7_742_334_448,
    ),
    ModelCost(
        "3dfuture",
        "instance",
        "X101-64x4d+D",
        156_548_906,
        (416, 416),
        (1408, 1408),
        1_769_431_743_936,
        100,
        8_927_225_328,
    ),
)
"""As `list_models` counts them, which a test does again."""
