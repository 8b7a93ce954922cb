"""The categories that lose most and least, in a sentence."""

from __future__ import annotations

from collections.abc import Sequence

from segeval.frozen import frozen
from segeval.reports.compared import quoted
from segeval.words import counted, joined, percent

MOST_NAMED = 3
"""Categories with the lowest numbers that a sentence names."""


@frozen
class Ranked:
    """A category by its number.

    Attributes:
        name: as files have it.
        value: its number, a fraction.
        size: objects, segments or pixels of the ground truth.
        lost: what the sentence adds on what it loses most to; "" for nothing.
    """

    name: str
    value: float
    size: int
    lost: str = ""


def extremes(ranked: Sequence[Ranked], number: str, fewest: int, of: str, most: int = 1) -> str:
    """Which categories have the lowest number, and which has the highest.

    Those that are too small to say much are left out, if there are others, and the sentence says
    so. Of equal numbers the largest category is named.

    Args:
        ranked: the categories, in any order.
        number: what the number is called, such as "AP".
        fewest: size from which a category counts.
        of: what is said of those that count where others do not, after their count.
        most: how many with a low number are named; never more than half.

    Returns:
        A part of a sentence; "" where there are not two different numbers.

    Example:
        >>> chairs = [Ranked("bed", 0.8, 40), Ranked("shelf", 0.2, 30), Ranked("lamp", 0.9, 2)]
        >>> extremes(chairs, "AP", 10, "categories with at least 10 objects")
        'of the 2 categories with at least 10 objects, "shelf" has the lowest AP (20.0), "bed" \
the highest (80.0)'
        >>> extremes(chairs[:2], "AP", 10, "categories with at least 10 objects")
        '"shelf" has the lowest AP (20.0), "bed" the highest (80.0)'
    """
    large = [each for each in ranked if each.size >= fewest] or list(ranked)
    if len(large) < 2:
        return ""
    ordered = sorted(large, key=lambda each: (each.value, -each.size))
    highest = [each for each in large if each.value == max(own.value for own in large)]
    if len(highest) == len(large):
        return ""
    best = max(highest, key=lambda each: each.size)
    restricted = f"of the {len(large):,} {of}, " if len(large) < len(ranked) else ""
    low = _lowest(ordered, number, max(1, min(most, len(large) // 2)))
    return (
        f"{restricted}{low}, {_and_equal(best, len(highest))} the highest ({percent(best.value)})"
    )


def _lowest(ordered: Sequence[Ranked], number: str, most: int) -> str:
    """Which have the lowest number; none that equals one that is not named.

    Args:
        ordered: the lowest first.
        number: what the number is called.
        most: how many are named.
    """
    worst = list(ordered[:most])
    while worst and worst[-1].value == ordered[most].value:
        worst.pop()
    if len(worst) > 1:
        named = joined([f"{quoted(each.name)} ({percent(each.value)})" for each in worst])
        return f"{named} have the lowest {number}"
    first = ordered[0]
    if worst:
        return f"{quoted(first.name)} has the lowest {number} ({percent(first.value)}{first.lost})"
    equal = sum(each.value == first.value for each in ordered)
    return f"{_and_equal(first, equal)} have the lowest {number} ({percent(first.value)})"


def _and_equal(first: Ranked, number: int) -> str:
    """A category, and how many others have the same number."""
    name = quoted(first.name)
    return name if number == 1 else f"{name} and {counted(number - 1, 'other', 'others')}"
