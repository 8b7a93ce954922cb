"""The swap test of AP lost by kind of error.

What a kind costs is no sum over images: it is made of AP, which is not, and every set of fixed
errors has a precision-recall curve of its own. So each swap needs all curves of both mixed sets
again, which takes as long as three to four draws of the bootstrap. A test by swaps holds its level
for any number of them; with `SWAPS` its p-values are those of the first ones of `compare`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from segeval.analysis.comparison.intervals import Interval
from segeval.analysis.comparison.verdicts import FEWEST_IMAGES
from segeval.analysis.errors.fixed_values import LANES
from segeval.analysis.errors.kind_tests import TOO_FEW, KindTest, kind_tests
from segeval.analysis.errors.kinds import KINDS
from segeval.analysis.errors.measure import Measured
from segeval.analysis.errors.options import Resampling
from segeval.analysis.errors.shapley import Events, mean_values, parts_of
from segeval.analysis.resampling.draws import swaps
from segeval.analysis.resampling.weights import fill_in_blocks

SWAPS = 200
"""Most swaps."""


def swap_tests(
    a: Measured,
    b: Measured,
    intervals: Sequence[Interval | tuple[()]],
    drawn: Resampling,
    workers: int | None = None,
) -> tuple[KindTest, ...]:
    """Whether the kinds of errors cost the second model less AP, or more, over everything.

    Args:
        a: the first model.
        b: the second, on the same ground truth.
        intervals: of the differences of the six shares.
        drawn: how images are drawn, whose seed and groups are those of the swaps.
        workers: threads, None for all cores; the numbers do not depend on it.
    """
    units = a.units
    if units is None or len(units) < FEWEST_IMAGES:
        return (TOO_FEW,) * len(KINDS)
    number = min(drawn.resamples, SWAPS)
    swapped = swaps(units, drawn.seed, 0, number)
    found = share_differences(
        a.events, b.events, np.concatenate([np.zeros_like(swapped[:1]), swapped]), workers
    )
    return kind_tests(found[0], found[1:], intervals, len(units))


def share_differences(
    a: Sequence[Events],
    b: Sequence[Events],
    swapped: NDArray[np.bool_],
    workers: int | None = None,
) -> NDArray[np.float64]:
    """What each kind costs the second of two mixed sets less what it costs the first.

    Args:
        a: events of the first model at each threshold.
        b: those of the second.
        swapped: whether the two swap their outputs for each image, bool, shape (R, I).
        workers: threads, None for all cores; the numbers do not depend on it.

    Returns:
        Differences of shares, of the mean over thresholds, float64, shape (R, 6).
    """
    images = swapped.shape[1]
    both = [one.beside(two, images) for one, two in zip(a, b, strict=True)]
    found = np.empty((len(swapped), len(KINDS)))

    def fill(start: int, stop: int) -> None:
        own = swapped[start:stop]
        first, second = (
            _shares(both, np.concatenate(sides, axis=1).view(np.uint8))
            for sides in ((~own, own), (own, ~own))
        )
        found[start:stop] = second - first

    fill_in_blocks(fill, len(swapped), LANES, workers)
    return found


def _shares(events: Sequence[Events], weights: NDArray[np.uint8]) -> NDArray[np.float64]:
    """The shares of all kinds for weights of the images of both models, float64, shape (R, 6)."""
    values = np.stack([one.values(weights) for one in events]).mean(axis=0)
    return parts_of(np.stack([mean_values(each) for each in values])).share
