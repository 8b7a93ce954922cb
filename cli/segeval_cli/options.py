"""Options that several commands share, and the small languages of option values."""

from __future__ import annotations

import math
from collections.abc import Sequence
from enum import StrEnum
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any

import typer

from segeval.errors import InputError

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

STANDARD_INPUT = "-"


class Iou(StrEnum):
    """What two objects are compared by."""

    SEGM = "segm"
    BOUNDARY = "boundary"
    BBOX = "bbox"


class Per(StrEnum):
    """Tables that can be printed."""

    SIZE = "size"
    CATEGORY = "category"
    IMAGE = "image"


def argument(metavar: str, help_text: str) -> Any:
    """What a command works on."""
    return typer.Argument(metavar=metavar, help=help_text, show_default=False)


def value_option(name: str, metavar: str | None, help_text: str, panel: str, **more: Any) -> Any:
    """An option with a value; if it has a default, the help text tells it.

    Args:
        name: with its hyphens.
        metavar: what stands for the value in the help, None for the choices of its type.
        help_text: a sentence or two.
        panel: where the help shows it.
        more: what else Typer takes.
    """
    return typer.Option(
        name, metavar=metavar, help=help_text, rich_help_panel=panel, show_default=False, **more
    )


def flag_option(name: str, help_text: str, panel: str) -> Any:
    """An option that is given or not."""
    return typer.Option(name, help=help_text, rich_help_panel=panel)


def output_option(help_text: str, metavar: str = "FILE") -> Any:
    """The option `--output` of one command, which says what the command can write."""
    return typer.Option(
        "--output",
        "-o",
        metavar=metavar,
        help=help_text,
        rich_help_panel=OUTPUT,
        show_default=False,
    )


def protocol_option() -> Any:
    """The option `--protocol` of the commands that follow COCO's or LVIS's rules."""
    help_text = "Whose rules. Default: lvis if the ground truth has its keys, else coco."
    return value_option("--protocol", None, help_text, WHAT)


def fail_under_option(number: str) -> Any:
    """The option `--fail-under` of one command, whose first number has this name."""
    help_text = f"Exit with 1 if {number} is lower; a fraction, such as 0.4."
    return value_option("--fail-under", number.upper(), help_text, OUTPUT)


GroundTruthPath = Annotated[str, argument("GT", "Ground truth, COCO or LVIS: .json, .json.gz.")]
BoundaryRatio = Annotated[
    float | None,
    value_option(
        "--boundary-ratio",
        "R",
        "Width of the boundary as a part of the image's diagonal. Default: 0.02; 0.005 by the "
        "protocol or the classes of Cityscapes.",
        BOUNDARIES,
    ),
]
BoundaryPx = Annotated[
    int | None,
    value_option(
        "--boundary-px",
        "PX",
        "Width of the boundary in pixels, for all images.",
        BOUNDARIES,
        min=1,
    ),
]
GtDir = Annotated[
    Path | None,
    value_option(
        "--gt-dir", "DIR", "Pictures of the ground truth. Default: GT without .json.", FILES
    ),
]
All = Annotated[bool, flag_option("--all", "Every row of a long table.", OUTPUT)]
Json = Annotated[bool, flag_option("--json", "One JSON object on standard output.", OUTPUT)]
Output = Annotated[Path | None, output_option("Write to a file as well: .json, .csv or .md.")]
Quiet = Annotated[
    bool,
    typer.Option("--quiet", "-q", help="Neither notes nor progress.", rich_help_panel=OUTPUT),
]
Verbose = Annotated[
    bool,
    typer.Option(
        "--verbose", "-v", help="Versions and timings on standard error.", rich_help_panel=OUTPUT
    ),
]
Workers = Annotated[
    int | None,
    typer.Option(
        "--workers",
        "-j",
        metavar="N",
        min=1,
        help="Threads; the numbers do not depend on it. Default: all cores.",
        rich_help_panel=RUNNING,
        show_default=False,
    ),
]


def parse_per(values: Sequence[str]) -> tuple[Per, ...]:
    """Tables asked for, in the order asked, each once.

    Args:
        values: every value of `--per`, each a name or several with commas between.

    Example:
        >>> [per.value for per in parse_per(["category,image", "category"])]
        ['category', 'image']
    """
    names = [name.strip() for value in values for name in value.split(",")]
    for name in names:
        if name not in list(Per):
            raise InputError(f"--per {name}: no such table, expected {', '.join(Per)}.", code="per")
    return tuple(Per(name) for name in dict.fromkeys(names))


