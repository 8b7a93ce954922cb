"""What new scores gain, on images that did not decide them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from segeval.analysis import compare
from segeval.analysis.comparison.differences import Difference
from segeval.analysis.comparison.gain_notes import few_images_note, gain_notes
from segeval.analysis.comparison.verdicts import FEWEST_IMAGES
from segeval.analysis.folds import FOLDS, image_folds
from segeval.data import GroundTruth, Predictions
from segeval.data.ids import index_of
from segeval.data.image_subsets import predictions_within
from segeval.data.kinds_of_ids import paired
from segeval.data.segmentations import Format
from segeval.errors import Note

ScoresOf = Callable[[NDArray[np.bool_]], NDArray[np.float64]]
"""New scores of all predictions, decided by some images of the ground truth, bool, shape (I,)."""

COVERED = 0.5
"""Share of the images of a ground truth that predictions must have, to be of these images."""


@dataclass(frozen=True)
class RescoringGain:
    """AP with the new scores against AP with the old ones.

    Attributes:
        how: the images that it was measured on, such as "5 folds of val.json".
        difference: `a` is AP before, `b` is AP after; None for too few images.
        notes: what to know of it.
    """

    how: str
    difference: Difference | None
    notes: tuple[Note, ...] = ()


def gain_on(
    before: Predictions, after: Predictions, gt: GroundTruth, *, seed: int, workers: int | None
) -> RescoringGain:
    """The gain on images that decided nothing."""
    return _gain(before, after, gt, Path(gt.source).name, seed, workers)


def gain_in_folds(
    preds: Predictions, scores_of: ScoresOf, gt: GroundTruth, *, seed: int, workers: int | None
) -> RescoringGain:
    """The gain on each fold of the images, with what the other folds decide."""
    folds = min(FOLDS, len(gt.images))
    how = f"{folds} folds of {Path(gt.source).name}"
    before = predictions_within(preds, gt)
    if len(gt.images) < FEWEST_IMAGES:
        return _gain(before, before, gt, how, seed, workers)
    fold = image_folds(gt, folds)
    of_row = fold_of_rows(preds, gt, fold)
    scores = preds.score.copy()
    for each in range(folds):
        own = of_row == each
        scores[own] = scores_of(fold != each)[own]
    after = predictions_within(preds.with_scores(scores), gt)
    return _gain(before, after, gt, how, seed, workers)


def fold_of_rows(preds: Predictions, gt: GroundTruth, fold: NDArray[np.int64]) -> NDArray[np.int64]:
    """The fold of the image of each prediction, -1 for images that the ground truth lacks."""
    preds, gt = paired(preds, gt)
    order = np.argsort(gt.images.id, kind="stable")
    return np.append(fold[order], -1)[index_of(preds.image_id, gt.images.id[order])]


def rows_of_images(
    preds: Predictions, gt: GroundTruth, images: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Whether each prediction is of some images of a ground truth, bool, shape (N,)."""
    return np.asarray(fold_of_rows(preds, gt, images.astype(np.int64)) == 1)


def is_of_these_images(preds: Predictions, gt: GroundTruth) -> bool:
    """Whether at least half of the images of a ground truth have predictions."""
    preds, gt = paired(preds, gt)
    return bool(len(gt.images)) and bool(
        np.isin(gt.images.id, np.unique(preds.image_id)).mean() >= COVERED
    )


def _gain(
    before: Predictions,
    after: Predictions,
    gt: GroundTruth,
    how: str,
    seed: int,
    workers: int | None,
) -> RescoringGain:
    """AP with the new scores against AP with the old ones, and whether that is a gain."""
    if len(gt.images) < FEWEST_IMAGES:
        return RescoringGain(how, None, (few_images_note(len(gt.images)),))
    bare = (before.segmentations.format == Format.NONE).any()
    difference = compare(
        before, after, gt, iou="bbox" if bare else "segm", seed=seed, workers=workers
    ).difference
    notes = gain_notes(difference, against="", instead="Keep the scores as they were")
    return RescoringGain(how, difference, tuple(notes))
