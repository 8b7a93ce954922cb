"""Stacked bars: parts that add up to a whole, a row each."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate
from unicodedata import east_asian_width

from segeval.characters import shown
from segeval.frozen import frozen
from segeval.reports.figures.drawing import Drawing, Shape, bar, line, row_name, text
from segeval.reports.page_table import PageTable

STACKED = ("stacked.css",)
"""What a page with stacked bars needs beside its own style."""

WIDTH, LEFT, RIGHT, TOP, FOOT = 640, 185, 20, 8, 40
"""Pixels: of the drawing, beside the bars, above and below them."""

THICK, GAP, GAP_OF_MODELS = 16.0, 8.0, 2.0
"""Pixels: of a bar, between rows, between the bars of two models."""

WITH_MARK = 0.07
"""Share of the whole from which a part has room for its mark."""

LONGEST_LABEL = 16
"""Characters of a label beside its bars."""

TICKS = (0, 20, 40, 60, 80, 100)


@frozen
class Part:
    """One part of a bar.

    Attributes:
        role: how it is drawn, one of the roles of the legend.
        mark: a short name, written in it if it is long enough.
        value: its share of the whole, a fraction.
    """

    role: str
    mark: str
    value: float


@frozen
class Stack:
    """One row.

    Attributes:
        label: beside it.
        bars: one of each model, each of parts from left to right.
    """

    label: str
    bars: tuple[tuple[Part, ...], ...]


def stacked(
    key: str,
    title: str,
    description: str,
    rows: Sequence[Stack],
    data: PageTable,
    legend: tuple[tuple[str, str], ...],
    axis: str,
) -> Drawing:
    """A drawing of bars whose parts add up to 1.

    Args:
        key: name on the page.
        title: what it shows.
        description: what it says.
        rows: from top to bottom.
        data: the numbers.
        legend: role and name of the parts.
        axis: what lengths are.
    """
    tall = [len(row.bars) * THICK + (len(row.bars) - 1) * GAP_OF_MODELS + GAP for row in rows]
    bottom = TOP + sum(tall)

    def x(value: float) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * value

    shapes: list[Shape] = []
    for tick in TICKS:
        at = x(tick / 100)
        shapes += [
            line("grid", at, TOP, at, bottom),
            text("tick", at, bottom + 16, f"{tick}", "middle"),
        ]
    shapes.append(text("axis-name", x(0.5), bottom + 34, axis, "middle"))
    y = float(TOP)
    for row, height in zip(rows, tall, strict=True):
        middle = y + height / 2
        shapes.append(row_name(LEFT - 10, middle + 4, _cut(row.label)))
        top = y + GAP / 2
        for parts in row.bars:
            begin = 0.0
            for part in parts:
                length = x(begin + part.value) - x(begin)
                shapes.append(bar(part.role, x(begin), top, length, THICK))
                if part.value >= WITH_MARK and part.mark:
                    centre = x(begin + part.value / 2)
                    shapes.append(text("within", centre, top + 12, part.mark, "middle"))
                begin += part.value
            top += THICK + GAP_OF_MODELS
        y += height
    height = round(bottom) + FOOT
    return Drawing(key, title, description, WIDTH, height, tuple(shapes), data, legend)


def _cut(label: str) -> str:
    r"""The beginning of a name that has room beside its bars, as the page shows it.

    Example:
        >>> _cut("traffic sign"), _cut("a\x00building and its garden"), _cut("一二三四五六七八九")
        ('traffic sign', 'a\\x00building a…', '一二三四五六七…')
    """
    words = shown(label)
    ends = list(accumulate(2 if east_asian_width(each) in "WF" else 1 for each in words))
    if not ends or ends[-1] <= LONGEST_LABEL:
        return words
    return f"{words[: bisect_right(ends, LONGEST_LABEL - 1)]}…"
