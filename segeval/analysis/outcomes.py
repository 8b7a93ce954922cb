"""True and false positives at one IoU threshold: the source of every operating point."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from segeval.analysis.pair_matching import matched_objects
from segeval.analysis.pairs import Pairs
from segeval.frozen import frozen
from segeval.metrics.coco.matches import Matches


@frozen(eq=False)
class Outcomes:
    """The n predictions that count at one IoU threshold, by category, then by falling score.

    Attributes:
        matches: that they are rows of.
        row: their rows, int64, shape (n,).
        score: float64, shape (n,).
        image: index of the image, int32, shape (n,).
        category: index of the category, int32, shape (n,).
        true: whether each is a true positive, bool, shape (n,).
        iou: with the object of a true positive, 0 for a false one, float64, shape (n,).
        gt_image: index of the image of each of the m objects that count, int32, shape (m,).
        gt_category: index of its category, int32, shape (m,).
    """

    matches: Matches
    row: NDArray[np.int64]
    score: NDArray[np.float64]
    image: NDArray[np.int32]
    category: NDArray[np.int32]
    true: NDArray[np.bool_]
    iou: NDArray[np.float64]
    gt_image: NDArray[np.int32]
    gt_category: NDArray[np.int32]

    @cached_property
    def offsets(self) -> NDArray[np.int64]:
        """Category k has the predictions `offsets[k]:offsets[k + 1]`, int64, shape (K + 1,)."""
        counts = np.bincount(self.category, minlength=len(self.matches.category_ids))
        return np.concatenate([[0], np.cumsum(counts)])

    @cached_property
    def positives(self) -> NDArray[np.int64]:
        """Objects that count of each category, int64, shape (K,)."""
        return np.bincount(self.gt_category, minlength=len(self.matches.category_ids))

    def take(self, kept: NDArray[np.bool_]) -> Outcomes:
        """Some of the predictions, bool, shape (n,), and all objects."""
        return replace(
            self,
            row=self.row[kept],
            score=self.score[kept],
            image=self.image[kept],
            category=self.category[kept],
            true=self.true[kept],
            iou=self.iou[kept],
        )

    def of_categories_with_objects(self) -> Outcomes:
        """The predictions of categories that have objects: of others none can be true."""
        return self.take(self.positives[self.category] > 0)


def outcomes_at(matches: Matches, pairs: Pairs, threshold: float) -> Outcomes:
    """The predictions that count at an IoU threshold, for objects of all sizes.

    What is matched with a crowd region or another ignored ground truth counts neither way, and what
    is beyond the cap does not count either.

    Args:
        matches: of one pair of files.
        pairs: those of one category each, with an IoU of at least the threshold.
        threshold: from 0 to 1; at 0 a prediction takes any free object of its category and image,
            touched or not.
    """
    found = matched_objects(matches, pairs, threshold)
    is_matched = found >= 0
    counted = matches.gt_counted[0]
    outside = matches.ignored_bits[0] & ~matches.matched_bits[0] != 0  # unmatched, and ignored
    ignored = np.where(is_matched, ~counted[found] if len(counted) else False, outside)
    row = np.flatnonzero(~ignored & matches.within_cap)
    return Outcomes(
        matches=matches,
        row=row,
        score=matches.score[row],
        image=matches.image[row],
        category=matches.category[row],
        true=is_matched[row],
        iou=_iou_of(pairs, found)[row],
        gt_image=matches.gt_image[counted],
        gt_category=matches.gt_category[counted],
    )


def _iou_of(pairs: Pairs, found: NDArray[np.int64]) -> NDArray[np.float64]:
    """IoU of each prediction with the object it took, 0 without one, float64, shape (N,)."""
    iou = np.zeros(len(found))
    own = found[pairs.row] == pairs.gt
    iou[pairs.row[own]] = pairs.iou[own]
    return iou
