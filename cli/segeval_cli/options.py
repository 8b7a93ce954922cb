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


class ProtocolName(StrEnum):
    """Whose rules are followed."""

    COCO = "coco"
    LVIS = "lvis"
    LVIS_FIXED = "lvis-fixed"
    LVIS_2021 = "lvis-2021"
    AP_STAR = "ap-star"
    CITYSCAPES = "cityscapes"
    OPENIMAGES = "openimages"


class Compat(StrEnum):
    """Official packages that can be reproduced, bugs included."""

    OFFICIAL = "official"
    PYCOCOTOOLS = "pycocotools"
    LVIS = "lvis"


class AreaFrom(StrEnum):
    """Where the area of a prediction comes from."""

    MASK = "mask"
    BBOX = "bbox"


class Per(StrEnum):
    """Tables that can be printed."""

    SIZE = "size"
    CATEGORY = "category"
    IMAGE = "image"


def output_option(help_text: str) -> Any:
    """The option `--output` of one command, which says what the command can write."""
    return typer.Option(
        "--output",
        "-o",
        metavar="FILE",
        help=help_text,
        rich_help_panel=OUTPUT,
        show_default=False,
    )


Json = Annotated[
    bool,
    typer.Option("--json", help="One JSON object on standard output.", rich_help_panel=OUTPUT),
]
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

    from segeval.metrics.matching import MOST_THRESHOLDS

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
    caps: list[int] = []
    for part in text.split(","):
        if not part.strip().isdecimal():
            raise InputError(
                f"{place}: {part.strip()!r} is not a number of predictions, expected a whole "
                "number or several, such as 1,10,100; 0 is no limit.",
                code="max-dets",
            )
        caps.append(int(part))
    _check_increasing(
        [cap or math.inf for cap in caps],
        f"{place}: caps must increase (0 is no limit).",
        "max-dets",
    )
    return tuple(caps)


def check_fraction(value: float | None, option: str, name: str = "AP") -> None:
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
