"""What scores should equal, of predictions whose truth is known."""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from segeval.analysis.outcomes import outcomes_at
from segeval.analysis.pairs import overlapping_pairs
from segeval.checks.predictions import shown_score
from segeval.data import Predictions
from segeval.data.keys import Key, written
from segeval.errors import InputError
from segeval.findings import refusal
from segeval.frozen import frozen
from segeval.metrics.coco.average_precision import Evaluation
from segeval.metrics.coco.image_pairs import TINY

Target = Literal["precision", "iou"]
"""What a score shall equal: the share of true positives, or the IoU with the object."""

THRESHOLD = 0.5
"""IoU from which a prediction is true."""


@frozen(eq=False)
class Known:
    """The n predictions of one model that count, of categories that have objects.

    Attributes:
        image_ids: of I images as written.
        image: index of the image, int32, shape (n,).
        score: float64, shape (n,).
        target: what the score should equal, from 0 to 1, float64, shape (n,).
    """

    image_ids: list[Key]
    image: NDArray[np.int32]
    score: NDArray[np.float64]
    target: NDArray[np.float64]


def known_targets(evaluation: Evaluation, target: Target, workers: int | None = None) -> Known:
    """The predictions of an evaluation with what their scores should equal.

    Args:
        evaluation: predictions matched to ground truth.
        target: "precision" is 1 for true positives at IoU 0.5; "iou" is the IoU with the object
            that a prediction takes at any overlap, 0 without one.
        workers: threads, None for all cores.

    Raises:
        FormatError: for a malformed mask.
    """
    least = THRESHOLD if target == "precision" else TINY
    pairs = overlapping_pairs(evaluation, least=least, workers=workers)
    found = outcomes_at(evaluation.matches, pairs, least).of_categories_with_objects()
    matches = evaluation.matches
    return Known(
        image_ids=written(matches.image_ids, matches.image_keys),
        image=found.image,
        score=found.score,
        target=found.true.astype(np.float64) if target == "precision" else found.iou,
    )


def check_probabilities(preds: Predictions) -> None:
    """Refuse scores that are no probabilities.

    Raises:
        InputError: for a score below 0 or above 1.
    """
    outside = np.flatnonzero(~((preds.score >= 0) & (preds.score <= 1)))
    if len(outside):
        score = float(preds.score[outside[0]])
        shown = f"{score:g}" if math.isfinite(score) else shown_score(score)
        raise refusal(
            preds,
            f"score is {shown}, expected numbers from 0 to 1",
            rows=outside,
            code="score",
            field="score",
            error=InputError,
        )
