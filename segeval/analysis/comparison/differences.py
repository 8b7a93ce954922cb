"""Differences between models, from numbers that were computed for drawn and for swapped images."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.analysis.comparison.families import max_t_p_values, swap_p_values
from segeval.analysis.comparison.intervals import Intervals, centred_intervals
from segeval.analysis.comparison.rare_categories import stretches
from segeval.analysis.comparison.verdicts import (
    FEWEST_IMAGES,
    POWER,
    Verdict,
    family_verdict,
    headline_verdict,
)
from segeval.analysis.key_paths import KeyPath
from segeval.analysis.resampling.resampled import CategoryMean
from segeval.frozen import frozen
from segeval.metrics.undefined import or_none

GROUPS = ("sizes", "categories", "frequencies", "groups", "trimap", "ap_by_size")
"""Keys in JSON whose entries are looked at together: each is a family of numbers."""


@frozen
class Difference:
    """One number of two models; all numbers are fractions, None is undefined.

    Attributes:
        a: of the first model.
        b: of the second.
        difference: second minus first.
        interval: 95 % interval of the difference; None if it is undefined in too many replicates.
        se: standard error of the difference.
        p: of the swap test, None if that was not possible.
        p_corrected: the same for the whole family of the number; `p` where it stands by itself.
        verdict: what the difference amounts to.
        detectable: the difference that this set of images shows in 80 % of cases.
        undefined: replicates in which the number is undefined.
    """

    a: float | None
    b: float | None
    difference: float | None
    interval: tuple[float, float] | None
    se: float | None
    p: float | None
    p_corrected: float | None
    verdict: Verdict
    detectable: float | None
    undefined: int

    def to_dict(self) -> dict[str, Any]:
        """The difference as plain values."""
        return {
            **vars(self),
            "interval": None if self.interval is None else list(self.interval),
            "verdict": self.verdict.value,
        }


@frozen(eq=False)
class PairNumbers:
    """M numbers of two models, on the images as they are, drawn anew and with swapped outputs.

    Attributes:
        observed: numbers of the first and of the second model, float64, shape (2, M).
        replicates: their difference on B draws of as many images, float64, shape (B, M).
        unswapped: difference of the swap test without a swap, float64, shape (M,); None if it was
            not possible.
        swapped: the same after each of B' swaps, float64, shape (B', M); None like unswapped.
        stretch: factor of the deviations of replicates, as `stretches`, float64, shape (M,); None
            for 1.
    """

    observed: NDArray[np.float64]
    replicates: NDArray[np.float64]
    unswapped: NDArray[np.float64] | None = None
    swapped: NDArray[np.float64] | None = None
    stretch: NDArray[np.float64] | None = None

    @classmethod
    def of(
        cls,
        means: Sequence[CategoryMean],
        observed: NDArray[np.float64],
        replicates: NDArray[np.float64],
        unswapped: NDArray[np.float64] | None,
        swapped: NDArray[np.float64] | None,
        columns: Sequence[int] | slice = slice(None),
    ) -> PairNumbers:
        """Some numbers of two models, stretched where draws lack variance.

        Args:
            means: which of all numbers are means over categories.
            observed: all numbers of both models.
            replicates: of all differences.
            unswapped: as the attribute, of the numbers to keep alone.
            swapped: the same.
            columns: the numbers to keep.
        """
        stretch = stretches(observed[1] - observed[0], replicates, means)[columns]
        kept = observed[:, columns], replicates[:, columns]
        return cls(*kept, unswapped, swapped, stretch)

    @property
    def stretches(self) -> NDArray[np.float64]:
        """Factor of the deviations of replicates, 1 where none is given, float64, shape (M,)."""
        ones = np.ones(self.observed.shape[1])
        return ones if self.stretch is None else self.stretch

    @property
    def arrays(self) -> tuple[NDArray[np.float64] | None, ...]:
        """The attributes in their order, with the stretch."""
        return self.observed, self.replicates, self.unswapped, self.swapped, self.stretches

    @property
    def difference(self) -> NDArray[np.float64]:
        """Second minus first on the images as they are, float64, shape (M,)."""
        return np.asarray(self.observed[1] - self.observed[0], np.float64)

    @property
    def tests(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Differences (M,) and what they would be by chance (B, M).

        By the swap test, or by the bootstrap, whose replicates are moved to 0.
        """
        if self.unswapped is not None and self.swapped is not None:
            return self.unswapped, self.swapped
        known = ~np.isnan(self.replicates)
        number = np.maximum(known.sum(axis=0), 1)
        mean = np.where(known, self.replicates, 0.0).sum(axis=0) / number
        return self.difference, self.replicates - mean


