"""What is wrong in each image: true, false and missed objects at one IoU threshold."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from segeval.analysis.pair_matching import matched_objects
from segeval.analysis.pairs import Pairs, overlapping_pairs
from segeval.frozen import frozen
from segeval.metrics.coco.average_precision import Evaluation
from segeval.metrics.coco.matches import Matches


def best_ious(
    matches: Matches, pairs: Pairs, within: NDArray[np.bool_] | None = None
) -> NDArray[np.float64]:
    """The highest IoU that each ground truth has with a prediction of its category.

    Args:
        matches: both files, matched.
        pairs: of one category each.
        within: whether each prediction may be the best, bool, shape (N,); None for those within
            the cap.

    Returns:
        0 where nothing touches it, float64, shape (G,).
    """
    best = np.zeros(len(matches.gt))
    within = (matches.within_cap if within is None else within)[pairs.row]
    np.maximum.at(best, pairs.gt[within], pairs.iou[within])
    return best


@frozen(eq=False)
class ImageErrors:
    """Errors of I images, of N predictions and G ground truths of the matches.

    Attributes:
        threshold: IoU from which a prediction may be true.
        loss: the sum over the objects of an image of 1 - best IoU, plus its false predictions,
            float64, shape (I,).
        object: place in `Matches.gt` of what each prediction is matched with, -1 for none, int64,
            shape (N,).
        is_false: whether each prediction counts as false, bool, shape (N,).
        is_missed: whether each ground truth counts and has no prediction, bool, shape (G,).
    """

    threshold: float
    loss: NDArray[np.float64]
    object: NDArray[np.int64]
    is_false: NDArray[np.bool_]
    is_missed: NDArray[np.bool_]

    def counts(self, matches: Matches) -> NDArray[np.int64]:
        """True, false and missed objects of every image, int64, shape (I, 3)."""
        number = len(matches.image_ids)
        true = (self.object >= 0) & matches.within_cap
        true[true] = matches.gt_counted[0][self.object[true]]
        columns = (
            matches.image[true],
            matches.image[self.is_false],
            matches.gt_image[self.is_missed],
        )
        return np.stack([np.bincount(each, minlength=number) for each in columns], axis=1)


def image_errors(
    evaluation: Evaluation,
    *,
    threshold: float,
    least_score: float | None = None,
    pairs: Pairs | None = None,
    workers: int | None = None,
) -> ImageErrors:
    """True, false and missed objects at one of the IoU thresholds evaluated.

    Args:
        evaluation: both files, matched.
        threshold: one of the IoU thresholds of the matches.
        least_score: predictions with a lower score are neither true nor false; None for no such
            score. Those that remain have the same objects, for they choose first.
        pairs: those of `overlapping_pairs`; None to find them.
        workers: threads, None for all cores.

    Raises:
        InputError: for a threshold that was not evaluated.

    Example:
        >>> from segeval.data.synthetic import furniture
        >>> from segeval.metrics.coco.arguments import Arguments
        >>> from segeval.metrics.coco.average_precision import evaluations
        >>> scene = furniture(images=8)
        >>> [found] = evaluations(scene.better, scene.ground_truth, Arguments(iou="bbox"), None)
        >>> int(image_errors(found, threshold=0.5).is_missed.sum())
        6
    """
    matches = evaluation.matches
    within = matches.within_cap
    if least_score is not None:
        within = within & (matches.score >= least_score)
    is_false = within & ~matches.matched(threshold) & ~matches.ignored(threshold)
    if pairs is None:
        pairs = overlapping_pairs(evaluation, workers=workers)
    found = matched_objects(matches, pairs, threshold)
    found[~within] = -1
    counted = matches.gt_counted[0]
    is_missed = counted.copy()
    is_missed[found[found >= 0]] = False
    best = best_ious(matches, pairs, within)
    number = len(matches.image_ids)
    lost = np.bincount(matches.gt_image[counted], 1 - best[counted], minlength=number)
    loss = np.asarray(lost + np.bincount(matches.image[is_false], minlength=number), np.float64)
    return ImageErrors(threshold, loss, found, is_false, is_missed)
