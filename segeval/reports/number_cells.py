"""Cells of numbers on a line, and of differences of two models with their verdicts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from segeval.analysis.comparison.differences import Difference
from segeval.analysis.comparison.intervals import Interval
from segeval.analysis.comparison.result import Comparison
from segeval.analysis.comparison.verdicts import Verdict
from segeval.analysis.errors.pair import Pair
from segeval.analysis.key_paths import KeyPath
from segeval.reports.page_table import Cell, Column, Strip, cell, column
from segeval.reports.wording import LEAST_SAID, between_signed
from segeval.words import percent

DIFFERENCE = (
    column("B - A", "signed"),
    column("95 % interval", "number"),
    column("verdict", "text"),
)
"""Columns of a difference."""

PAIR = (column("A"), column("B"), *DIFFERENCE)
"""Columns of what errors cost two models."""

LOWER_IS_A_GAIN = (
    "Points that are lost: a difference below 0 is a gain. Better and worse need the interval and "
    "the swap test, corrected for all kinds."
)
"""Below tables of such differences."""

LEAST_REACH = 0.01
"""A line of differences reaches this far at least on both sides of 0, a fraction."""


def difference_at(found: Comparison | None, path: KeyPath) -> Difference | None:
    """The difference of a number by its place in JSON; None where there is none."""
    return None if found is None else found.differences.get(path)


def tested_first(own: Difference | None) -> tuple[bool, bool, float]:
    """What differences are sorted by: tested ones and large ones first, undefined ones last."""
    if own is None or own.difference is None:
        return True, True, 0.0
    return False, own.verdict is Verdict.TOO_FEW, -abs(own.difference)


def reach_of(differences: Iterable[Difference | None]) -> float:
    """How far a line must reach on both sides of 0 for differences and their intervals."""
    known = [own for own in differences if own is not None]
    ends = [abs(end) for own in known for end in (own.difference or 0.0, *(own.interval or ()))]
    reach: float = max([LEAST_REACH, *ends])
    return reach


def line_of_changes(reach: float) -> Column:
    """The column of differences on a line."""
    return Column(f"-{percent(reach)} to +{percent(reach)}", is_strip=True)


def difference_cells(own: Difference | None) -> list[Cell]:
    """The cells of a difference."""
    if own is None:
        return [Cell("-"), Cell("-"), Cell("-")]
    return [
        cell(own.difference, "signed"),
        Cell(between_signed(own.interval) or "-"),
        verdict_cell(own),
    ]


def pair_cells(pair: Pair) -> tuple[Cell, ...]:
    """The cells of what errors of a kind cost two models."""
    return (
        cell(pair.a),
        cell(pair.b),
        cell(pair.difference, "signed"),
        Cell(pair_interval(pair)),
        Cell("-") if pair.test is None else cell_of_verdict(pair.test.verdict),
    )


def pair_interval(pair: Pair) -> str:
    """The interval of a difference, "-" without one."""
    return between_signed(pair.interval or None) or "-"


def costliest(shares: Mapping[str, float | None], titles: Mapping[str, str]) -> Cell:
    """The kind of error that costs most, and how much; "-" where none does.

    Args:
        shares: what each kind costs, a fraction; None is undefined.
        titles: what kinds are called.
    """
    known = {kind: share or 0.0 for kind, share in shares.items()}
    worst = max(known, key=lambda kind: known[kind])
    if known[worst] < LEAST_SAID:
        return Cell("-")
    return Cell(f"{titles[worst]} {percent(known[worst])}")


def verdict_cell(own: Difference) -> Cell:
    """The verdict of a difference."""
    return cell_of_verdict(own.verdict)


def cell_of_verdict(verdict: Verdict) -> Cell:
    """A verdict, which has a colour where the second model is better or worse."""
    tone = verdict.value if verdict in (Verdict.BETTER, Verdict.WORSE) else ""
    return Cell(verdict.value, verdict=tone)


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
