"""Bars with whiskers: what each kind of error costs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from segeval.reports.figures.drawing import Drawing, Shape, bar, line, text
from segeval.reports.page_table import PageTable
from segeval.words import percent

WIDTH, LEFT, RIGHT, TOP, ROW, FOOT = 640, 140, 60, 8, 34, 20
THICK = 16.0
"""Height of a bar in pixels."""


@dataclass(frozen=True)
class Bar:
    """One bar.

    Attributes:
        label: beside it.
        role: "a" or "b".
        value: its length, a fraction; None is undefined.
        low: lower end of its whisker; None without one.
        high: upper end.
    """

    label: str
    role: str
    value: float | None
    low: float | None = None
    high: float | None = None


def bars(
    key: str,
    title: str,
    description: str,
    rows: Sequence[Sequence[Bar]],
    data: PageTable,
    legend: tuple[tuple[str, str], ...] = (),
) -> Drawing:
    """A drawing of bars that begin at 0.

    Args:
        key: name on the page.
        title: what it shows.
        description: what it says.
        rows: bars that stand together, such as those of two models, from top to bottom.
        data: the numbers.
        legend: role and name of the models, where there are two.
    """
    every = [each for row in rows for each in row]
    ends = [end for each in every for end in (each.value, each.low, each.high) if end is not None]
    low, high = min([0.0, *ends]), max([0.01, *ends])

    def x(value: float) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * (value - low) / (high - low)

    shapes: list[Shape] = []
    y = float(TOP)
    for row in rows:
        tall = ROW if len(row) == 1 else 2 * THICK + 14
        thick = THICK if len(row) == 1 else THICK - 2
        top = y + (tall - thick * len(row)) / 2
        shapes.append(text("label", LEFT - 10, y + tall / 2 + 4, row[0].label, "end"))
        for place, each in enumerate(row):
            if each.value is None:
                continue
            at = top + thick * place
            shapes.append(bar(f"bar {each.role}", x(0), at, x(each.value) - x(0), thick - 2))
            end = x(max(each.value, 0.0))
            if each.low is not None and each.high is not None:
                middle = at + (thick - 2) / 2
                shapes.append(line("whisker", x(each.low), middle, x(each.high), middle))
                end = max(end, x(each.high))
            shapes.append(text("value", end + 8, at + thick / 2 + 3, percent(each.value)))
        y += tall
    shapes.append(line("axis", x(0), TOP, x(0), y))
    height = round(y) + FOOT - 8
    return Drawing(key, title, description, WIDTH, height, tuple(shapes), data, legend)
