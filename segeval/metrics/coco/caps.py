"""How many times each prediction counts under a cap.

A cap keeps the best predictions of a group: a category in an image (COCO), an image (LVIS) or a
category over the whole set (fixed AP). The first two are settled image by image; the last one
depends on which images count, and how often.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.data.ids import index_of
from segeval.frozen import frozen

NO_LIMIT = int(np.iinfo(np.int32).max)
"""What a cap of 0 stands for."""


@frozen(eq=False)
class Unjudged:
    """U predictions that are not judged but use up a cap over the whole set.

    Their category is evaluated, but LVIS did not look for it in their image, or their image is not
    evaluated, or they have no area.

    Attributes:
        category: index of each category among those evaluated, int32, shape (U,).
        score: float64, shape (U,).
        prediction: row in its file of predictions, int64, shape (U,).
        image_id: int64, shape (U,).
        origin: index into `Matches.origins`, int32, shape (U,).
        is_unverified: whether a note counts each as one that nobody verified, bool, shape (U,).
    """

    category: NDArray[np.int32]
    score: NDArray[np.float64]
    prediction: NDArray[np.int64]
    image_id: NDArray[np.int64]
    origin: NDArray[np.int32]
    is_unverified: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.score)

    def take(self, rows: NDArray[np.bool_] | NDArray[np.integer[Any]]) -> Unjudged:
        """Some of them, by a mask of shape (U,) or by their places."""
        return Unjudged(*(column[rows] for column in vars(self).values()))

    def among(self, image_ids: NDArray[np.int64], min_score: float | None) -> NDArray[np.bool_]:
        """Which of them are of evaluated images and score enough, bool, shape (U,).

        Args:
            image_ids: of the images, ascending, int64.
            min_score: the lowest score that is used; None for any.
        """
        there = index_of(self.image_id, image_ids) >= 0
        return there if min_score is None else there & (self.score >= min_score)

    @classmethod
    def none(cls) -> Unjudged:
        """No predictions."""
        whole = np.empty(0, np.int64)
        return cls(
            whole.astype(np.int32), np.empty(0), whole, whole, whole.astype(np.int32), whole > 0
        )


@frozen(eq=False, repr=False)
class Beyond:
    """What is beyond a cap over the whole set.

    Attributes:
        predictions: those of evaluated images beyond it.
        categories: their number of categories.
        unverified: predictions within the cap that nobody verified.
    """

    predictions: int
    categories: int
    unverified: int

    @classmethod
    def of(
        cls,
        judged: NDArray[np.int64],
        others: Unjudged,
        takes_part: NDArray[np.bool_],
        is_within: NDArray[np.bool_],
    ) -> Beyond:
        """That of predictions.

        Args:
            judged: number of judged ones beyond the cap by category, int64, shape (K,).
            others: the predictions that are not judged.
            takes_part: which of them are of evaluated images and score enough, bool, shape (U,).
            is_within: which of them are within the cap, bool, shape (U,).
        """
        beyond = others.category[takes_part & ~is_within]
        counts = judged + np.bincount(beyond, minlength=len(judged))
        unverified = int((others.is_unverified & is_within).sum())
        return cls(int(counts.sum()), int((counts > 0).sum()), unverified)


@frozen(eq=False)
class Ranked:
    """Predictions with what ranks them under a cap over the whole set.

    Attributes:
        category: index of each category, int32, shape (n,).
        score: float64, shape (n,).
        row: row in its file, int64, shape (n,).
        file: rank of its file among the files, int64, shape (n,).
        copies: number of copies of each, int64, shape (n,).
    """

    category: NDArray[np.int32]
    score: NDArray[np.float64]
    row: NDArray[np.int64]
    file: NDArray[np.int64]
    copies: NDArray[np.int64]


def cap_limits(max_dets: Sequence[int]) -> NDArray[np.int64]:
    """Caps as numbers that ranks can be compared with, int64, shape (D,)."""
    return np.array([cap or NO_LIMIT for cap in max_dets], np.int64)


def copies_within(
    rank: NDArray[np.int32], present: NDArray[np.int64] | None, max_dets: Sequence[int]
) -> NDArray[np.integer[Any]]:
    """Copies under caps that are settled image by image, shape (D, N).

    Args:
        rank: place of each prediction by score in its group, int32, shape (N,).
        present: copies of each prediction, int64, shape (N,); None for one each.
        max_dets: D caps, increasing.
    """
    within = rank < cap_limits(max_dets)[:, np.newaxis]
    return within.view(np.uint8) if present is None else within * present


def copies_over_the_set(
    before: NDArray[np.int64], present: NDArray[np.int64], max_dets: Sequence[int]
) -> NDArray[np.int64]:
    """Copies under caps on a category over the whole set, shape (D, N).

    The last prediction kept counts as many copies as fit.

    Args:
        before: as `standing_before` gives it, int64, shape (N,).
        present: copies of each prediction, int64, shape (N,).
        max_dets: D caps, increasing.
    """
    kept: NDArray[np.int64] = np.clip(cap_limits(max_dets)[:, np.newaxis] - before, 0, present)
    return kept


def standing_before(ranked: Ranked) -> NDArray[np.int64]:
    """How many copies of its category rank above each prediction, int64, shape (n,).

    Higher scores rank first, equal ones in file order.

    Source:
        Dave et al. 2021, Evaluating Large-Vocabulary Object Detectors.
    """
    rows = np.lexsort((ranked.row, ranked.file, -ranked.score, ranked.category))
    copies, category = ranked.copies[rows], ranked.category[rows]
    sums = np.cumsum(copies) - copies
    starts = np.flatnonzero(np.diff(category, prepend=-1))
    before = np.empty(len(rows), np.int64)
    before[rows] = sums - np.repeat(sums[starts], np.diff(np.append(starts, len(rows))))
    return before
