"""Models that are near duplicates of each other, whatever the ground truth."""

from __future__ import annotations

from functools import reduce
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from segeval.ensemble.operators.voting import supporters_of
from segeval.ensemble.pools.pool import Pool
from segeval.ensemble.pools.shapes import Iou
from segeval.ensemble.trees.tree import Leaf, Tree, joined

ALIKE = 0.9
"""IoU from which predictions of two models are the same."""

DUPLICATES = 0.95
"""Mean F1 over the images from which two models are near duplicates."""


def similarity(pool: Pool, one: int, other: int, iou: Iou, workers: int | None = None) -> float:
    """How alike the predictions of two models are, from 0 to 1.

    Args:
        pool: predictions of all models.
        one: number of a model.
        other: number of another.
        iou: what overlaps are measured by.
        workers: threads, None for all cores.

    Returns:
        The mean over images of the F1 of predictions that are the same: 1 where each has its like.
    """
    own = pool.take(np.flatnonzero(np.isin(pool.model, (one, other))))
    every = np.arange(len(own))
    best = supporters_of(own, every, iou, min_iou=ALIKE, workers=workers)[:, 0]
    partner = np.maximum(best, 0)
    is_pair = (best >= 0) & (best[partner] == every)
    images = len(own.image_ids)
    number = np.bincount(own.image, minlength=images)
    pairs = np.bincount(own.image[is_pair], minlength=images)
    shown = number > 0
    return float((pairs[shown] / number[shown]).mean()) if shown.any() else 0.0


def duplicate_groups(pool: Pool, iou: Iou, workers: int | None = None) -> list[tuple[int, ...]]:
    """Groups of models that are near duplicates, each model in one of them, in order.

    Args:
        pool: predictions of M models.
        iou: what overlaps are measured by.
        workers: threads, None for all cores.
    """
    number = len(pool.files)
    group = np.arange(number)
    for one, other in combinations(range(number), 2):
        is_open = group[one] != group[other] and _may_be_alike(pool, one, other)
        if is_open and similarity(pool, one, other, iou, workers) >= DUPLICATES:
            group[group == group[other]] = group[one]
    return [tuple(np.flatnonzero(group == each).tolist()) for each in np.unique(group)]


def _may_be_alike(pool: Pool, one: int, other: int) -> bool:
    """Whether two models have numbers of predictions that leave it open."""
    counts: NDArray[np.int64] = np.bincount(pool.model, minlength=len(pool.files))
    few, many = sorted((counts[one], counts[other]))
    return bool(few > 0 and many < 20 * few)


def as_trees(groups: list[tuple[int, ...]], kept: tuple[int, ...]) -> list[Tree]:
    """A tree for each group of which models are kept: near duplicates are merged by plain votes."""
    found = []
    for group in groups:
        own: list[Tree] = [Leaf(each) for each in group if each in kept]
        if own:
            found.append(reduce(joined, own))
    return found
