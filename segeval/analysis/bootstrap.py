"""The bootstrap of analyses that also judge halves of the images on each other."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from segeval.analysis.comparison.intervals import LEVEL, MOST_UNDEFINED, Interval
from segeval.analysis.comparison.options import check_resamples
from segeval.analysis.comparison.verdicts import FEWEST_IMAGES
from segeval.analysis.resampling.draws import Units, copies, image_keys, swaps
from segeval.frozen import frozen
from segeval.kernels.threads import in_order
from segeval.metrics.coco.matches import Matches

SPLITS = 64
"""Splits that are drawn; the one whose halves are nearest in size is used."""

AT_A_TIME = 32
"""Replicates whose weights are held at once."""


@frozen(kw_only=True)
class Bootstrap:
    """Settings of a bootstrap over images.

    Attributes:
        resamples: bootstrap replicates.
        seed: of all draws.

    Raises:
        InputError: for a number of replicates or a seed that `compare` would refuse too.
    """

    resamples: int = 1000
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse what cannot be drawn."""
        check_resamples(self.resamples, self.seed)


@frozen
class Replicates:
    """Draws of I images.

    Attributes:
        units: the images, by what stands for them in draws.
        count: number of replicates.
        seed: of the draws.
    """

    units: Units
    count: int
    seed: int

    @property
    def is_enough(self) -> bool:
        """Whether there are images enough for intervals and halves."""
        return len(self.units) >= FEWEST_IMAGES

    def each(
        self,
        function: Callable[[NDArray[np.uint16]], NDArray[np.float64]],
        workers: int | None = 1,
    ) -> NDArray[np.float64]:
        """What a function gives for weights (R, I), for all replicates, shape (count, ...).

        Args:
            function: gets the weights of at most `AT_A_TIME` replicates.
            workers: threads that call it, None for all cores.
        """

        def some(at: int) -> NDArray[np.float64]:
            return function(copies(self.units, self.seed, at, min(AT_A_TIME, self.count - at)))

        return np.concatenate(list(in_order(some, range(0, self.count, AT_A_TIME), workers)))

    @cached_property
    def half(self) -> NDArray[np.bool_]:
        """The images of one half, bool, shape (I,): the most even of some splits."""
        drawn = swaps(self.units, self.seed, 0, SPLITS)
        uneven = np.abs(2 * drawn.sum(axis=1) - drawn.shape[1])
        return np.asarray(drawn[int(uneven.argmin())], np.bool_)


def replicates_of(
    matches: Matches, count: int, seed: int, units: Units | None = None
) -> Replicates:
    """Replicates of the images of some matches.

    Args:
        matches: whose images are drawn.
        count: number of replicates.
        seed: of the draws.
        units: groups of the images that are drawn together; None for each by itself.
    """
    if units is not None:
        return Replicates(units, count, seed)
    keys = None if matches.image_keys is None else tuple(matches.image_keys)
    return Replicates(Units.of_keys(image_keys(matches.image_ids, keys)), count, seed)


def percentile_interval(values: NDArray[np.float64]) -> Interval:
    """The 95 % percentile interval of replicates (B,); None if more than 5 % are undefined.

    Example:
        >>> percentile_interval(np.array([1.0, 2.0, 3.0]))
        (1.05, 2.95)
    """
    defined = values[~np.isnan(values)]
    if len(defined) < 2 or len(values) - len(defined) > MOST_UNDEFINED * len(values):
        return None
    low, high = np.quantile(defined, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(low), float(high)
