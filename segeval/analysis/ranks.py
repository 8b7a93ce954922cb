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
    order = np.argsort(-matches.score, kind="stable")
    in_order = matches.score[order]
    is_tied = np.zeros(len(order), np.bool_)
    is_tied[1:] = in_order[1:] == in_order[:-1]
    is_tied[:-1] |= is_tied[1:]
    tied = order[is_tied]
    keys = matches.prediction[tied], matches.image[tied], -matches.score[tied]
    order[is_tied] = tied[np.lexsort(keys)]
    ranks = np.empty(len(matches), np.int64)
    ranks[order] = np.arange(len(matches))
    return ranks
