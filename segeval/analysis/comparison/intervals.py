"""Intervals of numbers from replicates: the centred bootstrap interval of images drawn anew."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from segeval.brief import Brief
from segeval.errors import Note
from segeval.frozen import frozen
from segeval.words import counted

Interval = tuple[float, float] | None
"""Lower and upper end; None where there is no interval."""

LEVEL = 0.95
"""How often intervals hold the expected value on other images."""

MOST_UNDEFINED = 0.05
"""Largest share of replicates in which a number with an interval may be undefined."""

FEWEST_DRAWS = 40
"""Fewest replicates of which one lies outside of each end of an interval."""

NEGLIGIBLE = 1e-12
"""Differences of fractions below this come from the order of a sum alone."""


@frozen(eq=False, repr=False)
class Intervals(Brief):
    """Intervals of M numbers.

    Attributes:
        observed: the numbers on the images as they are, float64, shape (M,); NaN where undefined.
        low: lower ends, float64, shape (M,); NaN where there is no interval.
        high: upper ends, like low.
        se: standard errors, the standard deviations of the replicates times their stretch, like
            low.
        undefined: replicates in which each number is undefined, int64, shape (M,).
        replicates: number of replicates.
    """

    observed: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    se: NDArray[np.float64]
    undefined: NDArray[np.int64]
    replicates: int

    @property
    def ends(self) -> list[Interval]:
        """Both ends of each interval, None where there is none."""
        pairs = zip(self.low.tolist(), self.high.tolist(), strict=True)
        return [None if np.isnan(low) else (low, high) for low, high in pairs]


def centred_intervals(
    observed: NDArray[np.float64],
    replicates: NDArray[np.float64],
    *,
    level: float = LEVEL,
    stretch: NDArray[np.float64] | None = None,
) -> Intervals:
    """The intervals [D + q_low - m, D + q_high - m] of M numbers.

    D is the number observed, m the mean of its replicates, q their quantiles. A replicate is
    biased where it repeats images and misses categories; taking its mean away takes the bias away.
    A number that is undefined in more than `MOST_UNDEFINED` of the replicates has no interval;
    up to there, the replicates in which it is undefined are left out. Where replicates are known to
    vary too little, their deviations from m are stretched.

    Args:
        observed: the numbers on the images as they are, float64, shape (M,); NaN is undefined.
        replicates: the numbers on B draws of as many images, float64, shape (B, M).
        level: how often the intervals shall hold the expected value, in (0, 1).
        stretch: factor of the deviations of each number, as `stretches`, float64, shape (M,); None
            for 1.

    Source:
        Efron and Tibshirani, An Introduction to the Bootstrap (1993), chapters 10 and 13.

    Example:
        >>> draws = np.array([[0.4], [0.5], [0.6], [0.7]])
        >>> found = centred_intervals(np.array([0.5]), draws, level=0.5)
        >>> found.low.round(3), found.high.round(3)
        (array([0.425]), array([0.575]))
    """
    observed = np.asarray(observed, np.float64)
    number = len(replicates)
    is_undefined = np.isnan(replicates)
    undefined = is_undefined.sum(axis=0)
    low, high, se = np.full((3, len(observed)), np.nan)
    usable = ~np.isnan(observed) & (undefined <= MOST_UNDEFINED * number) & (number > 1)
    ends = (1 - level) / 2, (1 + level) / 2
    # columns without gaps are one call; the others need their gaps cut out one by one
    whole = np.flatnonzero(usable & (undefined == 0))
    factor = np.ones(len(observed)) if stretch is None else stretch
    parts = [(whole, replicates[:, whole])] if len(whole) else []
    parts += [
        (np.array([column]), replicates[~is_undefined[:, column], column][:, np.newaxis])
        for column in np.flatnonzero(usable & (undefined > 0))
    ]
    for columns, defined in parts:
        mean = defined.mean(axis=0)
        below, above = np.quantile(defined, ends, axis=0)
        low[columns] = observed[columns] + factor[columns] * (below - mean)
        high[columns] = observed[columns] + factor[columns] * (above - mean)
        spread = factor[columns] * defined.std(axis=0, ddof=1)
        se[columns] = np.where(spread < NEGLIGIBLE, 0.0, spread)
    return Intervals(observed, low, high, se, undefined, number)


def undefined_replicates(numbers: int) -> list[Note]:
    """The note on numbers that are undefined in too many replicates for an interval, if any are.

    Args:
        numbers: how many are.

    Example:
        >>> undefined_replicates(0), undefined_replicates(3)[0].code
        ([], 'undefined-replicates')
    """
    if not numbers:
        return []
    message = (
        f"{counted(numbers, 'number is', 'numbers are')} undefined in more than "
        f"{100 * MOST_UNDEFINED:g} % of the replicates, which have nothing to count there: no "
        "interval"
    )
    return [Note("undefined-replicates", message, numbers)]


def few_draws(replicates: int) -> list[Note]:
    """The note that there are too few replicates for the ends of intervals, if that is so.

    Example:
        >>> few_draws(1000), len(few_draws(20))
        ([], 1)
    """
    if not 1 < replicates < FEWEST_DRAWS:
        return []
    return [
        Note(
            "rough-intervals",
            f"{counted(replicates, 'replicate')} are too few for intervals of {100 * LEVEL:g} %, "
            f"expected at least {FEWEST_DRAWS} (`resamples=1000` is usual)",
            replicates,
            "resamples",
        )
    ]


def over_runs(
    numbers: NDArray[np.float64], drawn: NDArray[np.integer] | None
) -> NDArray[np.float64]:
    """Replicates of the mean over several runs of one recipe, which draw runs too.

    The mean of the drawn runs deviates from the mean of all by too little, as R runs are drawn from
    R: its variance is (R - 1) / R of what it should be. Deviations are scaled up by the root.

    Args:
        numbers: the numbers of every run on every draw of images, float64, shape (R, B, M).
        drawn: how often each draw takes each run, shape (B, R), rows add up to R; None for the
            mean over all runs.

    Returns:
        float64, shape (B, M).

    Example:
        >>> runs = np.array([[[0.2]], [[0.4]]])
        >>> over_runs(runs, None).round(3), over_runs(runs, np.array([[2, 0]])).round(3)
        (array([[0.3]]), array([[0.159]]))
    """
    runs = len(numbers)
    mean: NDArray[np.float64] = numbers.mean(axis=0)
    if drawn is None or runs == 1:
        return mean
    taken = np.einsum("br,rbm->bm", drawn / runs, numbers)
    scale = float(np.sqrt(runs / (runs - 1)))
    return np.asarray(mean + scale * (taken - mean), np.float64)
