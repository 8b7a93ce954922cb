"""Calibration errors of detections: D-ECE, LaECE and the reliability table."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from segeval.analysis.outcomes import Outcomes
from segeval.frozen import frozen

BINS = 25
"""Equal bins of the scores from 0 to 1, of both errors."""


@frozen
class Bin:
    """Predictions with scores above `low` up to `high`; the first bin has 0 too.

    Attributes:
        low: its lower end.
        high: its upper end.
        preds: number of predictions.
        score: mean score, None of none.
        precision: share that are true, None of none.
        iou: mean IoU of the predictions with their objects, 0 for false ones; None of none.
    """

    low: float
    high: float
    preds: int
    score: float | None
    precision: float | None
    iou: float | None


def reliability(outcomes: Outcomes, bins: int = BINS) -> tuple[Bin, ...]:
    """Mean score, precision and IoU of the predictions by score.

    Args:
        outcomes: predictions with scores from 0 to 1.
        bins: number of equal bins.
    """
    place = bins_of(outcomes.score, bins)
    counts = np.bincount(place, minlength=bins)
    edges = np.linspace(0, 1, bins + 1)
    score, precision, iou = (
        [float(total / n) if n else None for total, n in zip(totals, counts, strict=True)]
        for totals in (
            np.bincount(place, column, minlength=bins)
            for column in (outcomes.score, outcomes.true.astype(np.float64), outcomes.iou)
        )
    )
    return tuple(
        Bin(
            low=float(edges[at]),
            high=float(edges[at + 1]),
            preds=int(counts[at]),
            score=score[at],
            precision=precision[at],
            iou=iou[at],
        )
        for at in range(bins)
    )


def d_ece(score: NDArray[np.float64], true: NDArray[np.bool_], bins: int = BINS) -> float | None:
    """Detection ECE: mean distance of score and precision, weighted by predictions.

    Args:
        score: from 0 to 1, float64, shape (n,).
        true: whether each prediction is true, bool, shape (n,).
        bins: number of equal bins.

    Returns:
        A fraction; None without predictions.

    Source:
        Küppers et al. 2020, Multivariate Confidence Calibration for Object Detection, with the
        score alone.

    Example:
        >>> d_ece(np.array([0.75, 0.75]), np.array([True, False]))
        0.25
    """
    return d_ece_of(score, true.astype(np.float64), bins)


def la_ece(
    score: NDArray[np.float64],
    iou: NDArray[np.float64],
    offsets: NDArray[np.int64],
    bins: int = BINS,
) -> float | None:
    """Localisation-aware ECE: mean distance of score and IoU of the categories.

    Args:
        score: from 0 to 1, by category, float64, shape (n,).
        iou: of each prediction with its object, 0 for false ones, float64, shape (n,).
        offsets: category k has `offsets[k]:offsets[k + 1]`, int64, shape (K + 1,).
        bins: number of equal bins.

    Returns:
        Mean over categories with predictions; None without any. As in the authors' code, a
        category whose error is exactly 0 is left out.

    Source:
        Oksuz et al. 2023, Towards Building Self-Aware Object Detectors; with an IoU threshold of 0
        Kuzucu et al. 2024, On Calibration of Object Detectors. Equal to detection_calibration
        bf59c92.

    Example:
        >>> la_ece(np.array([0.9, 0.5]), np.array([0.65, 0.0]), np.array([0, 1, 2]))
        0.375
    """
    errors = [
        d_ece_of(score[start:stop], iou[start:stop], bins)
        for start, stop in pairwise(offsets.tolist())
    ]
    found = [error for error in errors if error]
    return float(np.mean(found)) if found else None


def bins_of(score: NDArray[np.float64], bins: int) -> NDArray[np.int64]:
    """Place of the bin of each score from 0 to 1, int64, shape (n,)."""
    edges = np.linspace(0, 1, bins + 1)
    return np.maximum(np.searchsorted(edges, score, side="left") - 1, 0)


def d_ece_of(
    score: NDArray[np.float64], quality: NDArray[np.float64], bins: int = BINS
) -> float | None:
    """As `d_ece` for any quality: the mean distance of score and quality in the bins of scores.

    Args:
        score: from 0 to 1, float64, shape (n,).
        quality: what scores should equal, from 0 to 1, float64, shape (n,).
        bins: number of equal bins.
    """
    if not len(score):
        return None
    gaps = np.bincount(bins_of(score, bins), score - quality, minlength=bins)
    return float(np.abs(gaps).sum() / len(score))
