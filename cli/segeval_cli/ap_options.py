"""The options of `segeval ap` that no other command has."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from segeval_cli.options import (
    BOUNDARIES,
    CITYSCAPES,
    COCO,
    LVIS,
    OPEN_IMAGES,
    OUTPUT,
    RUNNING,
    WHAT,
    WHICH,
    AreaFrom,
    Compat,
    Iou,
    Per,
    ProtocolName,
)

Preds = Annotated[
    str,
    typer.Argument(
        metavar="PREDS",
        help='Predictions: .json, .json.gz, .jsonl, or "-" for standard input; a folder '
        "(cityscapes), a .csv (openimages).",
        show_default=False,
    ),
]
GroundTruthPath = Annotated[
    str,
    typer.Argument(
        metavar="GT",
        help="Ground truth, COCO or LVIS: .json, .json.gz; a folder (cityscapes), a .csv of masks "
        "(openimages).",
        show_default=False,
    ),
]
IouKinds = Annotated[
    list[Iou] | None,
    typer.Option(
        "--iou",
        help="Masks, their boundaries, or boxes; repeat it for several. Default: segm (lvis-2021: "
        "boundary).",
        rich_help_panel=WHAT,
        show_default=False,
    ),
]
BoundaryRatio = Annotated[
    float | None,
    typer.Option(
        "--boundary-ratio",
        metavar="R",
        help="Width of the boundary as a part of the image's diagonal. Default: 0.02 (cityscapes: "
        "0.005).",
        rich_help_panel=BOUNDARIES,
        show_default=False,
    ),
]
BoundaryPx = Annotated[
    int | None,
    typer.Option(
        "--boundary-px",
        metavar="PX",
        min=1,
        help="Width of the boundary in pixels, for all images.",
        rich_help_panel=BOUNDARIES,
        show_default=False,
    ),
]
Pool = Annotated[
    bool,
    typer.Option(
        "--pool",
        help="AP-pool as well: the predictions of all categories in one ranking.",
        rich_help_panel=LVIS,
    ),
]
CocoStyle = Annotated[
    bool,
    typer.Option(
        "--coco-style",
        help="AP of the same files by the coco protocol as well.",
        rich_help_panel=CITYSCAPES,
    ),
]
Boxes = Annotated[
    Path | None,
    typer.Option(
        "--boxes",
        metavar="CSV",
        help="Boxes of the ground truth, with IsGroupOf.",
        rich_help_panel=OPEN_IMAGES,
        show_default=False,
    ),
]
ImageLabels = Annotated[
    Path | None,
    typer.Option(
        "--labels",
        metavar="CSV",
        help="Verified labels of the images.",
        rich_help_panel=OPEN_IMAGES,
        show_default=False,
    ),
]
Hierarchy = Annotated[
    Path | None,
    typer.Option(
        "--hierarchy",
        metavar="JSON",
        help="Tree of the classes; ground truth is expanded along it.",
        rich_help_panel=OPEN_IMAGES,
        show_default=False,
    ),
]
GroupOfWeight = Annotated[
    float | None,
    typer.Option(
        "--group-of-weight",
        metavar="W",
        min=0,
        help="What a group counts as a positive. Default: 1, as the challenge's script.",
        rich_help_panel=OPEN_IMAGES,
        show_default=False,
    ),
]
ExpandPredictions = Annotated[
    bool,
    typer.Option(
        "--expand-predictions",
        help="Expand predictions along the hierarchy, if they name leaves only.",
        rich_help_panel=OPEN_IMAGES,
    ),
]
ProtocolChoice = Annotated[
    ProtocolName | None,
    typer.Option(
        "--protocol",
        help="Whose rules. Default: lvis if the ground truth has its keys, else coco.",
        rich_help_panel=WHAT,
        show_default=False,
    ),
]
CompatChoice = Annotated[
    Compat | None,
    typer.Option(
        "--compat",
        help="Reproduce the official package to the last bit, known bugs included: that of the "
        "protocol (official), or one by its name.",
        rich_help_panel=WHAT,
        show_default=False,
    ),
]
Sizes = Annotated[
    str | None,
    typer.Option(
        "--sizes",
        metavar="SIZES",
        help="Size buckets: coco, lvis, 3dfuture; sides in pixels, 32,96 or "
        "tiny=16,small=32,rest; areas, area:1024,9216. Default: coco.",
        rich_help_panel=WHAT,
        show_default=False,
    ),
]
AreaChoice = Annotated[
    AreaFrom | None,
    typer.Option(
        "--area-from",
        help="Area that puts a prediction into its size bucket. Default: mask.",
        rich_help_panel=WHAT,
        show_default=False,
    ),
]
Thresholds = Annotated[
    str | None,
    typer.Option(
        "--thresholds",
        metavar="IOUS",
        help="0.5, or 0.5,0.75, or start:stop:step. Default: 0.50:0.95:0.05.",
        rich_help_panel=WHAT,
        show_default=False,
    ),
]
MaxDets = Annotated[
    str | None,
    typer.Option(
        "--max-dets",
        metavar="N",
        help="Predictions used per image and category (coco: 1,10,100; openimages: 10000), per "
        "image (lvis: 300) or per category (lvis-fixed: 10000); AP is at the last; 0 is no limit.",
        rich_help_panel=WHAT,
        show_default=False,
    ),
]
Agnostic = Annotated[
    bool, typer.Option("--agnostic", help="All categories as one.", rich_help_panel=COCO)
]
HonourIgnore = Annotated[
    bool,
    typer.Option(
        "--honour-ignore",
        help='Use the field "ignore" of COCO files, which pycocotools overwrites.',
        rich_help_panel=COCO,
    ),
]
Categories = Annotated[
    list[str] | None,
    typer.Option(
        "--categories",
        metavar="NAMES",
        help="Names or ids; @file for a list; ~name to leave out.",
        rich_help_panel=WHICH,
        show_default=False,
    ),
]
Images = Annotated[
    list[str] | None,
    typer.Option(
        "--images",
        metavar="NAMES",
        help="File names or ids; @file for a list; ~name to leave out.",
        rich_help_panel=WHICH,
        show_default=False,
    ),
]
SkipUnknown = Annotated[
    bool,
    typer.Option(
        "--skip-unknown",
        help="Drop records of unknown images or categories, and count them.",
        rich_help_panel=WHICH,
    ),
]
PerTable = Annotated[
    list[str],
    typer.Option(
        "--per",
        metavar="TABLE",
        help="Tables to print: size, category, image; repeat it or use commas.",
        rich_help_panel=OUTPUT,
        autocompletion=lambda: list(Per),
    ),
]
All = Annotated[
    bool, typer.Option("--all", help="Every row of a long table.", rich_help_panel=OUTPUT)
]
FailUnder = Annotated[
    float | None,
    typer.Option(
        "--fail-under",
        metavar="AP",
        help="Exit with 1 if AP is lower; a fraction, such as 0.4.",
        rich_help_panel=OUTPUT,
        show_default=False,
    ),
]
Verify = Annotated[
    bool,
    typer.Option(
        "--verify",
        help="Run the official package as well and compare every number; exit with 1 if one "
        "differs.",
        rich_help_panel=RUNNING,
    ),
]
