"""Dots with intervals, a row each."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from segeval.analysis.comparison.intervals import Interval
from segeval.frozen import frozen
from segeval.reports.figures.drawing import Drawing, Shape, dot, line, row_name, text
from segeval.reports.page_table import Cell, Column, PageTable
from segeval.reports.wording import between
from segeval.words import percent

WIDTH, LEFT, RIGHT, TOP, FOOT = 640, 120, 60, 8, 42
"""Pixels: of the drawing, beside the axis, above and below it."""

ROW, ROW_OF_TWO, APART = 34, 46, 16
"""Pixels: of a row with one dot, with two, and between these."""

STEPS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.25, 0.5)
"""Distances of the marks on an axis."""

MARKS = 6
"""Most marks on an axis."""


@frozen
class Dot:
    """A number with its interval.

    Attributes:
        role: "a" or "b", for models; "a" where there is one.
        name: what it is of, for the data below the figure.
        value: a fraction; None is undefined and not drawn.
        interval: its ends, None without one.
    """

    role: str
    name: str
    value: float | None
    interval: Interval = None


@frozen
class Row:
    """A label and its dots."""

    label: str
    dots: tuple[Dot, ...]


def dots(
    key: str,
    title: str,
    description: str,
    rows: Sequence[Row],
    *,
    axis: str,
    legend: tuple[tuple[str, str], ...] = (),
) -> Drawing:
    """A drawing of dots with intervals from 0 to the largest.

    Args:
        key: name on the page.
        title: what it shows.
        description: what it says.
        rows: from top to bottom.
        axis: what the numbers are.
        legend: role and name of the models, where there are two.
    """
    every = [each for row in rows for each in row.dots]
    top = max([0.01, *(_end(each) for each in every)])
    step = next((step for step in STEPS if top / step <= MARKS), STEPS[-1])
    limit = step * math.ceil(top / step - 1e-9)
    tall = ROW if all(len(row.dots) < 2 for row in rows) else ROW_OF_TWO
    bottom = TOP + tall * len(rows)
    height = bottom + FOOT

    def x(value: float) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * value / limit

    shapes: list[Shape] = []
    for place in range(round(limit / step) + 1):
        at = x(place * step)
        shapes += [
            line("grid", at, TOP, at, bottom),
            text("tick", at, bottom + 16, f"{100 * place * step:g}", "middle"),
        ]
    shapes.append(text("axis-name", x(limit / 2), height - 4, axis, "middle"))
    for place, row in enumerate(rows):
        middle = TOP + tall * (place + 0.5)
        shapes.append(row_name(LEFT - 10, middle + 4, row.label))
        for order, each in enumerate(row.dots):
            shapes += _dot(each, x, middle + APART * (order - (len(row.dots) - 1) / 2))
    data = PageTable(
        f"{title}: the numbers",
        (Column("row"), Column(axis, is_number=True), Column("95 % interval", is_number=True)),
        tuple(
            (Cell(each.name), Cell(percent(each.value)), Cell(between(each.interval) or "-"))
            for each in every
        ),
    )
    return Drawing(key, title, description, WIDTH, height, tuple(shapes), data, legend)


def _dot(each: Dot, x: Callable[[float], float], y: float) -> list[Shape]:
    """One dot with its interval and its number."""
    if each.value is None:
        return []
    at = x(each.value)
    found: list[Shape] = []
    end = at
    if each.interval is not None:
        low, high = (x(max(end, 0.0)) for end in each.interval)
        found.append(line(f"interval {each.role}", low, y, high, y))
        end = max(at, high)
    return [
        *found,
        dot(f"dot {each.role}", at, y),
        text("value", end + 9, y + 4, percent(each.value)),
    ]


def _end(each: Dot) -> float:
    """The largest number of a dot."""
    high = 0.0 if each.interval is None else each.interval[1]
    return max(each.value or 0.0, high)
