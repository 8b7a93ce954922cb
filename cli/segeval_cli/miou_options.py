"""The options of `segeval miou`, and the small languages of their values."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated

import typer

from segeval.errors import InputError
from segeval_cli.options import OUTPUT, WHAT

TRIMAP = "Trimap"
BOUNDARIES = "Boundaries"


class AbsentRule(StrEnum):
    """Which classes count in a mean."""

    CITYSCAPES = "cityscapes"
    ZERO = "zero"
    DETECTRON2 = "detectron2"


class MapCompat(StrEnum):
    """Tools that can be reproduced."""

    OFFICIAL = "official"
    DETECTRON2 = "detectron2"


class Distance(StrEnum):
    """How far a pixel is from a boundary."""

    EUCLID = "euclid"
    CHEBYSHEV = "chebyshev"


class VoidRule(StrEnum):
    """What void does at a boundary."""

    IGNORE = "ignore"
    EDGE = "edge"
    DEEPLAB = "deeplab"


Preds = Annotated[
    str,
    typer.Argument(
        metavar="PREDS",
        help="Predicted label maps: a folder of .png or .npy files, or one file.",
        show_default=False,
    ),
]
GroundTruthPath = Annotated[
    str,
    typer.Argument(
        metavar="GT",
        help="True label maps, paired by name (Cityscapes: city_sequence_frame).",
        show_default=False,
    ),
]
Classes = Annotated[
    str,
    typer.Option(
        "--classes",
        metavar="CLASSES",
        help="cityscapes, ade20k, camvid, voc; a number N for ids 0 to N-1; or a file with lines "
        'such as "7 road".',
        rich_help_panel=WHAT,
        show_default=False,
    ),
]
Ignore = Annotated[
    list[str] | None,
    typer.Option(
        "--ignore",
        metavar="IDS",
        help="Ids that are not evaluated, such as 255 or 0-6,9: void in GT, misses in PREDS.",
        rich_help_panel=WHAT,
        show_default=False,
    ),
]
AbsentChoice = Annotated[
    AbsentRule | None,
    typer.Option(
        "--absent",
        help="Classes on neither side are left out (cityscapes, the default) or count as 0 (zero); "
        "or all without ground truth are left out (detectron2).",
        rich_help_panel=WHAT,
        show_default=False,
    ),
]
CompatChoice = Annotated[
    MapCompat | None,
    typer.Option(
        "--compat",
        help="Reproduce a tool: cityscapesScripts (official), or detectron2 with its boundary IoU.",
        rich_help_panel=WHAT,
        show_default=False,
    ),
]
Trimap = Annotated[
    str | None,
    typer.Option(
        "--trimap",
        metavar="PX",
        help="Mean IoU within these distances of the boundaries, such as 1,3,5,8,20.",
        rich_help_panel=TRIMAP,
        show_default=False,
    ),
]
TrimapMetric = Annotated[
    Distance,
    typer.Option("--trimap-metric", help="How distances are measured.", rich_help_panel=TRIMAP),
]
TrimapTotalWidth = Annotated[
    bool,
    typer.Option(
        "--trimap-total-width",
        help="The widths are those of the whole band, not of one side.",
        rich_help_panel=TRIMAP,
    ),
]
TrimapVoid = Annotated[
    VoidRule,
    typer.Option(
        "--trimap-void",
        help="Void makes no boundary, is an edge as any label, or is the boundary (deeplab).",
        rich_help_panel=TRIMAP,
    ),
]
Boundary = Annotated[
    bool,
    typer.Option("--boundary", help="Boundary IoU per class.", rich_help_panel=BOUNDARIES),
]
BoundaryRatio = Annotated[
    float | None,
    typer.Option(
        "--boundary-ratio",
        metavar="R",
        help="Its width as a part of the image's diagonal. Default: 0.02 (cityscapes: 0.005).",
        rich_help_panel=BOUNDARIES,
        show_default=False,
    ),
]
BoundaryF = Annotated[
    bool,
    typer.Option("--boundary-f", help="Boundary F per class.", rich_help_panel=BOUNDARIES),
]
BoundaryFThreshold = Annotated[
    float | None,
    typer.Option(
        "--boundary-f-threshold",
        metavar="T",
        help="Its distance: pixels or, below 1, a part of the diagonal. Default: 0.008.",
        rich_help_panel=BOUNDARIES,
        show_default=False,
    ),
]
All = Annotated[
    bool, typer.Option("--all", help="Every row of a long table.", rich_help_panel=OUTPUT)
]
FailUnder = Annotated[
    float | None,
    typer.Option(
        "--fail-under",
        metavar="MIOU",
        help="Exit with 1 if mIoU is lower; a fraction, such as 0.4.",
        rich_help_panel=OUTPUT,
        show_default=False,
    ),
]


def parse_widths(text: str | None) -> tuple[float, ...]:
    """Widths of bands.

    Args:
        text: numbers with commas between, such as "1,3,5", None for none.

    Raises:
        InputError: if one is no number above 0.

    Example:
        >>> parse_widths("8,20")
        (8.0, 20.0)
    """
    widths: list[float] = []
    for part in text.split(",") if text is not None else ():
        try:
            widths.append(float(part))
        except ValueError:
            widths.append(float("nan"))
        if not 0 < widths[-1] < float("inf"):
            raise InputError(
                f"--trimap {text}: {part.strip()!r} is no width in pixels, expected numbers above "
                "0, such as 1,3,5,8,20.",
                code="trimap",
            )
    return tuple(widths)


def parse_ignore(values: Sequence[str] | None) -> tuple[int, ...]:
    """Ids that are not evaluated.

    Args:
        values: every value of `--ignore`: ids and ranges with commas between.

    Raises:
        InputError: if something else is among them.

    Example:
        >>> parse_ignore(["0-3,9", "255"])
        (0, 1, 2, 3, 9, 255)
    """
    ids: list[int] = []
    for part in (part.strip() for value in values or () for part in value.split(",")):
        first, _, last = part.partition("-")
        last = last or first
        if not (first.isdecimal() and last.isdecimal()) or int(last) < int(first):
            raise InputError(
                f"--ignore {part}: expected ids and ranges of them, such as 255 or 0-6,9.",
                code="ignore",
            )
        ids += range(int(first), int(last) + 1)
    return tuple(ids)
