"""Options of `segeval ap` alone."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal

import typer

from segeval.errors import InputError
from segeval_cli.options import (
    CITYSCAPES,
    COCO,
    LVIS,
    OPEN_IMAGES,
    OUTPUT,
    RUNNING,
    WHAT,
    WHICH,
    Iou,
    argument,
    fail_under_option,
    flag_option,
    protocol_option,
    value_option,
)


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
    list[Iou] | None,
    value_option(
        "--iou",
        None,
        "Compare masks, their boundaries, or boxes; may be repeated. Default: segm "
        "(lvis-2021: boundary).",
        WHAT,
    ),
]
ProtocolChoice = Annotated[ProtocolName | None, protocol_option()]
Compat = Annotated[
    Literal["official", "pycocotools", "lvis"] | None,
    value_option(
        "--compat",
        None,
        "Reproduce an official package to the last bit, known bugs included: the protocol's own "
        "(official), or the one named.",
        WHAT,
    ),
]
Sizes = Annotated[
    str | None,
    value_option(
        "--sizes",
        "SIZES",
        "Size buckets: coco, lvis or 3dfuture; sides in pixels, 32,96 or "
        "tiny=16,small=32,rest; areas, area:1024,9216. Default: coco.",
        WHAT,
    ),
]
AreaFrom = Annotated[
    Literal["mask", "bbox"] | None,
    value_option(
        "--area-from", None, "Area that decides a prediction's size bucket. Default: mask.", WHAT
    ),
]
Thresholds = Annotated[
    str | None,
    value_option(
        "--thresholds",
        "IOUS",
        "IoU thresholds: 0.5, or 0.5,0.75, or start:stop:step. Default: 0.50:0.95:0.05.",
        WHAT,
    ),
]
MaxDets = Annotated[
    str | None,
    value_option(
        "--max-dets",
        "N",
        "Keep the best N predictions per image and category (coco: 1,10,100; openimages: "
        "10000), per image (lvis: 300) or per category (lvis-fixed: 10000). AP uses the "
        "largest N; 0 means no limit.",
        WHAT,
    ),
]
Pool = Annotated[
    bool, flag_option("--pool", "Also compute AP-pool, which ranks all categories together.", LVIS)
]
Agnostic = Annotated[bool, flag_option("--agnostic", "Treat all categories as one.", COCO)]
HonourIgnore = Annotated[
    bool,
    flag_option(
        "--honour-ignore",
        'Honour the "ignore" field of COCO files, which pycocotools overwrites.',
        COCO,
    ),
]
Categories = Annotated[
    list[str] | None,
    value_option(
        "--categories", "NAMES", "Names or ids; @file reads a list, ~name leaves one out.", WHICH
    ),
]
Images = Annotated[
    list[str] | None,
    value_option(
        "--images", "NAMES", "File names or ids; @file reads a list, ~name leaves one out.", WHICH
    ),
]
CocoStyle = Annotated[
    bool,
    flag_option(
        "--coco-style", "Also compute AP of the same files by the coco protocol.", CITYSCAPES
    ),
]
Boxes = Annotated[
    Path | None,
    value_option("--boxes", "CSV", "Ground-truth boxes, with the column IsGroupOf.", OPEN_IMAGES),
]
ImageLabels = Annotated[
    Path | None, value_option("--labels", "CSV", "Verified image labels.", OPEN_IMAGES)
]
Hierarchy = Annotated[
    Path | None,
    value_option(
        "--hierarchy", "JSON", "Class hierarchy (JSON) for expanding the ground truth.", OPEN_IMAGES
    ),
]
GroupOfWeight = Annotated[
    float,
    value_option(
        "--group-of-weight",
        "W",
        "Weight of a group as a positive. Default: 1, as in the challenge's script.",
        OPEN_IMAGES,
        min=0,
    ),
]
ExpandPredictions = Annotated[
    bool,
    flag_option(
        "--expand-predictions",
        "Expand predictions too, where they name leaf classes only.",
        OPEN_IMAGES,
    ),
]
PerTable = Annotated[
    list[str],
    typer.Option(
        "--per",
        metavar="TABLE",
        help="Tables to print: size, category, image, separated by commas.",
        rich_help_panel=OUTPUT,
        autocompletion=lambda: list(Per),
    ),
]
FailUnder = Annotated[float | None, fail_under_option("AP")]
Verify = Annotated[
    bool,
    flag_option(
        "--verify",
        "Also run the official package and compare every number; exit with 1 if any differs.",
        RUNNING,
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
    names = [name.strip() for value in values for name in value.split(",")]
    for name in names:
        if name not in list(Per):
            raise InputError(f"--per {name}: no such table, expected {', '.join(Per)}.", code="per")
    return tuple(Per(name) for name in dict.fromkeys(names))
