"""From the statistics of panoptic quality to its numbers."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from segeval.data.keys import Key, written
from segeval.metrics.image_columns import whole_weights
from segeval.metrics.panoptic.result import CategoryQuality, PanopticScores, Quality
from segeval.metrics.panoptic.statistics import PanopticStatistics


def panoptic_scores(
    statistics: PanopticStatistics, weights: NDArray[np.int64] | None = None
) -> PanopticScores:
    """Every number of panoptic quality.

    Args:
        statistics: statistics of I images.
        weights: how often each image counts, in the order of `statistics.keys`, whole numbers,
            shape (I,); None for once each.

    Raises:
        ShapeError: unless there is one weight per image.
        InputError: if a weight is negative or not a whole number.

    Example:
        >>> from segeval.metrics.panoptic.matching import ImageMatches
        >>> from segeval.metrics.panoptic.statistics import panoptic_statistics
        >>> none, cat = np.array([], np.int64), np.array([0])
        >>> found = ImageMatches(category=cat, iou=np.array([0.75]), fp=none, fn=none)
        >>> missed = ImageMatches(category=none, iou=np.array([]), fp=none, fn=cat)
        >>> ids, names, is_thing = np.array([1]), ("cat",), np.array([True])
        >>> both = panoptic_statistics([found, missed], np.array([7, 9]), ids, names, is_thing, {})
        >>> panoptic_scores(both).all.pq, panoptic_scores(both, np.array([1, 0])).all.pq
        (0.5, 0.75)
    """
    tp, fp, fn, iou = statistics.totals(whole_weights(weights, len(statistics)))
    ids = written(statistics.category_id, statistics.category_keys)
    categories = tuple(
        _category(
            ids[k],
            name,
            is_thing=bool(statistics.is_thing[k]),
            iou=iou[k],
            counts=(int(tp[k]), int(fp[k]), int(fn[k])),
        )
        for k, name in enumerate(statistics.category_names)
    )
    return PanopticScores(
        all=_mean(categories),
        things=_mean([one for one in categories if one.isthing]),
        stuff=_mean([one for one in categories if not one.isthing]),
        categories=categories,
    )


def _category(
    number: Key, name: str, *, is_thing: bool, iou: float, counts: tuple[int, int, int]
) -> CategoryQuality:
    """The numbers of one category from its sum of IoU and its counts."""
    tp, fp, fn = counts
    weight = tp + 0.5 * fp + 0.5 * fn
    if not weight:
        return CategoryQuality(number, name, is_thing, None, None, None, 0, 0, 0)
    sq = iou / tp if tp else 0.0
    return CategoryQuality(number, name, is_thing, iou / weight, sq, tp / weight, tp, fp, fn)


def _mean(categories: Sequence[CategoryQuality]) -> Quality:
    """The mean over the categories that have a segment."""
    numbers = [
        (one.pq, one.sq, one.rq)
        for one in categories
        if one.pq is not None and one.sq is not None and one.rq is not None
    ]
    if not numbers:
        return Quality(None, None, None, 0)
    pq, sq, rq = (math.fsum(column) / len(numbers) for column in zip(*numbers, strict=True))
    return Quality(pq, sq, rq, len(numbers))
