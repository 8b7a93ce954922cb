"""AP-pool: the predictions of many categories in one ranking.

AP asks for a good order within each category only. AP-pool also asks that a score mean the same in
every category.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from segeval.metrics.coco.curves import Curves, Groups


class Rankable(Protocol):
    """What `Matches` are known to hold."""

    @property
    def category_ids(self) -> NDArray[np.int64]:
        """Of K categories."""

    @property
    def category(self) -> NDArray[np.int32]:
        """Index of the category of each of N predictions."""

    @property
    def image(self) -> NDArray[np.int32]:
        """Index of its image."""

    @property
    def score(self) -> NDArray[np.float64]:
        """Of each prediction."""

    @property
    def gt_category(self) -> NDArray[np.int32]:
        """Index of the category of each ground truth."""

    def curves(self, *, groups: Groups, workers: int | None) -> Curves:
        """Precision and recall of groups of predictions, in the first size bucket."""


def pooled_ap(
    matches: Rankable, groups: Mapping[str, NDArray[np.intp]], workers: int | None = None
) -> dict[str, float | None]:
    """AP of each of several groups of categories in one ranking, each category matched on its own.

    Args:
        matches: matches of the evaluation.
        groups: index of each category in `matches.category_ids`, by name of the group.
        workers: threads, None for all cores.

    Returns:
        Mean over thresholds and recall points, a fraction; None without ground truth.

    Source:
        Dave et al. 2021, Evaluating Large-Vocabulary Object Detectors: ties go by image, then
        category.
    """
    found = {}
    for name, categories in groups.items():
        group = np.full(len(matches.category_ids), -1)
        group[categories] = 0
        category = matches.category
        rows = np.flatnonzero(group[category] == 0)
        rows = rows[np.lexsort((category[rows], matches.image[rows], -matches.score[rows]))]
        pool = Groups(rows, np.array([0, len(rows)]), group[matches.gt_category])
        found[name] = matches.curves(groups=pool, workers=workers).ap()
    return found
