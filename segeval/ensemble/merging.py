"""Predictions merged with equal weights, without anything that is measured or noted."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from segeval.data import Predictions
from segeval.ensemble.plan import Fitted, Plan
from segeval.ensemble.pools.pool import pooled


def merged_alike(
    models: Sequence[Predictions], strategy: str, *, max_dets: int = 100, workers: int | None = None
) -> Predictions:
    """The predictions of several models, or of several views of one, merged with equal weights.

    Unlike `fuse` it asks nothing about them: two may be equal, and all may be empty.

    Args:
        models: predictions of each.
        strategy: a name of `segeval.ensemble.STRATEGIES` that needs no ground truth.
        max_dets: best rows of an image over all categories; 0 for all.
        workers: threads, None for all cores.

    Raises:
        InputError: for a strategy that does not exist.

    Example:
        >>> from segeval import load_predictions
        >>> from segeval.data.synthetic import furniture
        >>> preds = load_predictions(furniture(images=2).better)
        >>> len(merged_alike([preds, preds], "nms")) <= len(preds)
        True
    """
    pool = pooled(models)
    plan = Plan.of(strategy, pool, {}, iou=None, cut=0.5, max_dets=max_dets, workers=workers)
    return plan.merged(pool, Fitted(np.ones(len(models)))).to_predictions()
