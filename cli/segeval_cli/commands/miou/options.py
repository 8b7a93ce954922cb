"""Options of `segeval miou` alone."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from segeval_cli.options import (
    BOUNDARIES,
    WHAT,
    argument,
    fail_under_option,
    flag_option,
    value_option,
)

TRIMAP = "Trimap"

Distance = Literal["euclid", "chebyshev"]
"""The distance of a pixel from a boundary."""

VoidRule = Literal["ignore", "edge", "deeplab"]
"""How void affects boundaries."""

Preds = Annotated[
    str, argument("PREDS", "Predicted label maps: a folder of .png or .npy files, or one file.")
]
GroundTruthPath = Annotated[
    str,
    argument("GT", "Ground-truth label maps, paired by name (Cityscapes: city_sequence_frame)."),
]
Classes = Annotated[
    str,
    value_option(
        "--classes",
        "CLASSES",
        "cityscapes, cityscapes-train, ade20k, camvid, voc; a number N for ids 0 to N-1; or a "
        'file with lines such as "7 road".',
        WHAT,
    ),
]
Ignore = Annotated[
    list[str] | None,
    value_option(
        "--ignore",
        "IDS",
        "Ids to leave out, such as 255 or 0-6,9: they are void in GT and misses in PREDS.",
        WHAT,
    ),
]
Absent = Annotated[
    Literal["cityscapes", "zero", "detectron2"] | None,
    value_option(
        "--absent",
        None,
        "Missing classes: leave out those without ground truth and predictions (cityscapes, "
        "the default) or without ground truth (detectron2), or count them as 0 (zero).",
        WHAT,
    ),
]
Compat = Annotated[
    Literal["official", "detectron2"] | None,
    value_option(
        "--compat",
        None,
        "Reproduce a tool: cityscapesScripts (official), or detectron2 with its boundary IoU.",
        WHAT,
    ),
]
Trimap = Annotated[
    str | None,
    value_option(
        "--trimap",
        "PX",
        "Mean IoU within these distances of the boundaries, such as 1,3,5,8,20.",
        TRIMAP,
    ),
]
TrimapMetric = Annotated[
    Distance,
    typer.Option("--trimap-metric", help="How distances are measured.", rich_help_panel=TRIMAP),
]
TrimapTotalWidth = Annotated[
    bool,
    flag_option(
        "--trimap-total-width",
        "Read the widths as those of the whole band, not of one side.",
        TRIMAP,
    ),
]
TrimapVoid = Annotated[
    VoidRule,
    typer.Option(
        "--trimap-void",
        help="Void makes no boundary (ignore), makes one like any other label (edge), or makes "
        "the only one (deeplab).",
        rich_help_panel=TRIMAP,
    ),
]
Boundary = Annotated[bool, flag_option("--boundary", "Boundary IoU per class.", BOUNDARIES)]
BoundaryF = Annotated[bool, flag_option("--boundary-f", "Boundary F per class.", BOUNDARIES)]
BoundaryFThreshold = Annotated[
    float | None,
    value_option(
        "--boundary-f-threshold",
        "T",
        "Tolerance of boundary F: pixels or, below 1, a fraction of the diagonal. Default: 0.008.",
        BOUNDARIES,
    ),
]
FailUnder = Annotated[float | None, fail_under_option("mIoU")]
