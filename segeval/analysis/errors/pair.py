"""A number of two models, and what the second wins and loses in words."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from segeval.analysis.comparison.intervals import Interval
from segeval.analysis.comparison.verdicts import Verdict
from segeval.analysis.errors.kind_tests import KindTest
from segeval.frozen import frozen
from segeval.metrics.tables import Field, Value
from segeval.words import joined

NO_INTERVAL = ()
"""In place of an interval where none was asked for."""

SAID = 0.0005
"""Differences of shares below this are not said in words: less than 0.1 points."""


@frozen
class Pair:
    """A number of two models; None is undefined.

    Attributes:
        a: of the first.
        b: of the second.
        difference: the second less the first.
        interval: of the difference; None if there is none, `NO_INTERVAL` if none was asked for.
        test: of what errors of a kind cost over everything, if intervals were asked for; None for
            other numbers.
    """

    a: float | None
    b: float | None
    difference: float | None
    interval: Interval | tuple[()] = NO_INTERVAL
    test: KindTest | None = None

    @property
    def both(self) -> tuple[float, float] | None:
        """The numbers of both models; None where one is undefined."""
        return None if self.a is None or self.b is None else (self.a, self.b)

    def to_dict(self) -> dict[str, Any]:
        """The numbers as plain values."""
        found: dict[str, Any] = {"a": self.a, "b": self.b, "difference": self.difference}
        if self.interval != NO_INTERVAL:
            found["interval"] = None if self.interval is None else list(self.interval)
        return found if self.test is None else {**found, **self.test.to_dict()}


def pair_of(
    a: float | None,
    b: float | None,
    interval: Interval | tuple[()] = NO_INTERVAL,
    test: KindTest | None = None,
) -> Pair:
    """A number of two models with its difference, which is undefined where one of them is.

    Args:
        a: of the first.
        b: of the second.
        interval: of the difference.
        test: of the difference.
    """
    return Pair(a, b, None if a is None or b is None else b - a, interval, test)


def sides_text(inputs: Mapping[str, Any]) -> str:
    """Both models and the ground truth by the names of their files, whole paths for equal names."""
    paths = [str(inputs[side]["path"]) for side in ("a", "b", "gt")]
    a, b, gt = (Path(path).name or path for path in paths)
    if a == b:
        a, b, _ = paths
    return f"A {a} against B {b} on {gt}"


def change_of(pair: Pair) -> float:
    """The difference, 0 where it is undefined."""
    return pair.difference or 0.0


def interval_field(pair: Pair) -> tuple[Field, ...]:
    """The column of the intervals of differences, if any were asked for."""
    return (
        (Field("interval", "95 %", "signed interval", drop=2),)
        if pair.interval != NO_INTERVAL
        else ()
    )


def verdict_field(pair: Pair) -> tuple[Field, ...]:
    """The column of verdicts on kinds of errors, if intervals were asked for."""
    return () if pair.test is None else (Field("verdict", "verdict", "text"),)


def verdict_cells(pair: Pair) -> tuple[Value, ...]:
    """The verdict on a kind of errors, if intervals were asked for."""
    return () if pair.test is None else (pair.test.verdict.value,)


def cells_of(pair: Pair) -> tuple[Value, ...]:
    """Both numbers, their difference, and its interval if one was asked for."""
    cells = pair.a, pair.b, pair.difference
    if pair.interval == NO_INTERVAL:
        return cells
    return (*cells, pair.interval or None)


def is_said(cost: Pair) -> bool:
    """Whether a change of what errors cost is told in words.

    It is not where it would be written as 0.0 points, nor where its interval holds 0 or ends
    so near to 0 that the end would be written as 0.0, nor where the swap test does not show it.

    Args:
        cost: of two models.

    Example:
        >>> is_said(pair_of(0.1, 0.16, (0.01, 0.1))), is_said(pair_of(0.1, 0.16, (0.0001, 0.1)))
        (True, False)
    """
    if abs(change_of(cost)) < SAID or cost.interval is None:
        return False
    if cost.test is not None and cost.test.verdict not in (Verdict.BETTER, Verdict.WORSE):
        return False
    return len(cost.interval) == 0 or cost.interval[0] >= SAID or cost.interval[1] <= -SAID


def won_and_lost(costs: Mapping[str, Pair]) -> str:
    """What the second model wins and loses, in words; "" for nothing.

    Kinds of which `is_said` says no are left out.

    Args:
        costs: what errors cost, by what they are called in a sentence.

    Example:
        >>> won_and_lost({"background": pair_of(0.1, 0.06), "duplicates": pair_of(0.1, 0.1)})
        'B wins 4.0 points on background'
    """
    wins: list[tuple[float, str]] = []
    loses: list[tuple[float, str]] = []
    for name, cost in costs.items():
        change = change_of(cost)
        if is_said(cost):
            (loses if change > 0 else wins).append((abs(change), name))
    said = []
    for verb, found in (("wins", wins), ("loses", loses)):
        if found:
            (size, first), *others = sorted(found, reverse=True)
            rest = [f"{100 * each:.1f} on {name}" for each, name in others]
            said.append(f"{verb} {joined([f'{100 * size:.1f} points on {first}', *rest])}")
    return f"B {', and '.join(said)}" if said else ""
