"""How much nearer new scores are to what they should equal, with an interval."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.analysis.bootstrap import Replicates, replicates_of
from segeval.analysis.calibration.errors import BINS, bins_of, d_ece, la_ece
from segeval.analysis.calibration.fits import METHODS, Fit, held_out_scores, in_order
from segeval.analysis.comparison.intervals import Interval, centred_intervals
from segeval.analysis.outcomes import Outcomes
from segeval.frozen import frozen

RESAMPLES = 1000


@frozen
class CalibrationGain:
    """The error of old and new scores on images that the function was not fitted to.

    Attributes:
        on: the images, such as "halves of val.json".
        before: the error of the old scores; None if undefined.
        after: the error of the new scores; None if undefined.
        fall: before - after; None if undefined.
        interval: 95 % interval of the fall, from images drawn anew; None if undefined.
    """

    on: str
    before: float | None
    after: float | None
    fall: float | None = None
    interval: Interval = None

    @property
    def verdict(self) -> str:
        """Whether that is a gain: "better", "worse" or "undecided"."""
        if self.interval is None:
            return "undecided"
        low, high = self.interval
        return "better" if low > 0 else "worse" if high < 0 else "undecided"

    def to_dict(self) -> dict[str, Any]:
        """The gain as plain values."""
        return {**vars(self), "interval": self.interval, "verdict": self.verdict}


def gain_in_halves(
    outcomes: Outcomes, method: str, target: str, seed: int, on: str
) -> CalibrationGain:
    """The error on each half of the images with the function that the other half gives.

    Args:
        outcomes: predictions at the IoU threshold, of categories that have objects.
        method: name of the function.
        target: what scores shall equal.
        seed: of the halves, and of the draws.
        on: what the images are called.
    """
    replicates = replicates_of(outcomes.matches, RESAMPLES, seed)
    new = None
    if replicates.is_enough:
        half = replicates.half[outcomes.image]
        new = held_out_scores(METHODS[method], outcomes.score, _quality(outcomes, target), half)
    return _gain(outcomes, new, target, replicates, on)


def gain_elsewhere(
    outcomes: Outcomes, fit: Fit, target: str, seed: int, on: str
) -> CalibrationGain:
    """The error on images that the function was not fitted to; arguments as in `gain_in_halves`."""
    replicates = replicates_of(outcomes.matches, RESAMPLES, seed)
    return _gain(outcomes, in_order(fit, outcomes.score), target, replicates, on)


def _gain(
    outcomes: Outcomes,
    new: NDArray[np.float64] | None,
    target: str,
    replicates: Replicates,
    on: str,
) -> CalibrationGain:
    """Both errors, and the interval of their difference."""
    before = _error(outcomes, outcomes.score, target)
    after = None if new is None else _error(outcomes, new, target)
    if new is None or before is None or after is None or not replicates.is_enough:
        return CalibrationGain(on, before, after)
    columns = [_Columns.of(outcomes, score, target) for score in (outcomes.score, new)]
    falls = replicates.each(lambda weights: columns[0].errors(weights) - columns[1].errors(weights))
    fall = before - after
    [interval] = centred_intervals(np.array([fall]), falls[:, np.newaxis]).ends
    return CalibrationGain(on, before, after, fall, interval)


def _error(outcomes: Outcomes, score: NDArray[np.float64], target: str) -> float | None:
    """D-ECE, or LaECE."""
    if target == "precision":
        return d_ece(score, outcomes.true)
    return la_ece(score, outcomes.iou, outcomes.offsets)


def _quality(outcomes: Outcomes, target: str) -> NDArray[np.float64]:
    """What each score should equal."""
    return outcomes.true.astype(np.float64) if target == "precision" else outcomes.iou


@frozen(eq=False)
class _Columns:
    """Sums by image of the groups whose errors are averaged: all predictions, or each category.

    Attributes:
        gaps: score minus what it should equal, by bin, of each group, float64, shape (I, BINS).
        counts: predictions of each group, float64, shape (I,).
        images: the images with any of them, whole numbers, shape (I,).
        skips_zero: whether a group without an error is left out.
    """

    gaps: list[NDArray[np.float64]]
    counts: list[NDArray[np.float64]]
    images: list[NDArray[np.integer]]
    skips_zero: bool

    @classmethod
    def of(cls, outcomes: Outcomes, score: NDArray[np.float64], target: str) -> _Columns:
        """The sums of some scores."""
        quality, place = _quality(outcomes, target), bins_of(score, BINS)
        edges = [0, len(score)] if target == "precision" else outcomes.offsets.tolist()
        found = cls([], [], [], target != "precision")
        for start, stop in pairwise(edges):
            if start == stop:
                continue
            images, image = np.unique(outcomes.image[start:stop], return_inverse=True)
            gaps = np.zeros((len(images), BINS))
            np.add.at(gaps, (image, place[start:stop]), (score - quality)[start:stop])
            found.gaps.append(gaps)
            found.counts.append(np.bincount(image).astype(np.float64))
            found.images.append(images)
        return found

    def errors(self, weights: NDArray[np.uint16]) -> NDArray[np.float64]:
        """The error of each of some draws, whose weights are (R, I), float64, shape (R,)."""
        found = []
        for gaps, counts, images in zip(self.gaps, self.counts, self.images, strict=True):
            own = weights[:, images].astype(np.float64)
            with np.errstate(invalid="ignore"):
                found.append(np.abs(own @ gaps).sum(axis=1) / (own @ counts))
        errors = np.stack(found, axis=1)
        if self.skips_zero:
            errors[errors == 0] = np.nan
        known = ~np.isnan(errors)
        with np.errstate(invalid="ignore"):
            return np.asarray(np.where(known, errors, 0).sum(axis=1) / known.sum(axis=1))