def family_of(path: KeyPath) -> KeyPath | None:
    """The family of a number: its path without its own entry; None if it stands by itself.

    Example:
        >>> family_of(("segm", "categories", 17, "ap")), family_of(("segm", "ap50"))
        (('segm', 'categories', 'ap'), None)
    """
    places = [place for place, key in enumerate(path[:-1]) if key in GROUPS]
    if not places:
        return None
    members = {place + 1 for place in places}
    return tuple(key for place, key in enumerate(path) if place not in members)


def differences_of(
    paths: Sequence[KeyPath],
    pairs: Sequence[PairNumbers],
    *,
    images_with: NDArray[np.int64],
    units: int,
    margin: float,
) -> list[tuple[Difference, ...]]:
    """The differences of every pair of models, by number.

    Args:
        paths: where each of the M numbers is in JSON, which says what its family is.
        pairs: of models; with several, each number of all pairs is a family too.
        images_with: number of images with counted ground truth of each number, int64, (M,).
        units: number of images, or of groups of images, that are drawn.
        margin: differences up to this are of no interest, a fraction.
    """
    found = [
        centred_intervals(pair.difference, pair.replicates, stretch=pair.stretch) for pair in pairs
    ]
    tested = images_with >= FEWEST_IMAGES
    corrected = _corrected(paths, pairs, tested)
    return [
        tuple(
            _difference(
                pair,
                intervals,
                at,
                p=None if p is None or not tested[at] else or_none(p[at]),
                p_corrected=or_none(own[at]),
                has_family=family_of(path) is not None or len(pairs) > 1,
                images=min(int(images_with[at]), units) if family_of(path) else units,
                margin=margin,
            )
            for at, path in enumerate(paths)
        )
        for pair, intervals, own, p in zip(
            pairs, found, corrected, map(_p_values, pairs), strict=True
        )
    ]


def _difference(
    pair: PairNumbers,
    intervals: Intervals,
    at: int,
    *,
    p: float | None,
    p_corrected: float | None,
    has_family: bool,
    images: int,
    margin: float,
) -> Difference:
    """One number of one pair."""
    interval, se = None, or_none(intervals.se[at])
    if se is not None:
        interval = float(intervals.low[at]), float(intervals.high[at])
    if has_family:
        verdict = family_verdict(interval, margin=margin, images=images, p_corrected=p_corrected)
    else:
        verdict = headline_verdict(interval, margin=margin, images=images, p=p)
    if verdict is Verdict.TOO_FEW:
        interval = se = p = p_corrected = None
    return Difference(
        a=or_none(pair.observed[0, at]),
        b=or_none(pair.observed[1, at]),
        difference=or_none(intervals.observed[at]),
        interval=interval,
        se=se,
        p=p,
        p_corrected=p_corrected if has_family else p,
        verdict=verdict,
        detectable=None if se is None else POWER * se,
        undefined=int(intervals.undefined[at]),
    )


def _p_values(pair: PairNumbers) -> NDArray[np.float64] | None:
    """The p-value of every number by itself, float64, (M,); None without a swap test."""
    if pair.unswapped is None or pair.swapped is None:
        return None
    return swap_p_values(pair.unswapped, pair.swapped)


def _corrected(
    paths: Sequence[KeyPath], pairs: Sequence[PairNumbers], tested: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """p-values for the families, float64, shape (pairs, M); NaN for what is not tested."""
    members: dict[KeyPath, list[int]] = {}
    for at, path in enumerate(paths):
        members.setdefault(family_of(path) or path, []).append(at)
    tests = [pair.tests for pair in pairs]
    found = np.full((len(pairs), len(paths)), np.nan)
    for family in members.values():
        observed = np.concatenate([own[family] for own, _ in tests])
        by_chance = np.concatenate([others[:, family] for _, others in tests], axis=1)
        is_member = np.tile(tested[family], len(pairs))
        p = max_t_p_values(observed, by_chance, members=is_member)
        found[:, family] = p.reshape(len(pairs), len(family))
    return found
