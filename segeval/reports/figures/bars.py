"""Bars with whiskers: what each kind of error costs."""

from __future__ import annotations

from collections.abc import Sequence

from segeval.frozen import frozen
from segeval.reports.figures.drawing import Drawing, Shape, bar, line, row_name, text
from segeval.reports.page_table import PageTable
from segeval.words import percent

WIDTH, LEFT, RIGHT, TOP, FOOT = 640, 170, 60, 8, 12
THICK = 20.0
"""Height of a bar with the whisker below it, in pixels."""

GAP = 14.0
"""Pixels between rows."""


@frozen
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
        tall = THICK * len(row) + GAP
        top = y + GAP / 2
        shapes.append(row_name(LEFT - 10, y + tall / 2 + 4, row[0].label))
        for place, each in enumerate(row):
            if each.value is None:
                continue
            at = top + THICK * place
            shapes.append(bar(f"bar {each.role}", x(0), at, x(each.value) - x(0), THICK - 7))
            end = x(max(each.value, 0.0))
            if each.low is not None and each.high is not None:
                under = at + THICK - 3
                shapes.append(
                    line(f"interval {each.role}", x(each.low), under, x(each.high), under)
                )
                end = max(end, x(each.high))
            shapes.append(text("value", end + 8, at + THICK / 2 + 3, percent(each.value)))
        y += tall
    shapes.append(line("axis", x(0), TOP, x(0), y))
    height = round(y) + FOOT
    return Drawing(key, title, description, WIDTH, height, tuple(shapes), data, legend)
