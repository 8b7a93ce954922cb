"""What is found and missed in each image, by one annotator or the best of several."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from segeval.frozen import frozen
from segeval.metrics.coco.average_precision import Evaluation
from segeval.metrics.coco.image_pairs import TINY, image_pairs
from segeval.metrics.concepts.assignment import paired_iou

EPSILON = 1e-4
"""Added to the denominators of precision, recall and F1 of masks, as the official code does."""

IMAGE_EPSILON = 1e-6
"""The same of numbers that count images."""


@frozen(eq=False)
class ImageStatistics:
    """Counts of I images at T IoU thresholds.

    Attributes:
        objects: annotated objects of each image without crowd regions, int64, shape (I,).
        predictions: int64, shape (I,).
        tp: pairs whose IoU reaches each threshold, int64, shape (I, T).
    """

    objects: NDArray[np.int64]
    predictions: NDArray[np.int64]
    tp: NDArray[np.int64]

    @property
    def fp(self) -> NDArray[np.int64]:
        """Predictions without such a pair, int64, shape (I, T)."""
        return self.predictions[:, None] - self.tp

    @property
    def fn(self) -> NDArray[np.int64]:
        """Objects without such a pair, int64, shape (I, T)."""
        return self.objects[:, None] - self.tp

    @property
    def is_empty(self) -> NDArray[np.bool_]:
        """Whether there is neither an object nor a prediction, bool, shape (I,)."""
        found: NDArray[np.bool_] = (self.objects == 0) & (self.predictions == 0)
        return found

    @property
    def f1(self) -> NDArray[np.float64]:
        """F1 of each image by itself, 0 for empty ones, float64, shape (I, T)."""
        return f1_of(share(self.tp, self.fp), share(self.tp, self.fn))

    def take(self, images: NDArray[np.integer] | NDArray[np.bool_]) -> ImageStatistics:
        """The same of some images."""
        return ImageStatistics(self.objects[images], self.predictions[images], self.tp[images])


def share(part: NDArray[np.int64], rest: NDArray[np.int64]) -> NDArray[np.float64]:
    """A part of the sum with the rest, the sum a little larger, as in the official code."""
    found: NDArray[np.float64] = part / (part + rest + EPSILON)
    return found


def f1_of(precision: NDArray[np.float64], recall: NDArray[np.float64]) -> NDArray[np.float64]:
    """The harmonic mean of both, its denominator a little larger, as in the official code."""
    found: NDArray[np.float64] = 2 * precision * recall / (precision + recall + EPSILON)
    return found


def image_statistics(
    evaluation: Evaluation, thresholds: NDArray[np.float64], workers: int | None
) -> ImageStatistics:
    """Counts of every image, in ascending order of its id.

    Args:
        evaluation: predictions and ground truth of one annotator, categories merged.
        thresholds: T IoU thresholds, float64, shape (T,).
        workers: threads, None for all cores.
    """
    matches = evaluation.matches
    number = len(matches.image_ids)
    counts = ~evaluation.gt.is_crowd[matches.gt]
    near = image_pairs(evaluation, least=TINY, gts=counts, workers=workers)
    pred_place, preds = _places(matches.image, matches.prediction, number)
    gt_place = np.full(len(matches.gt), -1)
    gt_place[counts], gts = _places(matches.gt_image[counts], matches.gt[counts], number)
    row = np.repeat(np.arange(len(matches)), np.diff(near.offsets))
    order = np.argsort(matches.image[row], kind="stable")
    pair_image = matches.image[row][order]
    iou = paired_iou(
        preds,
        gts,
        np.searchsorted(pair_image, np.arange(number + 1)),
        pred_place[row][order],
        gt_place[near.gt][order],
        near.iou[order],
        workers,
    )
    image = np.repeat(np.arange(number), np.diff(preds))
    tp = [np.bincount(image[iou >= least], minlength=number) for least in thresholds]
    return ImageStatistics(np.diff(gts), np.diff(preds), np.stack(tp, axis=1).astype(np.int64))


def _places(
    image: NDArray[np.int32], record: NDArray[np.int64], number: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The place of each record in its image by the order of the file, and offsets of the images."""
    order = np.lexsort((record, image))
    offsets = np.concatenate([[0], np.cumsum(np.bincount(image, minlength=number))])
    place = np.empty(len(record), np.int64)
    place[order] = np.arange(len(record)) - offsets[image[order]]
    return place, offsets.astype(np.int64)


def best_annotator(every: Sequence[ImageStatistics]) -> NDArray[np.int64]:
    """The annotator whom each image agrees with best, the first of equals, int64, shape (I,).

    That is the one of the highest mean F1 over the thresholds. Without predictions it is the last
    one who annotated nothing, if there is one.

    Args:
        every: the counts by each annotator, of the same images and predictions.

    Example:
        >>> objects, predictions = np.array([2]), np.array([2])
        >>> one_found = ImageStatistics(objects, predictions, tp=np.array([[1]]))
        >>> two_found = ImageStatistics(objects, predictions, tp=np.array([[2]]))
        >>> best_annotator([one_found, two_found])
        array([1])
    """
    best = np.zeros(len(every[0].objects), np.int64)
    score, empty = every[0].f1.mean(axis=1), every[0].is_empty
    for place, own in enumerate(every[1:], start=1):
        mean = own.f1.mean(axis=1)
        better = own.is_empty | (~empty & (mean > score))
        best[better], score[better] = place, mean[better]
        empty = empty | own.is_empty
    return best


def of_annotators(every: Sequence[ImageStatistics], chosen: NDArray[np.int64]) -> ImageStatistics:
    """The counts of each image by the annotator chosen for it.

    Args:
        every: the counts by each annotator.
        chosen: place of the annotator of each image, int64, shape (I,).
    """
    image = np.arange(len(chosen))
    return ImageStatistics(
        np.stack([own.objects for own in every])[chosen, image],
        every[0].predictions,
        np.stack([own.tp for own in every])[chosen, image],
    )
