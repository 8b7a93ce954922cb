"""Which objects each model finds, and how far the masks of one object agree."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from segeval.analysis.oracles.several import FoundTogether, found_together
from segeval.analysis.pair_matching import matched_objects
from segeval.analysis.pairs import overlapping_pairs
from segeval.data.geometry import masks_of
from segeval.frozen import frozen
from segeval.masks import area, intersection
from segeval.metrics.coco.average_precision import Evaluation

HALF = 0.5
"""IoU from which a prediction finds an object whose masks are compared."""


@frozen(eq=False)
class Found:
    """What M models find of G objects that count.

    Attributes:
        evaluations: of the models, on one ground truth.
        together: shares of the objects that each finds, means over the IoU thresholds.
        finder: the prediction of each model that finds each object at IoU 0.5, a row of its
            `Predictions`, -1 for none, int64, shape (M, G).
    """

    evaluations: Sequence[Evaluation]
    together: FoundTogether
    finder: NDArray[np.int64]

    def beside(self, best: int) -> list[NDArray[np.int64]]:
        """Predictions of each model that find what one model misses at IoU 0.5.

        Args:
            best: index of the one model.

        Returns:
            Rows of each model's predictions, int64.
        """
        missed = self.finder[best] < 0
        return [rows[missed & (rows >= 0)] for rows in self.finder]

    def agreement(self, best: int) -> float | None:
        """Mean IoU of the masks of one model and of others for the objects that both find.

        Args:
            best: index of the one model.

        Returns:
            None if nothing is found by both.
        """
        found = []
        own = self.evaluations[best].preds
        for model, rows in enumerate(self.finder):
            both = (rows >= 0) & (self.finder[best] >= 0)
            if model == best or not both.any():
                continue
            masks = masks_of(own, self.finder[best][both])
            others = masks_of(self.evaluations[model].preds, rows[both])
            common = area(intersection(masks, others))
            found.append(common / (area(masks) + area(others) - common))
        return float(np.concatenate(found).mean()) if found else None


def found_by(evaluations: Sequence[Evaluation], workers: int | None) -> Found:
    """What each model finds at each IoU threshold.

    Args:
        evaluations: of M models, on one ground truth.
        workers: threads, None for all cores.

    Raises:
        FormatError: for a malformed mask.
    """
    matches = evaluations[0].matches
    counted = np.flatnonzero(matches.gt_counted[0])
    hits = np.zeros((len(evaluations), len(matches.thresholds), len(counted)), np.bool_)
    finder = np.full((len(evaluations), len(counted)), -1)
    for model, evaluation in enumerate(evaluations):
        own = evaluation.matches
        least = min(HALF, float(own.thresholds.min()))
        pairs = overlapping_pairs(evaluation, least=least, workers=workers)
        for place, threshold in enumerate(own.thresholds.tolist()):
            hits[model, place] = _finder(matched_objects(own, pairs, threshold), counted) >= 0
        row = _finder(matched_objects(own, pairs, HALF), counted)
        finder[model] = np.where(row >= 0, own.prediction[row], -1) if len(own) else row
    return Found(evaluations, found_together(hits), finder)


def _finder(found: NDArray[np.int64], counted: NDArray[np.int64]) -> NDArray[np.int64]:
    """The prediction that takes each of some ground truths, -1 for none."""
    taken = np.full(max(int(counted.max(initial=-1)), int(found.max(initial=-1))) + 1, -1)
    rows = np.flatnonzero(found >= 0)
    taken[found[rows]] = rows
    return taken[counted]
