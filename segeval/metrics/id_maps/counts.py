"""Objects found, false and missed at each IoU threshold, as tools for cells count them.

A prediction may be paired with one ground truth, and as many pairs are made as possible. From a
threshold of 0.5 on no order of the predictions gives fewer, because objects of a map share no
pixel: only one of two exact halves can have its object.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from segeval.data.id_maps.overlaps import MapOverlaps
from segeval.frozen import frozen


@frozen
class ThresholdCounts:
    """What is found at one IoU threshold; None is undefined.

    Attributes:
        threshold: the least IoU of a pair.
        tp: pairs of a prediction and a ground truth, over all images.
        fp: predictions without a pair.
        fn: ground truths without a pair.
        precision: TP / (TP + FP).
        recall: TP / (TP + FN).
        f1: 2 TP / (2 TP + FP + FN).
        accuracy: TP / (TP + FP + FN): StarDist's accuracy, Cellpose's average precision.
        image_accuracy: mean of the same over the images that have an object or a prediction.
    """

    threshold: float
    tp: int
    fp: int
    fn: int
    precision: float | None
    recall: float | None
    f1: float | None
    accuracy: float | None
    image_accuracy: float | None


def threshold_counts(
    found: Sequence[MapOverlaps], thresholds: Sequence[float]
) -> tuple[ThresholdCounts, ...]:
    """What is found at each threshold.

    Args:
        found: the overlaps of each of I images.
        thresholds: T IoU thresholds in (0, 1].

    Source:
        Equal to `matching_dataset` of StarDist 650d3a1, to the last bit, where it is not undefined;
        `average_precision` of Cellpose 031d20a follows the same rule for each image.

    Example:
        >>> from segeval.data.id_maps.objects import objects_of
        >>> from segeval.data.id_maps.overlaps import overlaps
        >>> pred, gt = np.array([[5, 5, 0, 6]]), np.array([[9, 9, 0, 0]])
        >>> found = overlaps(pred, objects_of(pred), gt, objects_of(gt))
        >>> [(one.tp, one.fp, one.fn, one.accuracy) for one in threshold_counts([found], [0.5])]
        [(1, 1, 0, 0.5)]
    """
    preds = np.array([each.preds for each in found], np.int64)
    gt = np.array([each.gt for each in found], np.int64)
    return tuple(
        _at(threshold, np.array([true_positives(each, threshold) for each in found]), preds, gt)
        for threshold in thresholds
    )


def true_positives(found: MapOverlaps, threshold: float) -> int:
    """The largest number of pairs of one image that have the IoU and share no object.

    Args:
        found: the overlaps of the image.
        threshold: the least IoU of a pair, in (0, 1].
    """
    kept = found.iou >= threshold
    pred, true = found.pred[kept], found.true[kept]
    preds_of = np.bincount(true, minlength=found.gt)
    gt_of = np.bincount(pred, minlength=found.preds)
    alone = (preds_of[true] == 1) & (gt_of[pred] == 1)
    return int(alone.sum()) + _most_pairs(pred[~alone].tolist(), true[~alone].tolist())


def _most_pairs(pred: list[int], true: list[int]) -> int:
    """The largest number of pairs that share no object, by augmenting paths."""
    candidates: dict[int, list[int]] = {}
    for one, other in zip(pred, true, strict=True):
        candidates.setdefault(one, []).append(other)
    owner: dict[int, int] = {}
    held: dict[int, int] = {}
    for one in candidates:
        last, asked_by = _free_one(one, candidates, owner)
        while last is not None:  # each on the path leaves what it had to the one that asked for it
            taker, given = asked_by[last], last
            last = held.get(taker)
            owner[given], held[taker] = taker, given
    return len(owner)


def _free_one(
    start: int, candidates: dict[int, list[int]], owner: dict[int, int]
) -> tuple[int | None, dict[int, int]]:
    """A ground truth that a prediction, or one that makes room for it, can have; None for none.

    The second result is the prediction that asked for each ground truth on the way.
    """
    asked_by: dict[int, int] = {}
    waiting = [start]
    while waiting:
        pred = waiting.pop()
        for true in candidates[pred]:
            if true in asked_by:
                continue
            asked_by[true] = pred
            if true not in owner:
                return true, asked_by
            waiting.append(owner[true])
    return None, asked_by


def _at(
    threshold: float, pairs: NDArray[np.int64], preds: NDArray[np.int64], gt: NDArray[np.int64]
) -> ThresholdCounts:
    """The numbers of one threshold from the pairs, predictions and ground truths of I images."""
    tp, fp, fn = int(pairs.sum()), int((preds - pairs).sum()), int((gt - pairs).sum())
    objects = preds + gt - pairs
    by_image = pairs[objects > 0] / objects[objects > 0]
    return ThresholdCounts(
        threshold=threshold,
        tp=tp,
        fp=fp,
        fn=fn,
        precision=_share(tp, tp + fp),
        recall=_share(tp, tp + fn),
        f1=_share(2 * tp, 2 * tp + fp + fn),
        accuracy=_share(tp, tp + fp + fn),
        image_accuracy=float(by_image.mean()) if len(by_image) else None,
    )


def _share(part: int, whole: int) -> float | None:
    """A share, None of nothing."""
    return part / whole if whole else None
