"""What became of every segment of one image: true, false, missed, or taken for another category."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from segeval.frozen import frozen
from segeval.metrics.panoptic.matching import THRESHOLD, ImageSegments, Pairs

STATES = ("true", "confusion", "false", "missed", "excused", "crowd")
"""What a segment can be: a prediction is true, false, excused (half void or crowd) or lies on a
missed segment of another category (confusion); ground truth is found (true), missed, missed below
such a prediction (confusion), or a crowd region."""

TRUE, CONFUSION, FALSE, MISSED, EXCUSED, CROWD = range(len(STATES))


@frozen(eq=False)
class ImageOutcomes:
    """What became of the N predicted and M true segments of one image, by one kind of IoU.

    Attributes:
        state: places in `STATES`, int8, shape (N,).
        partner: index of the true segment that each one matches or is confused with, -1 for none,
            int64, shape (N,).
        iou: with that segment, NaN for none, float64, shape (N,).
        gt_state: places in `STATES`, int8, shape (M,).
        gt_partner: index of the predicted segment, -1 for none, int64, shape (M,).
    """

    state: NDArray[np.int8]
    partner: NDArray[np.int64]
    iou: NDArray[np.float64]
    gt_state: NDArray[np.int8]
    gt_partner: NDArray[np.int64]


def image_outcomes(
    preds: ImageSegments,
    gt: ImageSegments,
    pairs: Pairs,
    across: Pairs,
    is_ignored: NDArray[np.bool_],
) -> ImageOutcomes:
    """What became of every segment of one image.

    A false and a missed segment are confused if they would match, were they of one category: their
    IoU is above one half, so that no segment has two such partners.

    Args:
        preds: N segments.
        gt: M segments.
        pairs: those of one category, by the kind of IoU.
        across: those of two categories, by the same.
        is_ignored: which unmatched predictions do not count, bool, shape (N,).
    """
    state = np.where(is_ignored, EXCUSED, FALSE).astype(np.int8)
    gt_state = np.where(gt.is_crowd, CROWD, MISSED).astype(np.int8)
    partner, gt_partner = np.full(len(preds), -1), np.full(len(gt), -1)
    iou = np.full(len(preds), np.nan)
    above = pairs.iou > THRESHOLD
    right, found, own = pairs.pred[above], pairs.gt[above], pairs.iou[above]
    state[right], gt_state[found] = TRUE, TRUE
    partner[right], gt_partner[found], iou[right] = found, right, own
    # areas of a file that are too small could give a segment several partners: the first counts
    for pred, true, value in _confusable(across):
        if state[pred] == FALSE and gt_state[true] == MISSED:
            state[pred], gt_state[true] = CONFUSION, CONFUSION
            partner[pred], gt_partner[true], iou[pred] = true, pred, value
    return ImageOutcomes(state, partner, iou, gt_state, gt_partner)


def _confusable(across: Pairs) -> list[tuple[int, int, float]]:
    """Pairs of two categories that overlap as a match does: indices of both, and IoU."""
    fits = (across.iou > THRESHOLD) & (across.union > 0)
    columns = across.pred[fits], across.gt[fits], across.iou[fits]
    return list(zip(*(column.tolist() for column in columns), strict=True))
