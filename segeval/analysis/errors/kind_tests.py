"""The swap test of what errors cost two models: one family for all kinds of errors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.analysis.comparison.families import max_t_p_values, swap_p_values
from segeval.analysis.comparison.intervals import NEGLIGIBLE, Interval
from segeval.analysis.comparison.verdicts import Verdict, family_verdict
from segeval.frozen import frozen
from segeval.metrics.undefined import or_none


@frozen
class KindTest:
    """Whether one kind of errors is shown to cost the second model less, or more.

    Attributes:
        p: of the swap test, None where there is none.
        p_corrected: the same for the family of all kinds.
        verdict: better where the second loses less; it needs the interval and `p_corrected`.
    """

    p: float | None
    p_corrected: float | None
    verdict: Verdict

    def to_dict(self) -> dict[str, Any]:
        """The test as plain values."""
        return {"p": self.p, "p_corrected": self.p_corrected, "verdict": self.verdict.value}


TOO_FEW = KindTest(None, None, Verdict.TOO_FEW)
"""In place of a test where images are too few for one."""


def kind_tests(
    unswapped: NDArray[np.float64],
    swapped: NDArray[np.float64],
    intervals: Sequence[Interval | tuple[()]],
    units: int,
) -> tuple[KindTest, ...]:
    """The tests of K kinds of errors, of which all are looked at.

    A kind may differ though no swap moves it: a class that one model alone invents takes as much
    from both mixed sets, unless all of it lands in one. Measured in the deviations of its swaps it
    is beyond all others, so that nothing is to be corrected.

    Args:
        unswapped: what each costs the second model less what it costs the first, float64, (K,).
        swapped: the same after each of B swaps of their outputs, float64, shape (B, K).
        intervals: of the K differences.
        units: number of images, or of groups of them, that are swapped.

    Example:
        >>> swaps = np.random.default_rng(0).choice([-0.1, 0.1], (99, 1))
        >>> [found] = kind_tests(np.array([-0.3]), swaps, [(-0.4, -0.2)], 20)
        >>> found.p_corrected, found.verdict
        (0.01, <Verdict.BETTER: 'better'>)
    """
    p, corrected = swap_p_values(unswapped, swapped), max_t_p_values(unswapped, swapped)
    is_moved = (np.abs(swapped) > NEGLIGIBLE).any(axis=0)  # no NaN is above it
    corrected = np.where(~is_moved & (np.abs(unswapped) > NEGLIGIBLE), p, corrected)
    found = []
    for place, interval in enumerate(intervals):
        own, of_family = or_none(p[place]), or_none(corrected[place])
        won = (-interval[1], -interval[0]) if interval else None  # what is lost less is won
        verdict = family_verdict(won, margin=0.0, images=units, p_corrected=of_family)
        found.append(KindTest(own, of_family, verdict))
    return tuple(found)
