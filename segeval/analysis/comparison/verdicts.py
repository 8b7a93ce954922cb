"""What a difference between two models amounts to, in one of a few words."""

from __future__ import annotations

from enum import StrEnum

from segeval.words import percent

FEWEST_IMAGES = 10
"""Fewer images than these are shown but not tested."""

FEW_IMAGES = 50
"""With fewer images, intervals hold the truth clearly less often than they say."""

ALPHA = 0.05
"""The largest p-value of a verdict "better" or "worse"."""

POWER = 2.8
"""Standard errors of a difference that a test at 5 % finds in 80 % of cases."""


class Verdict(StrEnum):
    """What can be said about a difference."""

    BETTER = "better"
    WORSE = "worse"
    SAME = "same"
    UNDECIDED = "undecided"
    TOO_FEW = "too few images"


def headline_verdict(
    interval: tuple[float, float] | None, *, margin: float, images: int, p: float | None
) -> Verdict:
    """The verdict on a number that stands by itself.

    Better and worse need both: an interval on one side of 0, and a small p-value of the swap test,
    where there is one. Intervals alone are short where images are few; the swap test is not.

    Args:
        interval: of the difference, fractions; None if there is none.
        margin: differences up to this are of no interest, a fraction of at least 0: the verdict
            is "same" if the whole interval is within them, and neither better nor worse is shown.
        images: number of images that the number rests on.
        p: of the swap test, None if that was not possible.

    Example:
        >>> headline_verdict((0.004, 0.015), margin=0, images=200, p=0.04)
        <Verdict.BETTER: 'better'>
        >>> headline_verdict((-0.001, 0.002), margin=0.003, images=200, p=0.6)
        <Verdict.SAME: 'same'>
        >>> headline_verdict((0.001, 0.002), margin=0.003, images=200, p=0.04)
        <Verdict.BETTER: 'better'>
    """
    found = _by_interval(interval, margin, images)
    if found in (Verdict.BETTER, Verdict.WORSE) and p is not None and p > ALPHA:
        return _same_or_undecided(interval, margin)
    return found


def family_verdict(
    interval: tuple[float, float] | None, *, margin: float, images: int, p_corrected: float | None
) -> Verdict:
    """The verdict on a member of a family, such as one category of many.

    Better and worse need the p-value that is corrected for the family beside the interval; "same"
    goes by the interval alone.

    Args:
        interval: of the difference, fractions; None if there is none.
        margin: as in `headline_verdict`.
        images: number of images that the number rests on.
        p_corrected: of the family's test, None if the member was not tested.

    Example:
        >>> family_verdict((0.004, 0.015), margin=0, images=200, p_corrected=0.3)
        <Verdict.UNDECIDED: 'undecided'>
    """
    found = _by_interval(interval, margin, images)
    if found in (Verdict.BETTER, Verdict.WORSE) and (p_corrected is None or p_corrected > ALPHA):
        return _same_or_undecided(interval, margin)
    return found


def is_within(interval: tuple[float, float] | None, margin: float) -> bool:
    """Whether a whole interval is within a margin above 0.

    Args:
        interval: of a difference, fractions; None if there is none.
        margin: a fraction of at least 0.

    Example:
        >>> is_within((0.001, 0.002), 0.003), is_within((0.001, 0.004), 0.003)
        (True, False)
    """
    return interval is not None and margin > 0 and -margin <= interval[0] <= interval[1] <= margin


def is_within_loss(interval: tuple[float, float] | None, margin: float) -> bool:
    """Whether a difference is shown to lose at most a margin: no part of its interval is below.

    Args:
        interval: of a difference, fractions; None if there is none.
        margin: a fraction of at least 0.

    Example:
        >>> is_within_loss((0.0, 0.0), 0), is_within_loss((-0.004, 0.1), 0.003)
        (True, False)
    """
    return interval is not None and interval[0] >= -margin


def verdict_text(verdict: Verdict, margin: float, detectable: float | None) -> str:
    """A verdict for people.

    Example:
        >>> verdict_text(Verdict.SAME, 0.003, 0.01), verdict_text(Verdict.UNDECIDED, 0, 0.019)
        ('same within 0.3', 'undecided (shows >= 1.9)')
    """
    if verdict is Verdict.SAME:
        return f"same within {points(margin)}"
    if verdict is Verdict.UNDECIDED and detectable:
        return f"undecided (shows >= {percent(detectable)})"
    return verdict.value


def points(fraction: float) -> str:
    """A fraction as AP points with the digits that it needs.

    Example:
        >>> points(0.003), points(0.0125)
        ('0.3', '1.25')
    """
    return f"{100 * fraction:.6g}"


def _by_interval(interval: tuple[float, float] | None, margin: float, images: int) -> Verdict:
    """The verdict by the interval alone."""
    if images < FEWEST_IMAGES:
        return Verdict.TOO_FEW
    if interval is not None and interval[0] > 0:
        return Verdict.BETTER
    if interval is not None and interval[1] < 0:
        return Verdict.WORSE
    return _same_or_undecided(interval, margin)


def _same_or_undecided(interval: tuple[float, float] | None, margin: float) -> Verdict:
    """The verdict on a difference whose direction is not shown."""
    return Verdict.SAME if is_within(interval, margin) else Verdict.UNDECIDED
