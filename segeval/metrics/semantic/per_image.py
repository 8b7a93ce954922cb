"""What each pair of label maps alone would score."""

from __future__ import annotations

import numpy as np

from segeval.frozen import frozen
from segeval.metrics.semantic.confusion import divided, ratio_by_rule
from segeval.metrics.semantic.statistics import GT, IGNORED, PREDICTED, TRUE, LabelMapStatistics


@frozen
class ImageScores:
    """What one image alone would score.

    Attributes:
        name: by which its files were paired, such as "frankfurt/frankfurt_000000_000294".
        pixels: number of evaluated pixels.
        miou: mean IoU over this image alone, by the same rule for absent classes; None if no class
            counts.
        pixel_accuracy: share of its pixels predicted correctly; None without pixels.
        classes: number of classes in the mean.
    """

    name: str
    pixels: int
    miou: float | None
    pixel_accuracy: float | None
    classes: int


def image_scores(statistics: LabelMapStatistics) -> tuple[ImageScores, ...]:
    """One entry per image, in the order of `statistics.keys`.

    Args:
        statistics: statistics of I images.

    Example:
        >>> from segeval import mean_iou
        >>> gt = np.array([[0, 0, 1, 1]])
        >>> result = mean_iou([gt, 1 - gt], [gt, gt], classes=2)
        >>> [image.miou for image in image_scores(result.statistics)]
        [1.0, 0.0]
    """
    images, absent = len(statistics.keys), statistics.absent
    image = np.repeat(np.arange(images), np.diff(statistics.offsets))
    pixels = statistics.pixels.sum(axis=1, dtype=np.int64)
    right, predicted = pixels[:, TRUE], pixels[:, PREDICTED]
    gt = pixels[:, GT] - pixels[:, IGNORED] * statistics.as_detectron2
    iou = ratio_by_rule(right, gt + predicted - right, gt, absent)
    known = ~np.isnan(iou)
    total = np.bincount(image[known], iou[known], images)
    counted = np.bincount(image[known], minlength=images)
    if absent == "zero":  # classes without pixels have no row, and count as 0
        counted = np.full(images, len(statistics.category_id))
    miou, accuracy = (
        divided(above, below)
        for above, below in (
            (total, counted),
            (np.bincount(image, right, images), np.bincount(image, gt, images)),
        )
    )
    evaluated = np.bincount(image, gt, images).astype(np.int64)
    return tuple(
        ImageScores(
            name,
            int(evaluated[i]),
            None if np.isnan(miou[i]) else float(miou[i]),
            None if np.isnan(accuracy[i]) else float(accuracy[i]),
            int(counted[i]),
        )
        for i, name in enumerate(statistics.keys)
    )
