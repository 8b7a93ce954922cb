"""The objects of one text file of YOLO."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from segeval.data.image_names import shown
from segeval.data.image_objects import Place
from segeval.data.opening import read_bytes
from segeval.errors import FormatError
from segeval.words import counted

NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"

LINE = re.compile(rf"(\d{{1,9}})(?:\s+{NUMBER})*")

LEAST, MOST = -0.01, 1.01
"""Fractions of the image that Ultralytics accepts."""

BOX = 4
"""Numbers of a box."""

SHORTEST = 6
"""Numbers of the shortest polygon."""


class Drawn(NamedTuple):
    """An object of a line.

    Attributes:
        name: of its class.
        values: fractions of the image: x, y, x, y, ... of a polygon, or centre x, centre y, width,
            height of a box.
        score: of a prediction; 1 for others.
        place: of the line.
    """

    name: str
    values: list[float]
    score: float
    place: Place


def drawn_objects(path: Path, names: Mapping[int, str], *, scored: bool) -> Iterator[Drawn]:
    """The objects of a file; those without three points have fewer values than a polygon.

    Args:
        path: of a text file with `class x y x y ...` or `class x y width height` in each line.
        names: of the classes.
        scored: whether a confidence ends each line, as Ultralytics writes with `save_conf=True`.

    Raises:
        InputError: if there is no such file.
        FormatError: if a line has another form.
    """
    try:
        text = bytes(read_bytes(path, limit="file_bytes")).decode("ascii")
    except UnicodeDecodeError:
        raise FormatError(
            f"{path}: is not text of numbers, expected a class and coordinates in each line.",
            code="bad-label-line",
            path=str(path),
        ) from None
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            yield _drawn(
                line.strip(), Place(str(path), f"{path}: line {number}"), names, scored=scored
            )


def _drawn(line: str, place: Place, names: Mapping[int, str], *, scored: bool) -> Drawn:
    """The object of a line."""
    words = line.split()
    if LINE.fullmatch(line) is None:
        wrong = next((word for word in words[1:] if not re.fullmatch(NUMBER, word)), words[0])
        what = "the number of a class" if wrong == words[0] else "a finite number"
        raise place.refuse(
            f"has {shown(wrong)}, expected {what}.", code="bad-label-line", field="line"
        )
    index, values = int(words[0]), list(map(float, words[1:]))
    if index not in names:
        raise place.refuse(
            f"has class {index}, the names have {_range(names)}.", code="class-names", field="class"
        )
    score = _score(values, place) if scored else 1.0
    if len(values) % 2:
        raise place.refuse(
            f"has {counted(len(values), 'number')} behind the class, expected pairs of x and y. "
            "With a confidence at the end it is a prediction: `preds` reads these.",
            code="bad-label-line",
            field="line",
            option="preds",
        )
    if values and not LEAST <= min(values) <= max(values) <= MOST:
        wrong = next(word for word in words[1:] if not LEAST <= float(word) <= MOST)
        raise place.refuse(
            f"has {shown(wrong)}, expected fractions of the image, from 0 to 1. Pixels are divided "
            "by its width and height.",
            code="not-a-fraction",
            field="line",
        )
    return Drawn(names[index], values, score, place)


def _score(values: list[float], place: Place) -> float:
    """Take the confidence off the numbers of a line."""
    if len(values) % 2 == 0:
        raise place.refuse(
            f"has {counted(len(values), 'number')} behind the class, expected pairs of x and y and "
            "a confidence. Ultralytics writes it with `save_conf=True`, and a further number when "
            "it tracks.",
            code="no-confidence",
            field="confidence",
        )
    score = values.pop()
    if not 0 <= score <= 1:
        raise place.refuse(
            f"the confidence is {score:g}, expected 0 to 1.", code="bad-score", field="confidence"
        )
    return score


def _range(names: Mapping[int, str]) -> str:
    numbers = [*names]
    return f"{numbers[0]} to {numbers[-1]}" if len(numbers) > 1 else f"{numbers[0]} alone"
