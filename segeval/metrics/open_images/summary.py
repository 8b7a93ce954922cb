"""From the statistics of AP on Open Images to its numbers."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from segeval.metrics.image_columns import per_row, sums, whole_weights
from segeval.metrics.open_images.curve import area_under_curve
from segeval.metrics.open_images.result import OpenImagesCategoryScores, OpenImagesScores
from segeval.metrics.open_images.statistics import OpenImagesStatistics


def open_images_scores(
    statistics: OpenImagesStatistics, weights: NDArray[np.int64] | None = None
) -> OpenImagesScores:
    """Every number of one kind of IoU.

    Args:
        statistics: statistics of I images.
        weights: how often each image counts, in the order of `statistics.keys`, whole numbers,
            shape (I,); None for once each.

    Raises:
        ShapeError: unless there is one weight per image.
        InputError: if a weight is negative or not a whole number.

    Example:
        >>> one, offsets = np.ones(2, np.uint16), np.arange(3)
        >>> both = OpenImagesStatistics(
        ...     iou="segm",
        ...     group_of_weight=1.0,
        ...     rules=(),
        ...     keys=("a", "b"),
        ...     category_names=("cat",),
        ...     offsets=offsets,
        ...     category=0 * one,
        ...     singles=one,
        ...     groups=0 * one,
        ...     judged=one,
        ...     entry_offsets=offsets,
        ...     entry_category=0 * one,
        ...     score=np.array([0.9, 0.5]),
        ...     state=np.array([1, 0], np.int8),
        ... )  # found in a, missed in b
        >>> open_images_scores(both).ap50, open_images_scores(both, np.array([3, 1])).ap50
        (0.5, 0.75)
    """
    by_image = whole_weights(weights, len(statistics))
    number, of_row = len(statistics.category_names), per_row(by_image, statistics.offsets)
    singles, groups, judged = (
        sums(statistics.category, column, of_row, number)
        for column in (statistics.singles, statistics.groups, statistics.judged)
    )
    weight, copies = statistics.group_of_weight, per_row(by_image, statistics.entry_offsets)
    kept = copies > 0 if weight else (copies > 0) & (statistics.state != 2)
    # official: concatenated by image, sorted ascending, reversed
    rows = np.flatnonzero(kept)[::-1]
    rows = rows[np.lexsort((-statistics.score[rows], statistics.entry_category[rows]))]
    ends = np.searchsorted(statistics.entry_category[rows], np.arange(number + 1))
    value = np.array([0.0, 1.0, weight])[statistics.state]
    categories = []
    for place, name in enumerate(statistics.category_names):
        ranked = rows[ends[place] : ends[place + 1]]
        positives = int(singles[place]) + weight * int(groups[place])
        categories.append(
            OpenImagesCategoryScores(
                id=name,
                name=name,
                ap50=area_under_curve(value[ranked], positives, copies[ranked]),
                gt=int(singles[place]),
                group_of=int(groups[place]),
                preds=int(judged[place]),
            )
        )
    defined = [each.ap50 for each in categories if each.ap50 is not None]
    return OpenImagesScores(
        ap50=float(np.mean(defined)) if defined else None,
        gt=int(singles.sum()),
        group_of=int(groups.sum()),
        preds=int(judged.sum()),
        categories=tuple(categories),
    )
