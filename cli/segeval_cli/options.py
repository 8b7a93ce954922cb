"""Options shared by several commands."""

from __future__ import annotations

import math
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from segeval.frozen import frozen
from segeval_cli import inputs
from segeval_cli.values import shortened

LARGEST = 2**31 - 1
"""The largest whole number of an option."""


def within_reach(value: Any) -> Any:
    """Refuse numbers that no setting can have, whatever the option.

    Raises:
        typer.BadParameter: for a whole number of more than 31 bits, and for one that is not finite.
    """
    if isinstance(value, int) and abs(value) > LARGEST:
        raise typer.BadParameter(f"{shortened(str(value))} is not in the range x<={LARGEST}.")
    if isinstance(value, float) and not math.isfinite(value):
        raise typer.BadParameter(f"{value} is not a finite number.")
    return value


@frozen
class Panel:
    """A group of options in the help."""

    title: str

    def reading(self, usage: str, help_text: str, **more: Any) -> Any:
        """An option that names a file to read, or "@file"; see `option`."""
        flag = next(word for word in usage.split() if word.startswith("--"))
        return self.option(usage, help_text, callback=inputs.declared_by(flag), **more)

    def option(self, usage: str, help_text: str, **more: Any) -> Any:
        """An option; if it has a value, its help text states the default.

        Args:
            usage: names and placeholder of the value, as the help shows them: "--output -o FILE".
                Without a placeholder the help shows the choices of the type.
            help_text: a sentence or two.
            more: passed on to Typer.
        """
        words = usage.split()
        names = [word for word in words if word.startswith("-")]
        return typer.Option(
            *names,
            metavar=next(iter(words[len(names) :]), None),
            help=help_text,
            rich_help_panel=self.title,
            **{"show_default": False, "callback": within_reach, **more},
        )


WHAT = Panel("What to measure")
WHICH = Panel("Which part")
OUTPUT = Panel("Output")
RUNNING = Panel("Running")
BOUNDARIES = Panel("Boundaries")
FILES = Panel("Files")


class Iou(StrEnum):
    """What IoU compares."""

    SEGM = "segm"
    BOUNDARY = "boundary"
    BBOX = "bbox"


def argument(metavar: str, help_text: str) -> Any:
    """A positional argument, which names a file to read."""
    return typer.Argument(
        metavar=metavar, help=help_text, show_default=False, callback=inputs.declared
    )


def output_option(help_text: str, metavar: str = "FILE") -> Any:
    """The option `--output`; its help text says what the command can write."""
    return OUTPUT.option(f"--output -o {metavar}", help_text)


def protocol_option() -> Any:
    """The option `--protocol` of commands that follow the rules of COCO or LVIS."""
    return WHAT.option(
        "--protocol",
        "Whose rules to follow. Default: lvis if the ground truth has LVIS's keys, else coco.",
    )


def boundary_ratio_option(default: str = "0.02") -> Any:
    """The option `--boundary-ratio` of a command with this default."""
    return BOUNDARIES.option(
        "--boundary-ratio R",
        f"Boundary width as a fraction of the image diagonal. Default: {default}.",
    )


def fail_under_option(number: str) -> Any:
    """The option `--fail-under` of a command with this first number."""
    return OUTPUT.option(
        f"--fail-under {number.upper()}",
        f"Exit with 1 if {number} is below this fraction, such as 0.4.",
    )


def metric_option(main: str, of_part: str) -> Any:
    """The option `--metric` of a command with `--fail-under`.

    Args:
        main: key of the main number, such as "ap".
        of_part: key path of the number of a part, such as "sizes.small.ap".
    """
    return OUTPUT.option(
        "--metric NAME",
        f"The number that --fail-under judges: a key path of JSON, such as {of_part}; with --slice "
        f"also slices.night.{main}, or slices.worst.{main} for all of them. Default: the first "
        "number.",
    )


def readers_option(least: int) -> Any:
    """The option `--workers` of commands whose threads read images."""
    return RUNNING.option(
        "--workers -j N", "Threads that read images.", min=least, show_default=True
    )


GroundTruthPath = Annotated[str, argument("GT", "Ground truth, COCO or LVIS: .json or .json.gz.")]
BoundaryRatio = Annotated[float | None, boundary_ratio_option()]
BoundaryPx = Annotated[
    int | None,
    BOUNDARIES.option(
        "--boundary-px PX", "Boundary width in pixels, the same for all images.", min=1
    ),
]
PredsDir = Annotated[
    Path | None,
    FILES.reading(
        "--preds-dir DIR", "Folder of the predicted pictures. Default: PREDS without .json."
    ),
]
GtDir = Annotated[
    Path | None,
    FILES.reading(
        "--gt-dir DIR", "Folder of the ground-truth pictures. Default: GT without .json."
    ),
]
SkipUnknown = Annotated[
    bool,
    WHICH.option("--skip-unknown", "Drop records of unknown images or categories, and count them."),
]
Device = Annotated[
    str, RUNNING.option("--device NAME", "auto (the default: a GPU if there is one), cpu or cuda.")
]
Amp = Annotated[
    Literal["bf16", "fp16"] | None, RUNNING.option("--amp", "Compute mostly in 16 bits.")
]
TABLES = ("category", "image")
"""Tables of label maps and of panoptic quality."""

Tables = Annotated[
    list[str],
    OUTPUT.option(
        "--per TABLE",
        "Tables to print: category (default), image: what each image alone would score, worst "
        "first; separated by commas.",
        autocompletion=lambda: list(TABLES),
    ),
]
All = Annotated[bool, OUTPUT.option("--all", "Show every row of a long table.")]
Json = Annotated[bool, OUTPUT.option("--json", "Print one JSON object on standard output.")]
Overwrite = Annotated[bool, OUTPUT.option("--overwrite", "Replace what the output would replace.")]
OutputFile = Annotated[
    Path | None, output_option("Also write to a file: .json, .csv, .md or .tex.")
]
Quiet = Annotated[bool, OUTPUT.option("--quiet -q", "Print neither notes nor progress.")]
Verbose = Annotated[
    bool, OUTPUT.option("--verbose -v", "Print versions and timings on standard error.")
]
Workers = Annotated[
    int | None,
    RUNNING.option(
        "--workers -j N", "Number of threads; the numbers stay the same. Default: all cores.", min=1
    ),
]
