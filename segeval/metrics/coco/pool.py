"""AP-pool: the predictions of many categories in one ranking.

AP asks for a good order within each category only. AP-pool asks as well that a score means the same
in every category.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from segeval.metrics.coco.accumulate import precision_recall
from segeval.metrics.coco.matching import Matches


def pooled_ap(
    matches: Matches, categories: NDArray[np.intp], workers: int | None = None
) -> float | None:
    """AP of some categories as one, matched each on its own.

    Args:
        matches: of the evaluation.
        categories: index of each in `matches.category_ids`.
        workers: threads, None for all cores.

    Returns:
        Mean over thresholds and recall points, a fraction; None without ground truth.

    Source:
        Dave et al. 2021, Evaluating Large-Vocabulary Object Detectors: ties stand by
        image and, in an image, by category.
    """
    chosen = np.zeros(len(matches.category_ids), np.bool_)
    chosen[categories] = True
    positives = int((matches.gt_counted[0] & chosen[matches.gt_category]).sum())
    if not positives:
        return None
    category = matches.category
    rows = np.flatnonzero(chosen[category])
    order = np.lexsort((category[rows], matches.image[rows], -matches.score[rows]))
    rows = rows[order]
    precision, _ = precision_recall(
        matched=matches.matched_bits[0, rows],
        ignored=matches.ignored_bits[0, rows],
        rank=np.zeros(len(rows), np.int32),
        offsets=np.array([0, len(rows)]),
        positives=np.array([positives]),
        caps=np.array([1]),
        thresholds=len(matches.thresholds),
        workers=workers,
    )
    return float(precision.mean())
