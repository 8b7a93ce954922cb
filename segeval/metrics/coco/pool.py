"""AP-pool: the predictions of many categories in one ranking.

AP asks for a good order within each category only. AP-pool also asks that a score mean the same in
every category.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from segeval.metrics.coco.curves import Groups
from segeval.metrics.coco.matches import Matches


def pooled_ap(
    matches: Matches, categories: NDArray[np.intp], workers: int | None = None
) -> float | None:
    """AP of some categories in one ranking, each matched on its own.

    Args:
        matches: matches of the evaluation.
        categories: index of each in `matches.category_ids`.
        workers: threads, None for all cores.

    Returns:
        Mean over thresholds and recall points, a fraction; None without ground truth.

    Source:
        Dave et al. 2021, Evaluating Large-Vocabulary Object Detectors: ties go by image, then
        category.
    """
    group = np.full(len(matches.category_ids), -1)
    group[categories] = 0
    category = matches.category
    rows = np.flatnonzero(group[category] == 0)
    rows = rows[np.lexsort((category[rows], matches.image[rows], -matches.score[rows]))]
    pool = Groups(rows, np.array([0, len(rows)]), group[matches.gt_category])
    return matches.curves(groups=pool, workers=workers).ap()
