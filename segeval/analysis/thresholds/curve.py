"""Precision, recall, F and LRP against the score."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from segeval.analysis.outcomes import Outcomes
from segeval.frozen import frozen


@frozen(eq=False)
class Counts:
    """What is right and wrong when predictions below a score are dropped, for S thresholds.

    Attributes:
        score: the S different scores, falling; predictions of this score and above are kept.
        tp: true positives kept, int64, shape (S,).
        fp: false positives kept, int64, shape (S,).
        gt: number of objects.
        missing: sum of 1 - IoU of the true positives kept, float64, shape (S,).
    """

    score: NDArray[np.float64]
    tp: NDArray[np.int64]
    fp: NDArray[np.int64]
    gt: int
    missing: NDArray[np.float64]

    @property
    def precision(self) -> NDArray[np.float64]:
        """TP / (TP + FP), shape (S,)."""
        return np.asarray(self.tp / (self.tp + self.fp))

    @property
    def recall(self) -> NDArray[np.float64]:
        """TP / objects, shape (S,); NaN without objects."""
        return self.tp / self.gt if self.gt else np.full(len(self.tp), np.nan)

    def f(self, beta: float = 1.0) -> NDArray[np.float64]:
        """F-beta, shape (S,); NaN without objects."""
        return f_beta(self.tp, self.fp, np.int64(self.gt), beta)

    def lrp(self, threshold: float) -> NDArray[np.float64]:
        """LRP error at an IoU threshold below 1, shape (S,); NaN without objects."""
        if not self.gt:
            return np.full(len(self.tp), np.nan)
        missed = self.gt - self.tp
        return (self.missing / (1 - threshold) + self.fp + missed) / (self.fp + self.gt)


NO_COUNTS = Counts(np.zeros(0), np.zeros(0, np.int64), np.zeros(0, np.int64), 0, np.zeros(0))
"""Where there is no object, no score is the best, and none has to be looked at."""


def f_beta(
    tp: NDArray[np.int64], fp: NDArray[np.int64], gt: NDArray[np.int64] | np.int64, beta: float
) -> NDArray[np.float64]:
    """F of true positives, false positives and objects; NaN without objects.

    Source:
        Van Rijsbergen, Information Retrieval (1979), chapter 7: (1 + b²) P R / (b² P + R).

    Example:
        >>> f_beta(np.array([3, 0]), np.array([1, 0]), np.array([5, 0]), 1.0).round(3)
        array([0.667,   nan])
    """
    square = beta * beta
    whole = square * gt + tp + fp
    shape = np.broadcast_shapes(np.shape(tp), np.shape(gt))
    out = np.full(shape, np.nan)
    np.divide((1 + square) * tp, whole, out=out, where=np.asarray(gt) > 0)
    return out


def counts_of(outcomes: Outcomes, category: int | None = None) -> Counts:
    """Counts at every score, of one category by its index, or of all together."""
    kept: NDArray[np.bool_] | slice = slice(None)
    gt = len(outcomes.gt_category)
    if category is not None:
        kept = slice(*outcomes.offsets[category : category + 2])
        gt = int(outcomes.positives[category])
    score, true, iou = outcomes.score[kept], outcomes.true[kept], outcomes.iou[kept]
    if category is None:
        order = np.argsort(-score, kind="stable")
        score, true, iou = score[order], true[order], iou[order]
    last = ends_of_equals(score)
    tp = np.cumsum(true, dtype=np.int64)[last]
    return Counts(
        score=score[last],
        tp=tp,
        fp=np.flatnonzero(last) + 1 - tp,
        gt=gt,
        missing=np.cumsum(np.where(true, 1 - iou, 0.0))[last],
    )


def ends_of_equals(score: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Whether each of falling scores is the last of its value, bool, shape of score."""
    return np.append(score[1:] != score[:-1], True)[: len(score)]
