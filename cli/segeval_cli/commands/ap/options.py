"""Options of `segeval ap` alone."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal

from segeval_cli.options import (
    OUTPUT,
    RUNNING,
    WHAT,
    WHICH,
    Iou,
    Panel,
    argument,
    boundary_ratio_option,
    fail_under_option,
    protocol_option,
)
from segeval_cli.values import parse_tables

COCO = Panel("COCO")
LVIS = Panel("LVIS")
CITYSCAPES = Panel("Cityscapes")
OPEN_IMAGES = Panel("Open Images")


class Per(StrEnum):
    """Tables that can be printed."""

    SIZE = "size"
    CATEGORY = "category"
    IMAGE = "image"


ProtocolName = Literal[
    "coco", "lvis", "lvis-fixed", "lvis-2021", "ap-star", "cityscapes", "openimages"
]

Preds = Annotated[
    str,
    argument(
        "PREDS",
        'Predictions: .json, .json.gz or .jsonl, or "-" for standard input; a folder '
        "(cityscapes) or a .csv (openimages).",
    ),
]
GroundTruthPath = Annotated[
    str,
    argument(
        "GT",
        "Ground truth, COCO or LVIS: .json or .json.gz; a folder (cityscapes) or a .csv of "
        "masks (openimages).",
    ),
]
IouKinds = Annotated[
    list[str] | None,
    WHAT.option(
        "--iou KIND",
        "Compare masks (segm), their boundaries (boundary) or boxes (bbox), or several of them, "
        "separated by commas. Default: segm (lvis-2021: boundary).",
        autocompletion=lambda: list(Iou),
    ),
]
ProtocolChoice = Annotated[ProtocolName | None, protocol_option()]
Compat = Annotated[
    Literal["official", "pycocotools", "lvis"] | None,
    WHAT.option(
        "--compat",
        "Reproduce an official package to the last bit, known bugs included: the protocol's own "
        "(official), or the one named.",
    ),
]
Sizes = Annotated[
    str | None,
    WHAT.option(
        "--sizes SIZES",
        "Size buckets: coco, lvis or 3dfuture; sides in pixels, 32,96 or "
        "tiny=16,small=32,rest; areas, area:1024,9216. Default: coco.",
    ),
]
AreaFrom = Annotated[
    Literal["mask", "bbox"] | None,
    WHAT.option("--area-from", "Area that decides a prediction's size bucket. Default: mask."),
]
Thresholds = Annotated[
    str | None,
    WHAT.option(
        "--thresholds IOUS",
        "IoU thresholds: 0.5, or 0.5,0.75, or start:stop:step. Default: 0.50:0.95:0.05.",
    ),
]
MaxDets = Annotated[
    str | None,
    WHAT.option(
        "--max-dets N",
        "Keep the best N predictions per image and category (coco: 1,10,100; openimages: "
        "10000), per image (lvis: 300) or per category (lvis-fixed: 10000). AP uses the "
        "largest N; 0 means no limit.",
    ),
]
BoundaryRatio = Annotated[float | None, boundary_ratio_option("0.02 (cityscapes: 0.005)")]
Pool = Annotated[
    bool, LVIS.option("--pool", "Also compute AP-pool, which ranks all categories together.")
]
Agnostic = Annotated[bool, COCO.option("--agnostic", "Treat all categories as one.")]
ScoreField = Annotated[
    str,
    COCO.option("--score-field NAME", "Field with the score, such as predicted_iou of SAM."),
]
HonourIgnore = Annotated[
    bool,
    COCO.option(
        "--honour-ignore", 'Honour the "ignore" field of COCO files, which pycocotools overwrites.'
    ),
]
Categories = Annotated[
    list[str] | None,
    WHICH.reading("--categories NAMES", "Names or ids; @file reads a list, ~name leaves one out."),
]
Images = Annotated[
    list[str] | None,
    WHICH.reading("--images NAMES", "File names or ids; @file reads a list, ~name leaves one out."),
]
CocoStyle = Annotated[
    bool,
    CITYSCAPES.option("--coco-style", "Also compute AP of the same files by the coco protocol."),
]
Boxes = Annotated[
    Path | None,
    OPEN_IMAGES.reading("--boxes CSV", "Ground-truth boxes, with the column IsGroupOf."),
]
ImageLabels = Annotated[Path | None, OPEN_IMAGES.reading("--labels CSV", "Verified image labels.")]
Hierarchy = Annotated[
    Path | None,
    OPEN_IMAGES.reading(
        "--hierarchy JSON", "Class hierarchy (JSON) for expanding the ground truth."
    ),
]
GroupOfWeight = Annotated[
    float,
    OPEN_IMAGES.option(
        "--group-of-weight W",
        "Weight of a group as a positive. Default: 1, as in the challenge's script.",
        min=0,
    ),
]
ExpandPredictions = Annotated[
    bool,
    OPEN_IMAGES.option(
        "--expand-predictions", "Expand predictions too, where they name leaf classes only."
    ),
]
MinScore = Annotated[
    float | None,
    WHICH.option("--min-score S", "Leave out predictions with a lower score, and count them."),
]
PerTable = Annotated[
    list[str],
    OUTPUT.option(
        "--per TABLE",
        "Tables to print: size, category, image, separated by commas.",
        autocompletion=lambda: list(Per),
        show_default=True,
    ),
]
FailUnder = Annotated[float | None, fail_under_option("AP")]
Verify = Annotated[
    bool,
    RUNNING.option(
        "--verify",
        "Also run the official package and compare every number; exit with 1 if any differs.",
    ),
]


def parse_per(values: Sequence[str]) -> tuple[Per, ...]:
    """The requested tables in order, without duplicates.

    Args:
        values: of `--per`; each holds one name, or several separated by commas.

    Example:
        >>> [per.value for per in parse_per(["category,image", "category"])]
        ['category', 'image']
    """
    return tuple(map(Per, parse_tables(values, list(Per))))
