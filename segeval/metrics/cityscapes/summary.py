"""From the statistics of Cityscapes' AP to its numbers."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from segeval.data.cityscapes.labels import INSTANCES
from segeval.metrics.cityscapes.curve import ap_by_class
from segeval.metrics.cityscapes.result import CategoryScores, CityscapesScores
from segeval.metrics.cityscapes.statistics import CityscapesStatistics
from segeval.metrics.image_columns import per_row, sums, whole_weights


def cityscapes_scores(
    statistics: CityscapesStatistics, weights: NDArray[np.int64] | None = None
) -> CityscapesScores:
    """Every number of one kind of IoU.

    Args:
        statistics: statistics of I images.
        weights: how often each image counts, in the order of `statistics.keys`, whole numbers,
            shape (I,); None for once each.

    Raises:
        ShapeError: unless there is one weight per image.
        InputError: if a weight is negative or not a whole number.

    Example:
        >>> from segeval.metrics.cityscapes.matching import FrameMatches
        >>> from segeval.metrics.cityscapes.statistics import cityscapes_statistics
        >>> car, all_bits, no_bits = (
        ...     np.array([2]),
        ...     np.array([1023], np.uint16),
        ...     np.zeros(1, np.uint16),
        ... )
        >>> gt = np.bincount(car, minlength=8)
        >>> found = FrameMatches(car, np.array([0.9]), all_bits, no_bits, gt)
        >>> missed = FrameMatches(car, np.array([0.5]), no_bits, no_bits, gt)
        >>> both = cityscapes_statistics([found, missed], ["ulm_1", "ulm_2"], "segm", {})
        >>> cityscapes_scores(both).ap, cityscapes_scores(both, np.array([1, 0])).ap
        (0.5, 1.0)
    """
    by_image = whole_weights(weights, len(statistics))
    table = ap_by_class(statistics, by_image)
    gt = by_image @ statistics.gt.astype(np.int64)
    copies = per_row(by_image, statistics.offsets)
    preds = sums(statistics.category, np.ones_like(copies), copies, len(INSTANCES))
    categories = tuple(
        CategoryScores(
            id=label.id,
            name=label.name,
            gt=int(gt[k]),
            preds=int(preds[k]),
            ap=_defined_mean(table[k]),
            ap50=_defined_mean(table[k, :1]),
        )
        for k, label in enumerate(INSTANCES)
    )
    return CityscapesScores(
        iou=statistics.iou,
        ap=_defined_mean(table),
        ap50=_defined_mean(table[:, 0]),
        categories=categories,
        by_threshold=table,
    )


def _defined_mean(values: NDArray[np.float64]) -> float | None:
    """Mean of the values that are not NaN, None if there is none."""
    defined = values[~np.isnan(values)]
    return float(defined.mean()) if defined.size else None
