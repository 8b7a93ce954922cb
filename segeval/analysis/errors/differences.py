"""Where two models lose AP, kind by kind, and the difference."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.analysis.comparison.intervals import Interval, centred_intervals
from segeval.analysis.errors.costs import MEASURES, SPECIAL
from segeval.analysis.errors.kinds import KINDS
from segeval.analysis.errors.measure import Measured
from segeval.analysis.errors.options import Resampling
from segeval.analysis.errors.pair import NO_INTERVAL, Pair, pair_of
from segeval.analysis.errors.swapped_kinds import swap_tests
from segeval.frozen import frozen
from segeval.metrics.undefined import or_none
from segeval.words import percent


@frozen
class KindDifference:
    """What the errors of one kind cost two models.

    Attributes:
        share: as in `KindCost`, and so the others; below 0 the second loses less.
        alone: what AP gains if this kind alone is fixed.
        last: what AP gains if this kind is fixed after all others.
        count: number of errors.
    """

    share: Pair
    alone: Pair
    last: Pair
    count: Pair

    @property
    def cost(self) -> Pair:
        """The share, or what fixing the kind alone gains where there are no shares."""
        return self.alone if self.share.a is None and self.share.b is None else self.share

    def to_dict(self) -> dict[str, Any]:
        """The numbers as plain values."""
        return {name: getattr(self, name).to_dict() for name in (*MEASURES, "count")}


@frozen
class LostDifference:
    """Where two models lose the AP of some part of the data.

    Attributes:
        ap: AP.
        kinds: what each kind costs, by its name.
        special: as in `LostAP`.
    """

    ap: Pair
    kinds: Mapping[str, KindDifference]
    special: Mapping[str, Pair]

    def brief(self) -> str:
        """AP of both in a few characters."""
        return f"AP {percent(self.ap.a)} and {percent(self.ap.b)}"

    def to_dict(self) -> dict[str, Any]:
        """The numbers as plain values."""
        return {
            "ap": self.ap.to_dict(),
            "kinds": {name: kind.to_dict() for name, kind in self.kinds.items()},
            "special": {name: pair.to_dict() for name, pair in self.special.items()},
        }


def differences(
    a: Measured, b: Measured, drawn: Resampling | None = None, workers: int | None = None
) -> list[LostDifference]:
    """Where two models lose AP, for every part.

    Args:
        a: the first model.
        b: the second, on the same ground truth with the same parts.
        drawn: how images are drawn for intervals, and for the swap test of the first part, which
            is everything; None for none.
        workers: threads, None for all cores.
    """
    found = []
    for place in range(len(a.parts)):
        counts = None
        if a.counts is not None and b.counts is not None:
            counts = np.stack([a.counts[place], b.counts[place]])
        replicates = None
        if a.replicates is not None and b.replicates is not None:
            replicates = b.replicates[:, place] - a.replicates[:, place]
        numbers = np.stack([a.numbers[place], b.numbers[place]])
        found.append(_difference(numbers, counts, replicates))
    if drawn is not None:
        found[0] = _tested(found[0], a, b, drawn, workers)
    return found


def _tested(
    found: LostDifference, a: Measured, b: Measured, drawn: Resampling, workers: int | None
) -> LostDifference:
    """The same with a test of every kind."""
    intervals = [found.kinds[name].share.interval for name in KINDS]
    tests = swap_tests(a, b, intervals, drawn, workers)
    kinds = {
        name: replace(own, share=replace(own.share, test=test))
        for (name, own), test in zip(found.kinds.items(), tests, strict=True)
    }
    return replace(found, kinds=kinds)


def _difference(
    numbers: NDArray[np.float64],
    counts: NDArray[np.int64] | None,
    replicates: NDArray[np.float64] | None,
) -> LostDifference:
    """The difference of one part.

    Args:
        numbers: of both models, float64, shape (2, 21).
        counts: errors of each kind of both, int64, shape (2, 6); None at several thresholds.
        replicates: differences on draws of the images, float64, shape (R, 21); None for none.
    """
    difference = numbers[1] - numbers[0]
    intervals: Sequence[Interval | tuple[()]] = [NO_INTERVAL] * len(difference)
    if replicates is not None:
        intervals = centred_intervals(difference, replicates).ends
    pairs = [
        Pair(or_none(a), or_none(b), or_none(change), interval)
        for a, b, change, interval in zip(*numbers, difference, intervals, strict=True)
    ]
    size = len(KINDS)
    kinds = {}
    for place, name in enumerate(KINDS):
        count = pair_of(None, None)
        if counts is not None:
            first, second = (int(each) for each in counts[:, place])
            count = pair_of(first, second)
        share, alone, last = (pairs[1 + each * size + place] for each in range(len(MEASURES)))
        kinds[name] = KindDifference(share, alone, last, count)
    special = dict(zip(SPECIAL, pairs[-len(SPECIAL) :], strict=True))
    return LostDifference(pairs[0], kinds, special)
