"""Options shared by several commands."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

WHAT = "What to measure"
WHICH = "Which part"
OUTPUT = "Output"
RUNNING = "Running"
BOUNDARIES = "Boundaries"
FILES = "Files"
COCO = "COCO"
LVIS = "LVIS"
CITYSCAPES = "Cityscapes"
OPEN_IMAGES = "Open Images"


class Iou(StrEnum):
    """What IoU compares."""

    SEGM = "segm"
    BOUNDARY = "boundary"
    BBOX = "bbox"


def argument(metavar: str, help_text: str) -> Any:
    """A positional argument."""
    return typer.Argument(metavar=metavar, help=help_text, show_default=False)


def value_option(name: str, metavar: str | None, help_text: str, panel: str, **more: Any) -> Any:
    """An option with a value; its help text states the default.

    Args:
        name: with its hyphens.
        metavar: placeholder for the value in the help; None for the choices of its type.
        help_text: a sentence or two.
        panel: its group in the help.
        more: passed on to Typer.
    """
    return typer.Option(
        name, metavar=metavar, help=help_text, rich_help_panel=panel, show_default=False, **more
    )


def flag_option(name: str, help_text: str, panel: str) -> Any:
    """An option without a value."""
    return typer.Option(name, help=help_text, rich_help_panel=panel)


def output_option(help_text: str, metavar: str = "FILE") -> Any:
    """The option `--output`; its help text says what the command can write."""
    return typer.Option(
        "--output",
        "-o",
        metavar=metavar,
        help=help_text,
        rich_help_panel=OUTPUT,
        show_default=False,
    )


def protocol_option() -> Any:
    """The option `--protocol` of commands that follow the rules of COCO or LVIS."""
    help_text = (
        "Whose rules to follow. Default: lvis if the ground truth has LVIS's keys, else coco."
    )
    return value_option("--protocol", None, help_text, WHAT)


def fail_under_option(number: str) -> Any:
    """The option `--fail-under` of a command with this first number."""
    help_text = f"Exit with 1 if {number} is below this fraction, such as 0.4."
    return value_option("--fail-under", number.upper(), help_text, OUTPUT)


GroundTruthPath = Annotated[str, argument("GT", "Ground truth, COCO or LVIS: .json or .json.gz.")]
BoundaryRatio = Annotated[
    float | None,
    value_option(
        "--boundary-ratio",
        "R",
        "Boundary width as a fraction of the image diagonal. Default: 0.02; 0.005 for the "
        "protocol or the classes of Cityscapes.",
        BOUNDARIES,
    ),
]
BoundaryPx = Annotated[
    int | None,
    value_option(
        "--boundary-px",
        "PX",
        "Boundary width in pixels, the same for all images.",
        BOUNDARIES,
        min=1,
    ),
]
PredsDir = Annotated[
    Path | None,
    value_option(
        "--preds-dir",
        "DIR",
        "Folder of the predicted pictures. Default: PREDS without .json.",
        FILES,
    ),
]
GtDir = Annotated[
    Path | None,
    value_option(
        "--gt-dir", "DIR", "Folder of the ground-truth pictures. Default: GT without .json.", FILES
    ),
]
All = Annotated[bool, flag_option("--all", "Show every row of a long table.", OUTPUT)]
Json = Annotated[bool, flag_option("--json", "Print one JSON object on standard output.", OUTPUT)]
OutputFile = Annotated[Path | None, output_option("Also write to a file: .json, .csv or .md.")]
Quiet = Annotated[
    bool,
    typer.Option("--quiet", "-q", help="Print neither notes nor progress.", rich_help_panel=OUTPUT),
]
Verbose = Annotated[
    bool,
    typer.Option(
        "--verbose",
        "-v",
        help="Print versions and timings on standard error.",
        rich_help_panel=OUTPUT,
    ),
]
Workers = Annotated[
    int | None,
    typer.Option(
        "--workers",
        "-j",
        metavar="N",
        min=1,
        help="Number of threads; the numbers stay the same. Default: all cores.",
        rich_help_panel=RUNNING,
        show_default=False,
    ),
]

SkipUnknown = Annotated[
    bool,
    flag_option(
        "--skip-unknown", "Drop records of unknown images or categories, and count them.", WHICH
    ),
]
