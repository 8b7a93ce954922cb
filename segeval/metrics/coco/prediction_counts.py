"""What single predictions say to the notes on a set, added up block by block."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.checks.whole_scores import ScoreTable
from segeval.frozen import frozen


@frozen(eq=False, repr=False)
class PredictionCounts:
    """What single predictions say, as `Evidence` has it.

    Attributes:
        tried: predictions of each of K categories that were judged, int64, shape (K,).
        found: how many of them find something at the lowest threshold, int64, shape (K,).
        scores: right and wrong predictions by score, at the lowest threshold.
    """

    tried: NDArray[np.int64]
    found: NDArray[np.int64]
    scores: ScoreTable

    @classmethod
    def none(cls, categories: int) -> PredictionCounts:
        """Those of no predictions."""
        zeros = np.zeros(categories, np.int64)
        return cls(zeros, zeros, ScoreTable.of(np.zeros(0), np.zeros(0, np.bool_)))

    def with_more(
        self,
        category: NDArray[np.int32],
        score: NDArray[np.float64],
        matched: NDArray[np.unsignedinteger[Any]],
        ignored: NDArray[np.unsignedinteger[Any]],
    ) -> PredictionCounts:
        """Those of n more predictions.

        Args:
            category: index of each category, shape (n,).
            score: shape (n,).
            matched: bits of the first size bucket, as in `Matches.matched_bits`, shape (n,).
            ignored: likewise.
        """
        counted = ignored & 1 == 0
        more = ScoreTable.of(score[counted], matched[counted] & 1 != 0)
        tables = zip(vars(self.scores).values(), vars(more).values(), strict=True)
        return PredictionCounts(
            self.tried + np.bincount(category, minlength=len(self.tried)),
            self.found + np.bincount(category[matched != 0], minlength=len(self.found)),
            ScoreTable(*map(np.concatenate, tables)).summed(),
        )
