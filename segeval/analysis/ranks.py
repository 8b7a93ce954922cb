"""Ranks of predictions by score, over all categories."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from segeval.metrics.coco.matches import Matches


def score_ranks(matches: Matches) -> NDArray[np.int64]:
    """Place of each row among all rows by falling score; equal scores go by image and file row.

    Returns:
        0 for the highest score, int64, shape (N,).
    """
    ranks = np.empty(len(matches), np.int64)
    ranks[np.lexsort((matches.prediction, matches.image, -matches.score))] = np.arange(len(matches))
    return ranks
