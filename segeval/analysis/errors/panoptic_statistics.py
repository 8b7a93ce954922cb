"""What panoptic images lose, by image and category, which can be weighted."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from segeval.analysis.errors.panoptic_outcomes import SegmentOutcomes
from segeval.brief import Brief
from segeval.frozen import frozen
from segeval.metrics.panoptic.outcomes import CONFUSION
from segeval.metrics.panoptic.statistics import UNITS, PanopticStatistics


@frozen(eq=False, repr=False)
class PanopticErrorStatistics(Brief):
    """The statistics of panoptic quality, and the pairs of segments that are confused.

    Attributes:
        quality: of I images and K categories.
        image: image of each pair, a place in `quality.keys`, int64, shape (J,).
        category: category of the missed segment, a place among the K, int64, shape (J,).
        taken_for: category of the false segment, a place among the K, int64, shape (J,).
    """

    quality: PanopticStatistics
    image: NDArray[np.int64]
    category: NDArray[np.int64]
    taken_for: NDArray[np.int64]

    def __len__(self) -> int:
        """Number of images."""
        return len(self.quality)

    def confused(self) -> NDArray[np.int64]:
        """False and missed segments of every row of `quality` that are confused, shape (R, 2)."""
        own, number = self.quality, max(len(self.quality.category_id), 1)
        image = np.repeat(np.arange(len(own)), np.diff(own.offsets))
        cells = image * number + own.category.astype(np.int64)  # rising
        found = np.zeros((len(cells), 2), np.int64)
        for column, category in enumerate((self.taken_for, self.category)):
            places = np.searchsorted(cells, self.image * number + category)
            found[:, column] = np.bincount(places, minlength=len(cells))
        return found


def panoptic_error_statistics(
    quality: PanopticStatistics, outcomes: SegmentOutcomes
) -> PanopticErrorStatistics:
    """The statistics of one kind of IoU, from what became of every segment.

    Args:
        quality: of the same files.
        outcomes: of all their segments.
    """
    place = np.empty(len(outcomes.gt), np.int64)
    place[outcomes.order] = np.arange(len(outcomes.gt))
    rows = np.flatnonzero(outcomes.state == CONFUSION)
    image = place[outcomes.image[rows]]
    category = outcomes.gt_category[outcomes.partner[rows]]
    taken_for = outcomes.category[rows]
    order = np.lexsort((taken_for, category, image))
    return PanopticErrorStatistics(quality, image[order], category[order], taken_for[order])


def image_losses(statistics: PanopticStatistics) -> NDArray[np.float64]:
    """What each image takes from PQ, a fraction; together 1 - PQ.

    A category of K lacks (TP - sum of IoU + FP/2 + FN/2) / (TP + FP/2 + FN/2) of its PQ. Its
    numerator is a sum over images, and PQ a mean over the categories that have a segment.

    Args:
        statistics: of I images.

    Returns:
        In the order of `statistics.keys`, float64, shape (I,).

    Example:
        >>> from segeval.metrics.panoptic.matching import ImageMatches
        >>> from segeval.metrics.panoptic.statistics import panoptic_statistics
        >>> none, cat = np.array([], np.int64), np.array([0])
        >>> found = ImageMatches(category=cat, iou=np.array([0.75]), fp=none, fn=none)
        >>> missed = ImageMatches(category=none, iou=np.array([]), fp=none, fn=cat)
        >>> ids, names, is_thing = np.array([1]), ("cat",), np.array([True])
        >>> both = panoptic_statistics([found, missed], np.array([7, 9]), ids, names, is_thing, {})
        >>> image_losses(both).round(4).tolist()  # of a cat, 1.5 parts: PQ is 0.5
        [0.1667, 0.3333]
    """
    tp, fp, fn = (
        column.astype(np.float64) for column in (statistics.tp, statistics.fp, statistics.fn)
    )
    iou = statistics.iou_whole + statistics.iou_units / UNITS
    number = len(statistics.category_id)
    parts = np.bincount(statistics.category, tp + 0.5 * fp + 0.5 * fn, minlength=number)
    judged = max(int((parts > 0).sum()), 1)
    lost = (tp - iou + 0.5 * fp + 0.5 * fn) / (parts[statistics.category] * judged)
    image = np.repeat(np.arange(len(statistics)), np.diff(statistics.offsets))
    return np.bincount(image, lost, minlength=len(statistics)).astype(np.float64)
