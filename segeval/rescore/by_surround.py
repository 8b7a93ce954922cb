"""Scores that follow from what lies inside of what."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from segeval.analysis.calibration.targets import check_probabilities
from segeval.data import Predictions
from segeval.errors import InputError
from segeval.frozen import frozen
from segeval.metrics.choices import check_share
from segeval.rescore.statistics.around import Outlines, strongest_around
from segeval.rescore.statistics.placed import placed
from segeval.rescore.statistics.surround import MIN_LIFT, MIN_OBJECTS, MIN_SHARE, Surround

RISE = 0.5
FALL = 0.5

EXPECTED = 0.95
"""Share of the objects of a category that are surrounded, from which one alone is suspicious."""


@frozen
class SurroundRule:
    """When scores rise and fall, and how far.

    Attributes:
        rise: share of the way to 1 that a score goes at most, from 0 to 1.
        fall: share of a score that is lost at most where nothing surrounds it, from 0 to 1.
        expected: share of the objects of a category that are surrounded, from which one without
            anything around it falls.
        min_objects: objects of the category inside that a pair needs in the statistics.
        min_share: share of them that must be surrounded.
        min_lift: how many times more often that must be than by chance.

    Raises:
        InputError: for a value out of its range.
    """

    rise: float = RISE
    fall: float = FALL
    expected: float = EXPECTED
    min_objects: int = MIN_OBJECTS
    min_share: float = MIN_SHARE
    min_lift: float = MIN_LIFT

    def __post_init__(self) -> None:
        """Refuse what is out of its range."""
        for name in ("rise", "fall", "expected", "min_share"):
            check_share(name, getattr(self, name))
        if not self.min_lift >= 0:
            raise InputError(
                f"`min_lift` is {self.min_lift:g}, expected 0 or more",
                code="lift",
                option="min_lift",
            )


def noisy_or(
    score: NDArray[np.float64], evidence: NDArray[np.float64], rise: float = RISE
) -> NDArray[np.float64]:
    """Scores as if the evidence were one more reason to believe in each prediction.

    Args:
        score: from 0 to 1, shape (N,).
        evidence: score of what surrounds each, times the share of objects that it surrounds,
            shape (N,).
        rise: share of what the evidence says.

    Example:
        >>> noisy_or(np.array([0.4]), np.array([0.9 * 0.95])).round(4)
        array([0.6565])
    """
    return np.asarray(score + rise * (1 - score) * evidence)


def reduced(
    score: NDArray[np.float64], share: NDArray[np.float64], fall: float = FALL
) -> NDArray[np.float64]:
    """Scores of predictions that nothing surrounds.

    Args:
        score: from 0 to 1, shape (N,).
        share: of the objects of each category that are surrounded, shape (N,).
        fall: share of what that says.

    Example:
        >>> reduced(np.array([0.4]), np.array([0.95])).round(4)
        array([0.21])
    """
    return np.asarray(score * (1 - fall * share))


def rescored_by_surround(
    preds: Predictions,
    statistics: Surround,
    rule: SurroundRule | None = None,
    *,
    workers: int | None = None,
) -> NDArray[np.float64]:
    """New scores: what lies inside of what it usually lies in rises; what lies in nothing falls.

    A prediction of b inside one of a, with a pair that says something, rises by `noisy_or` of the
    score of a times the share of b that is inside an a; the strongest counts. Where nothing
    surrounds it, and almost all objects of b are surrounded, it falls. All of it goes by the scores
    as they were; no row is added.

    Args:
        preds: N predictions, with scores from 0 to 1.
        statistics: how often categories surround others.
        rule: when scores change; None for the usual one.
        workers: threads, None for all cores.

    Returns:
        float64, shape (N,).

    Raises:
        InputError: for scores outside of 0 to 1.
        FormatError: for a prediction without a place.

    Source:
        Open Images paper (arXiv 2003.07557), section 5.8, which gives no formula.

    Example:
        >>> import segeval
        >>> from segeval.rescore import surround_statistics
        >>> boxes = {1: [0, 0, 50, 50], 2: [10, 10, 9, 9]}
        >>> gt = {
        ...     "images": [{"id": k, "width": 90, "height": 60} for k in range(20)],
        ...     "categories": [{"id": 1, "name": "car"}, {"id": 2, "name": "wheel"}],
        ...     "annotations": [
        ...         {"id": 2 * k + category, "image_id": k, "category_id": category, "bbox": box}
        ...         for k in range(20)
        ...         for category, box in boxes.items()
        ...     ],
        ... }
        >>> preds = [
        ...     {"image_id": 1, "category_id": category, "bbox": box, "score": 0.5}
        ...     for category, box in boxes.items()
        ... ]
        >>> learnt = surround_statistics(segeval.load_ground_truth(gt))
        >>> lax = SurroundRule(min_lift=1)
        >>> rescored_by_surround(segeval.load_predictions(preds), learnt, lax).round(2)
        array([0.5 , 0.62])
    """
    rule = rule or SurroundRule()
    check_probabilities(preds)
    valid = statistics.valid(
        min_objects=rule.min_objects, min_share=rule.min_share, min_lift=rule.min_lift
    )
    weight = np.where(valid, np.nan_to_num(statistics.p_in), 0.0)
    usual = weight.max(axis=0, initial=0.0)
    used = np.asarray(valid.any(axis=0) | valid.any(axis=1))
    own = placed(preds, statistics.categories, statistics.iou, used=used)
    score, found = own.score, np.full(len(own.rows), -1.0)

    def one(edges: NDArray[np.int64], outlines: Outlines, at: slice) -> None:
        strongest_around(
            edges, own.category[at], score[at], outlines, weight, statistics.tau, found[at]
        )

    own.in_batches(one, workers)
    share = usual[own.category]
    lonely = (found < 0) & (share > 0) & (share >= rule.expected)
    new = np.where(found > 0, noisy_or(score, found, rule.rise), score)
    new = np.where(lonely, reduced(score, share, rule.fall), new)
    scores = preds.score.copy()
    scores[own.rows] = new
    return scores
