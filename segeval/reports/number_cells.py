"""Cells of numbers on a line, and of differences of two models with their verdicts."""

from __future__ import annotations

from segeval.analysis.comparison.differences import Difference
from segeval.analysis.comparison.intervals import Interval
from segeval.reports.headlines import verdict_cell
from segeval.reports.page_table import Cell, Strip, cell, column
from segeval.reports.wording import between_signed

DIFFERENCE = (
    column("B - A", "signed"),
    column("95 % interval", "number"),
    column("verdict", "text"),
)
"""Columns of a difference."""


def difference_cells(own: Difference | None) -> list[Cell]:
    """The cells of a difference."""
    if own is None:
        return [Cell("-"), Cell("-"), Cell("-")]
    return [
        cell(own.difference, "signed"),
        Cell(between_signed(own.interval) or "-"),
        verdict_cell(own),
    ]


def on_line(value: float | None, interval: Interval) -> Cell:
    """A number from 0 to 1 on a line."""
    if value is None:
        return Cell("-")
    low, high = (None, None) if interval is None else (_within(each) for each in interval)
    return Cell("", value, Strip(_within(value), low, high))


def change_on_line(own: Difference | None, reach: float) -> Cell:
    """A difference on a line from -reach to reach."""
    if own is None or own.difference is None:
        return Cell("-")

    def place(value: float) -> float:
        return _within((value / reach + 1) / 2)

    low, high = (None, None) if own.interval is None else map(place, own.interval)
    tone = verdict_cell(own).verdict
    return Cell("", own.difference, Strip(place(own.difference), low, high, zero=0.5), tone)


def _within(value: float) -> float:
    """A place on a line."""
    return min(max(value, 0.0), 1.0)
