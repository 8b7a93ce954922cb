"""Options of every command that matches instances: what is measured, and on which part."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from segeval_cli.options import (
    WHAT,
    WHICH,
    Iou,
    Panel,
    boundary_ratio_option,
    protocol_option,
)

COCO = Panel("COCO")
LVIS = Panel("LVIS")
CITYSCAPES = Panel("Cityscapes")
OPEN_IMAGES = Panel("Open Images")
ID_MAPS = Panel("Id maps")

ProtocolName = Literal[
    "coco", "lvis", "lvis-fixed", "lvis-2021", "ap-star", "cityscapes", "openimages", "id-maps"
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
CocoProtocolChoice = Annotated[
    Literal["coco", "lvis", "lvis-fixed", "lvis-2021", "ap-star"] | None, protocol_option()
]
Compat = Annotated[
    Literal["official", "pycocotools", "lvis"] | None,
    WHAT.option(
        "--compat",
        "Reproduce an official package to the last bit, known bugs included: the protocol's own "
        "(official), or the one named.",
    ),
]
TidecvCompat = Annotated[
    Literal["tidecv"] | None,
    WHAT.option("--compat", "Reproduce the numbers of the package tidecv, faults included."),
]
Sizes = Annotated[
    str | None,
    WHAT.option(
        "--sizes SIZES",
        "Size buckets: coco, lvis or 3dfuture; sides in pixels, 32,96 or "
        "tiny=16,small=32,rest; areas, area:1024,9216; parts of the image, relative:0.01,0.1; "
        "quantiles of the objects, quantiles:4. Default: coco.",
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
        "10000), per image (lvis: 300) or per category (lvis-fixed: 10000); id-maps keeps all. "
        "AP uses the largest N; 0 means no limit.",
    ),
]
BoundaryRatio = Annotated[float | None, boundary_ratio_option("0.02 (cityscapes: 0.005)")]
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
MapScores = Annotated[
    Path | None,
    ID_MAPS.reading("--scores CSV", "Scores of the objects: columns image, id and score."),
]
MinScore = Annotated[
    float | None,
    WHICH.option("--min-score S", "Leave out predictions with a lower score, and count them."),
]
