"""Scores above 1, which votes and searches give: divided by the highest where 1 is the most."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from segeval.analysis.calibration.targets import check_probabilities
from segeval.data import Predictions
from segeval.errors import Note
from segeval.frozen import frozen

MOST = 1000.0
"""Highest score that is divided: votes and percent stay far below."""


@frozen(eq=False)
class UnitScale:
    """Scores on a scale from 0 to 1, and back.

    Attributes:
        highest: what scores are divided by; 1 where none is above 1.
    """

    highest: float

    @classmethod
    def of(cls, *files: Predictions) -> UnitScale:
        """The scale of predictions of one model, which all files share.

        Higher scores than `MOST` stay what they are, and are refused as no scores from 0 to 1.
        """
        tops = [float(each.score[np.isfinite(each.score)].max(initial=0.0)) for each in files]
        highest = max(1.0, *tops)
        return cls(highest if highest <= MOST else 1.0)

    @classmethod
    def with_unit(cls, preds: Predictions, *others: Predictions) -> tuple[UnitScale, Predictions]:
        """The scale of predictions of one model, and the first of them on it.

        Raises:
            InputError: for scores that are on no scale from 0 to 1.
        """
        scale = cls.of(preds, *others)
        unit = scale.divided(preds)
        check_probabilities(unit)
        return scale, unit

    def divided(self, preds: Predictions) -> Predictions:
        """Predictions with scores up to 1; the same where there is nothing to divide."""
        return preds if self.highest == 1 else preds.with_scores(preds.score / self.highest)

    def back(self, preds: Predictions, scores: NDArray[np.float64]) -> NDArray[np.float64]:
        """New scores as the file has them; those that did not change are its own.

        Args:
            preds: the predictions with their old scores.
            scores: new ones from 0 to 1, shape (N,).
        """
        if self.highest == 1:
            return scores
        same = scores == preds.score / self.highest
        return np.where(same, preds.score, scores * self.highest)

    def notes(self) -> Iterator[Note]:
        """Says so if scores are divided."""
        if self.highest != 1:
            yield Note(
                "scores-divided",
                f"scores reach {self.highest:g}: they are divided by that to be rescored from 0 "
                "to 1, and multiplied by it again",
                1,
                None,
            )
