"""Terms that the definitions of every page have."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from segeval.analysis.comparison.intervals import MOST_UNDEFINED
from segeval.analysis.comparison.result import Comparison
from segeval.analysis.comparison.verdicts import FEWEST_IMAGES, points

Term = tuple[str, str]
"""A term and what it is."""


def undefined_term(why: str) -> Term:
    """What a dash in the place of a number, or of its interval, says.

    Args:
        why: why a number is undefined.
    """
    return (
        "-",
        (
            f"Of a number: undefined, as {why}. It is in no mean. Of an interval: there is none, "
            f"as fewer than {FEWEST_IMAGES} images have what the number is of, or more than "
            f"{100 * MOST_UNDEFINED:g} % of the draws have nothing to count."
        ),
    )


def interval_term(settings: Mapping[str, Any]) -> Term:
    """What intervals are.

    Args:
        settings: of the intervals.
    """
    return (
        "95 % interval",
        (
            f"The spread of {settings['resamples']:,} draws of as many images with replacement "
            f"(seed {settings['seed']}), moved from the mean of the draws to the number; it need "
            "not reach equally far to both sides. It may pass 0 or 100 a little, which says that "
            "it is wide, not that the number can be there."
        ),
    )


def verdict_terms(comparison: Comparison | None, parts: str, too_few: str) -> Iterator[Term]:
    """What the verdicts on two models say; nothing of one.

    Args:
        comparison: of two models; None of one.
        parts: what has verdicts of its own, of which there are many, such as "categories".
        too_few: what is not tested.
    """
    if comparison is None:
        return
    if comparison.scores.pairs[0].slices:
        *before, last = parts.split(" and ")
        parts = f"{', '.join([*before, last])} and slices"
    yield (
        "better, worse",
        (
            f"The interval of the difference lies on one side of 0; of {parts}, which are many, "
            "the swap test corrected for all of them (max-T) says so too."
        ),
    )
    margin = comparison.scores.margin
    if margin:
        yield (
            "same",
            (
                f"Neither better nor worse is shown, and the whole interval is within "
                f"{points(margin)} points on both sides of 0. A difference within these that is "
                "shown is better or worse."
            ),
        )
    yield (
        "undecided",
        (
            'The images cannot tell: a difference may exist and stay hidden. "Shows ≥ 0.3" says '
            "which difference they would show in 80 % of cases, 2.8 standard errors."
        ),
    )
    yield "too few images", f"{too_few}: not tested."
