"""AP as Cityscapes computes it: the area below the plain precision-recall curve."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from segeval.metrics.cityscapes.matching import THRESHOLDS
from segeval.metrics.cityscapes.statistics import CityscapesStatistics
from segeval.metrics.image_columns import per_row


def ap_by_class(
    statistics: CityscapesStatistics, weights: NDArray[np.int64]
) -> NDArray[np.float64]:
    """AP of every class at every threshold.

    Args:
        statistics: of I images.
        weights: how often each image counts, int64, shape (I,).

    Returns:
        Fractions, float64, shape (K, T); NaN for a class without ground truth.
    """
    gt = weights @ statistics.gt.astype(np.int64)
    copies = per_row(weights, statistics.offsets)
    found = np.full((len(gt), len(THRESHOLDS)), np.nan)
    for category in np.flatnonzero(gt):
        rows = np.flatnonzero((statistics.category == category) & (copies > 0))
        score = statistics.score[rows]
        for t in range(len(THRESHOLDS)):
            bit = np.uint16(1 << t)
            counts = (statistics.ignored_bits[rows] & bit) == 0
            found[category, t] = area_below(
                score[counts],
                (statistics.matched_bits[rows][counts] & bit) != 0,
                int(gt[category]),
                copies[rows][counts],
            )
    return found


def area_below(
    score: NDArray[np.float64],
    is_true: NDArray[np.bool_],
    positives: int,
    copies: NDArray[np.int64] | None = None,
) -> float:
    """AP of true and false positives: the area below their precision-recall curve.

    The curve has one point per distinct score, of the predictions that reach it, and one at
    precision 1, recall 0. Each point counts for half the recall between its neighbours; the ends
    are repeated. Precision is not made monotone.

    Args:
        score: float64, shape (N,).
        is_true: true positives, bool, shape (N,).
        positives: number of objects, at least 1.
        copies: how often each prediction counts, at least 1, int64, shape (N,); None for once each.

    Returns:
        A fraction; 0 without predictions.

    Source:
        cityscapesScripts 2.3.0, evalInstanceLevelSemanticLabeling.py. It stops with an IndexError
        where all predictions of a class are ignored, and gives 0 where there are none.

    Example:
        >>> area_below(np.array([0.9, 0.8]), np.array([False, True]), 2)
        0.125
    """
    if not len(score):
        return 0.0
    order = np.argsort(-score, kind="stable")
    times = np.ones(len(score), np.int64) if copies is None else copies[order]
    true, judged = np.cumsum(is_true[order] * times), np.cumsum(times)
    # the last prediction of each score, from high to low
    ends = np.flatnonzero(np.append(np.diff(score[order]) != 0, True))
    precision = np.concatenate([[1.0], true[ends] / judged[ends]])
    recall = np.concatenate([[0.0], true[ends] / positives])
    padded = np.concatenate([[0.0], recall, recall[-1:]])
    widths = 0.5 * padded[2:] - 0.5 * padded[:-2]
    return math.fsum((precision * widths).tolist())
