"""How much a bootstrap falls short where a mean runs over categories of few images.

A category that occurs in a single image has the same AP in every draw that holds the image, as if
it were known exactly; with two or three images its AP varies too little as well. Surveys know it
as strata with one unit, whose variance is taken from the spread between such strata.

Draws without some categories are means over fewer, and vary a little more for it. Nothing is taken
away for that: in simulated sets (`tests/bench/stats.py`) it makes up for what rare categories of
one image have in common.

Sources:
    Cochran, Sampling Techniques (3rd edition, 1977), 5A.12: collapsed strata.
    Efron and Tibshirani, An Introduction to the Bootstrap (1993), 5.2: of n values drawn from n,
    the variance of the mean is (n - 1) / n of what it should be.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import exp, factorial

import numpy as np
from numpy.typing import NDArray

from segeval.analysis.comparison.intervals import NEGLIGIBLE
from segeval.analysis.resampling.resampled import CategoryMean

MOST_RARE = 3
"""Units of a category up to which draws vary too little: with 4 they vary as they should."""

TERMS = 40
"""Terms of the series in `share_of_variance`, whose last ones are below 1e-16."""


def share_of_variance(units: int) -> float:
    """The share of the variance of a mean over some units that draws show, if they hold any.

    Units are drawn t times in all, Poisson distributed about their number n, and t > 0. The mean
    of t of n values has the variance s² (n - 1) / n · E[1 / t] in place of s² / n.

    Args:
        units: n, images or groups of images that hold a category.

    Example:
        >>> [round(share_of_variance(n), 2) for n in (1, 2, 3, 4)]
        [0.0, 0.58, 0.87, 0.99]
    """
    inverse = sum(float(units) ** t / (t * factorial(t)) for t in range(1, TERMS))
    return (units - 1) * inverse * exp(-units) / (1 - exp(-units))


def stretches(
    observed: NDArray[np.float64],
    replicates: NDArray[np.float64],
    means: Sequence[CategoryMean],
) -> NDArray[np.float64]:
    """By how much the spread of each number is too small, a factor of at least 1.

    The variance that the draws of a mean over K categories lack is added up over its categories:

    - of n = 2 or 3 units: v · (1 / `share_of_variance(n)` - 1) / K², v their own variance in draws;
    - of a single unit: (x - D)² K / (K - 1) / K², x its number and D the mean, but for the part
      that draws have because they hold the category at some times only, 1/e · (1 - 1/e).

    How many units hold a category follows from the share of draws without it, e to the power of
    minus their number; so groups of images count as one.

    Args:
        observed: M numbers on the images as they are, float64, shape (M,).
        replicates: the numbers on B draws, float64, shape (B, M), NaN where undefined.
        means: which of them are means over categories.

    Returns:
        float64, shape (M,); 1 for other numbers, and where no category is rare.
    """
    found = np.ones(len(observed))
    absent = np.isnan(replicates).mean(axis=0) if means else found
    for mean in means:
        variance = float(_variances(replicates[:, [mean.place]])[0])
        if variance > NEGLIGIBLE**2:
            lacking = _lacking(observed, replicates, absent, mean)
            found[[mean.place, *mean.alike]] = np.sqrt(1 + lacking / variance)
    return found


def _lacking(
    observed: NDArray[np.float64],
    replicates: NDArray[np.float64],
    absent: NDArray[np.float64],
    mean: CategoryMean,
) -> float:
    """The variance that the draws of a mean lack; absent is the share of draws without a number."""
    members = np.array(mean.members)
    members = members[~np.isnan(observed[members])]
    number = len(members)
    if number < 2:
        return 0.0
    with np.errstate(divide="ignore"):
        units = np.rint(-np.log(absent[members]))  # infinite where draws never lack the category
    single = observed[members[units <= 1]] - observed[mean.place]
    shown = exp(-1) * (1 - exp(-1))
    total = (1 - shown) * number / (number - 1) * float((single**2).sum())
    for few in range(2, MOST_RARE + 1):
        drawn = _variances(replicates[:, members[units == few]])
        total += (1 / share_of_variance(few) - 1) * float(drawn.sum())
    return total / number**2


def _variances(replicates: NDArray[np.float64]) -> NDArray[np.float64]:
    """The variance of each number where it is defined; 0 where it is so in less than 2 draws."""
    is_defined = ~np.isnan(replicates)
    number = is_defined.sum(axis=0)
    values = np.where(is_defined, replicates, 0.0)
    mean = values.sum(axis=0) / np.maximum(number, 1)
    squares = np.where(is_defined, (replicates - mean) ** 2, 0.0).sum(axis=0)
    return np.asarray(squares / np.maximum(number - 1, 1), np.float64)
