"""What each panoptic image alone would score."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np

from segeval.frozen import frozen
from segeval.metrics.panoptic.statistics import UNITS, PanopticStatistics


@frozen
class ImageQuality:
    """What one image alone would score.

    Attributes:
        id: id of the image.
        pq: panoptic quality over this image alone: the mean over its categories, in [0, 1]; None
            if it has no segment.
        sq: the mean of segmentation quality.
        rq: the mean of recognition quality.
        n: categories that have a segment in it.
        tp: pairs with IoU above 0.5.
        fp: predictions without a partner.
        fn: ground-truth segments without a partner.
    """

    id: int | str
    pq: float | None
    sq: float | None
    rq: float | None
    n: int
    tp: int
    fp: int
    fn: int


def image_qualities(statistics: PanopticStatistics) -> tuple[ImageQuality, ...]:
    """One entry per image, in the order of `statistics.keys`.

    Args:
        statistics: statistics of I images by one kind of IoU.
    """
    spans = list(pairwise(statistics.offsets.tolist()))
    tp, fp, fn = (
        column.astype(np.int64) for column in (statistics.tp, statistics.fp, statistics.fn)
    )
    iou = statistics.iou_whole + statistics.iou_units / UNITS
    parts = tp + 0.5 * fp + 0.5 * fn  # above 0: a row has a match or a mistake
    ratios = [each.tolist() for each in (iou / parts, iou / np.maximum(tp, 1), tp / parts)]
    found = []
    for number, (start, stop) in zip(statistics.image_ids, spans, strict=True):
        n = stop - start
        pq, sq, rq = (math.fsum(ratio[start:stop]) / n if n else None for ratio in ratios)
        matched, wrong, missed = (int(column[start:stop].sum()) for column in (tp, fp, fn))
        found.append(ImageQuality(number, pq, sq, rq, n, matched, wrong, missed))
    return tuple(found)
