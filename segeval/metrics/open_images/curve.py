"""Area under the precision-recall curve, as Pascal VOC computes it over all points."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def area_under_curve(
    weights: NDArray[np.float64], positives: float, copies: NDArray[np.int64] | None = None
) -> float | None:
    """AP of one class from its ranking.

    Precision at a recall is the highest at that recall or above; the area under it is summed over
    every point where recall changes.

    Args:
        weights: what each entry adds to the true positives, from the highest score to the lowest,
            float64, shape (N,); 0 is a false positive.
        positives: denominator of recall.
        copies: how often each entry counts, at least 1, int64, shape (N,); None for once each.

    Returns:
        A fraction; None without positives.

    Source:
        Equal to compute_average_precision of tensorflow/models object_detection (2019-10).

    Example:
        >>> area_under_curve(np.array([1.0, 0.0, 1.0]), 2)  # 1/2 at precision 1, 1/2 at 2/3
        0.8333333333333333
    """
    if positives <= 0:
        return None
    times = np.ones(len(weights), np.int64) if copies is None else copies
    true = np.cumsum(weights * times)
    false = np.cumsum((weights <= 0) * times)
    precision = np.concatenate([true / (true + false), [0.0]])
    recall = np.concatenate([[0.0], true / positives, [1.0]])
    best = np.maximum.accumulate(precision[::-1])[::-1]
    steps = np.flatnonzero(recall[1:] != recall[:-1])
    return float(np.sum((recall[steps + 1] - recall[steps]) * best[steps]))