def parse_thresholds(text: str) -> tuple[float, ...]:
    """IoU thresholds from one number, several with commas, or start:stop:step.

    Args:
        text: such as "0.5", "0.5,0.75" or "0.50:0.95:0.05"; stop is included if a step hits it.

    Returns:
        Increasing numbers in (0, 1]; a range has those of numpy.linspace to the last bit, because
        that is what the official packages use.

    Raises:
        InputError: if the text cannot be read, or the numbers do not increase or leave (0, 1].
    """
    ends = text.split(":")
    if len(ends) == 1:
        thresholds = _numbers(text.split(","), f"--thresholds {text}")
    elif len(ends) == 3:
        thresholds = _range(f"--thresholds {text}", *_numbers(ends, f"--thresholds {text}"))
    else:
        raise InputError(
            f"--thresholds {text}: expected start:stop:step, such as 0.50:0.95:0.05.",
            code="thresholds",
        )
    if not all(0 < threshold <= 1 for threshold in thresholds):
        raise InputError(
            f"--thresholds {text}: an IoU threshold is above 0 and at most 1.", code="thresholds"
        )
    _check_increasing(thresholds, f"--thresholds {text}: thresholds must increase.", "thresholds")
    return thresholds


def _range(place: str, start: float, stop: float, step: float) -> tuple[float, ...]:
    """Evenly spaced numbers from start to at most stop, as numpy.linspace has them."""
    import numpy as np

    from segeval.metrics.coco.greedy import MOST_THRESHOLDS

    if not (step > 0 and start <= stop):
        raise InputError(
            f"{place}: expected start:stop:step with a positive step, such as 0.50:0.95:0.05.",
            code="thresholds",
        )
    steps = (stop - start) / step
    hits_stop = math.isclose(steps, round(steps), abs_tol=1e-9)
    whole = round(steps) if hits_stop else math.floor(steps)
    if whole >= MOST_THRESHOLDS:
        raise InputError(
            f"{place}: {whole + 1} thresholds, at most {MOST_THRESHOLDS}.", code="thresholds"
        )
    last = stop if hits_stop else start + whole * step
    return tuple(np.linspace(start, last, whole + 1).tolist())


def parse_max_dets(text: str) -> tuple[int, ...]:
    """Caps on the number of predictions.

    Args:
        text: such as "100" or "1,10,100"; 0, which stands for no limit, comes last.

    Raises:
        InputError: if a cap is not a whole number, is negative, or the caps do not increase.

    Example:
        >>> parse_max_dets("1,10,0")
        (1, 10, 0)
    """
    place = f"--max-dets {text}"
    caps = parse_whole_numbers(
        text, "--max-dets", "a whole number or several, such as 1,10,100; 0 is no limit"
    )
    _check_increasing(
        [cap or math.inf for cap in caps],
        f"{place}: caps must increase (0 is no limit).",
        "max-dets",
    )
    return caps


def parse_whole_numbers(text: str, option: str, expected: str) -> tuple[int, ...]:
    """Numbers of predictions with commas between.

    Args:
        text: such as "1,10,100".
        option: whose value it is.
        expected: what is expected, for the message.

    Raises:
        InputError: if a part is no whole number.
    """
    parts = [part.strip() for part in text.split(",")]
    for part in parts:
        if not part.isdecimal():
            raise InputError(
                f"{option} {text}: {part!r} is not a number of predictions, expected {expected}.",
                code=option.removeprefix("--"),
            )
    return tuple(int(part) for part in parts)


def check_fraction(value: float | None, option: str, name: str) -> None:
    """Refuse a value that is not a fraction, above all a percentage.

    Raises:
        InputError: if the value is not in [0, 1].
    """
    if value is not None and not 0 <= value <= 1:
        hint = f" Write {value / 100:g}." if 1 < value <= 100 else ""
        raise InputError(
            f"{option} {value:g}: {name} is a fraction from 0 to 1 here.{hint}",
            code=option.removeprefix("--"),
        )


def check_inputs(*paths: str) -> None:
    """Refuse standard input for more than one file.

    Raises:
        InputError: if more than one path is "-".
    """
    if paths.count(STANDARD_INPUT) > 1:
        raise InputError(
            'only one file can be "-": standard input holds one. Give the other as a path.',
            code="standard-input",
        )


def _numbers(parts: Sequence[str], place: str) -> tuple[float, ...]:
    """Numbers from texts."""
    try:
        return tuple(float(part) for part in parts)
    except ValueError as problem:
        wrong = next(part for part in parts if not _is_number(part))
        raise InputError(
            f"{place}: {wrong!r} is not a number.", code=place.split()[0].removeprefix("--")
        ) from problem


def _is_number(text: str) -> bool:
    """Whether Python reads the text as a number."""
    try:
        float(text)
    except ValueError:
        return False
    return True


def _check_increasing(numbers: Sequence[float], message: str, code: str) -> None:
    """Raise unless every number is larger than the one before."""
    if any(low >= high for low, high in pairwise(numbers)):
        raise InputError(message, code=code)
