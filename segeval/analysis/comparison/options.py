"""The options of a comparison, checked before any file is read."""

from __future__ import annotations

import math
from typing import Any

from segeval.analysis.comparison.slices import LabelSource, check_label_source
from segeval.errors import InputError
from segeval.frozen import frozen

MOST_RESAMPLES = 1_000_000
"""Most draws of images."""

MOST_NUMBERS = 50_000_000
"""Most numbers of all draws together, of one model: 400 MB."""


@frozen(kw_only=True)
class CompareOptions:
    """The arguments of `compare` besides files and their evaluation, as the caller gave them."""

    margin: float = 0.0
    metric: str | None = None
    plan: float | None = None
    groups: LabelSource | None = None
    slices: LabelSource | None = None
    resamples: int = 1000
    seed: int = 0

    def check(self) -> None:
        """Refuse impossible arguments.

        Raises:
            InputError: for a margin below 0 or a plan that is not above 0, fractions both; for
                fewer than 1 replicate; for a seed that is no whole number; for groups or slices
                that label no images.
        """
        for name in ("groups", "slices"):
            check_label_source(name, getattr(self, name))
        check_resamples(self.resamples, self.seed)
        if not (_is_number(self.margin) and 0 <= self.margin < 1):
            raise _refused("margin", self.margin, "a fraction of at least 0 and below 1")
        if self.plan is not None and not (_is_number(self.plan) and 0 < self.plan < 1):
            raise _refused("plan", self.plan, "a fraction above 0 and below 1")


def check_resamples(resamples: Any, seed: Any) -> None:
    """Refuse impossible numbers of replicates, and seeds.

    Raises:
        InputError: for fewer than 1 or very many replicates, or a seed that is no whole number.
    """
    if not _is_whole(resamples) or not 1 <= resamples <= MOST_RESAMPLES:
        expected = f"a whole number from 1 to {MOST_RESAMPLES:,}; 1,000 is usual"
        raise _refused("resamples", resamples, expected)
    if not _is_whole(seed):
        raise _refused("seed", seed, "a whole number")


def check_numbers(resamples: int, numbers: int) -> None:
    """Refuse replicates that would fill the memory.

    Args:
        resamples: number of replicates.
        numbers: how many numbers each has.

    Raises:
        InputError: for more than `MOST_NUMBERS` together.
    """
    if resamples * numbers > MOST_NUMBERS:
        raise InputError(
            f"`resamples` is {resamples:,}: with {numbers:,} numbers each, more than fits in "
            f"memory, expected at most {MOST_NUMBERS // numbers:,}; 1,000 is usual.",
            code="resamples",
            option="resamples",
        )


def _refused(name: str, value: Any, expected: str) -> InputError:
    """The error about one argument."""
    return InputError(f"`{name}` is {value!r}, expected {expected}.", code=name, option=name)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
