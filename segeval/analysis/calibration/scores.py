"""The numbers of a calibration."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.analysis.bootstrap import Replicates
from segeval.analysis.calibration.errors import BINS, Bin, d_ece, la_ece, reliability
from segeval.analysis.calibration.fits import METHODS, Fit, held_out_scores
from segeval.analysis.outcomes import Outcomes
from segeval.frozen import frozen

Number = float | None


@frozen
class FitScores:
    """One function fitted to the scores, judged on images that it was not fitted to.

    Attributes:
        method: "isotonic", "temperature" or "linear".
        target: what the new scores should equal: "precision" (D-ECE) or "iou" (LaECE).
        before: the error of the scores as they are; None if undefined.
        after: the error of the new scores, each half of the images by the function of the other;
            None if undefined, or if a half is too small.
        fit: fitted to all predictions; None if there are too few.
    """

    method: str
    target: str
    before: Number
    after: Number
    fit: Fit | None

    def to_dict(self) -> dict[str, Any]:
        """The numbers as plain values."""
        parameters = None if self.fit is None else dict(self.fit.parameters)
        return {
            "method": self.method,
            "target": self.target,
            "before": self.before,
            "after": self.after,
            "parameters": parameters,
        }


@frozen
class Calibration:
    """How far scores are from precision and from IoU; None is undefined.

    Attributes:
        preds: number of predictions of categories that have objects.
        bins: number of equal bins.
        d_ece: D-ECE at the IoU threshold, all categories together.
        laece: LaECE at the IoU threshold, mean over categories.
        laece0: LaECE at the IoU threshold 0, as its later definition has it.
        kept: number of predictions at or above the LRP-optimal score of their category.
        d_ece_kept: D-ECE of these.
        laece_kept: LaECE of these.
        reliability: a row per bin.
        fits: fitted functions, with their errors before and after.
    """

    preds: int
    bins: int
    d_ece: Number
    laece: Number
    laece0: Number
    kept: int
    d_ece_kept: Number
    laece_kept: Number
    reliability: tuple[Bin, ...]
    fits: tuple[FitScores, ...]

    def to_dict(self) -> dict[str, Any]:
        """The numbers as plain values."""
        own = {
            key: value for key, value in vars(self).items() if key not in ("reliability", "fits")
        }
        return {
            **own,
            "reliability": [asdict(each) for each in self.reliability],
            "fits": [each.to_dict() for each in self.fits],
        }


UNDEFINED = Calibration(0, BINS, None, None, None, 0, None, None, (), ())
"""Of scores that are not all from 0 to 1."""


def calibration_scores(
    outcomes: Outcomes,
    at_zero: Outcomes,
    least: list[Number],
    replicates: Replicates,
    *,
    with_fits: bool = True,
) -> Calibration:
    """Calibration errors, and what fitted functions make of them.

    Args:
        outcomes: predictions at the IoU threshold, with scores from 0 to 1.
        at_zero: the same at the IoU threshold 0.
        least: LRP-optimal score of each category, None to keep nothing.
        replicates: whose halves fit and judge.
        with_fits: fit functions, which takes most of the time.
    """
    outcomes, at_zero = (each.of_categories_with_objects() for each in (outcomes, at_zero))
    score, iou, offsets = outcomes.score, outcomes.iou, outcomes.offsets
    limits = np.array([np.inf if each is None else each for each in least])
    kept = outcomes.take(score >= limits[outcomes.category])
    fits = _fits(outcomes, replicates) if with_fits else []
    return Calibration(
        preds=len(score),
        bins=BINS,
        d_ece=d_ece(score, outcomes.true),
        laece=la_ece(score, iou, offsets),
        laece0=la_ece(at_zero.score, at_zero.iou, at_zero.offsets),
        kept=len(kept.score),
        d_ece_kept=d_ece(kept.score, kept.true),
        laece_kept=la_ece(kept.score, kept.iou, kept.offsets),
        reliability=reliability(outcomes),
        fits=tuple(fits),
    )


def _fits(outcomes: Outcomes, replicates: Replicates) -> list[FitScores]:
    """Functions fitted to the scores of predictions, by what these should become."""
    score, iou = outcomes.score, outcomes.iou
    targets = {"precision": outcomes.true.astype(np.float64), "iou": iou}
    fits: list[FitScores] = []
    for target, wanted in targets.items():
        for method, fitting in METHODS.items():
            after = None
            if replicates.is_enough:
                half = replicates.half[outcomes.image]
                after = held_out_scores(fitting, score, wanted, half)
            fits.append(
                FitScores(
                    method=method,
                    target=target,
                    before=_error(outcomes, score, target),
                    after=None if after is None else _error(outcomes, after, target),
                    fit=fitting(score, wanted),
                )
            )
    return fits


def _error(outcomes: Outcomes, score: NDArray[np.float64], target: str) -> Number:
    """The error of scores (n,) that should equal precision, or IoU."""
    if target == "precision":
        return d_ece(score, outcomes.true)
    return la_ece(score, outcomes.iou, outcomes.offsets)
