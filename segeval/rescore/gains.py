"""What new scores gain, on images that did not decide them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from segeval.analysis import compare
from segeval.analysis.comparison.differences import Difference
from segeval.analysis.comparison.gain_notes import few_images_note, gain_notes
from segeval.analysis.comparison.verdicts import FEWEST_IMAGES
from segeval.analysis.folds import FOLDS, folds_of_ids, image_folds
from segeval.checks.known_ids import require_known_ids
from segeval.checks.part_known import known_part
from segeval.data import GroundTruth, Predictions
from segeval.data.image_subsets import predictions_within
from segeval.data.kinds_of_ids import paired
from segeval.data.open_images import OpenImagesGroundTruth, OpenImagesPredictions
from segeval.errors import Note
from segeval.frozen import frozen
from segeval.metrics.open_images import open_images_ap
from segeval.rescore.statistics.outlines import comparable_iou

ScoresOf = Callable[[NDArray[np.bool_]], NDArray[np.float64]]
"""New scores of all predictions, decided by some images of the ground truth, bool, shape (I,)."""

Evaluate = Callable[[NDArray[np.float64]], Difference]
"""AP with new scores of all predictions against AP with the old ones."""

COVERED = 0.5
"""Share of the images of a ground truth that predictions must have, to be of these images."""


@frozen
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


def gain_on(evaluate: Evaluate, scores: NDArray[np.float64], gt: GroundTruth) -> RescoringGain:
    """The gain on images that decided nothing.

    Args:
        evaluate: evaluates new scores on these images.
        scores: the new scores.
        gt: their ground truth.
    """
    return _measured(evaluate, scores, Path(gt.source).name, len(gt.images))


def gain_in_folds(
    evaluate: Evaluate, preds: Predictions, scores_of: ScoresOf, gt: GroundTruth
) -> RescoringGain:
    """The gain on each fold of the images, with what the other folds decide.

    Args:
        evaluate: evaluates new scores on these images.
        preds: the predictions, of these and maybe of other images.
        scores_of: their new scores.
        gt: ground truth of the images.
    """
    folds = min(FOLDS, len(gt.images))
    scores = preds.score.copy()
    if len(gt.images) >= FEWEST_IMAGES:
        fold = image_folds(gt, folds)
        of_row = fold_of_rows(preds, gt, fold)
        for each in range(folds):
            own = of_row == each
            scores[own] = scores_of(fold != each)[own]
    how = f"{folds} folds of {Path(gt.source).name}"
    return _measured(evaluate, scores, how, len(gt.images))


def coco_evaluation(
    preds: Predictions,
    gt: GroundTruth,
    *,
    skip_unknown: bool = False,
    seed: int = 0,
    workers: int | None = None,
) -> Evaluate:
    """AP by the rules of COCO, or LVIS.

    Args:
        preds: the predictions with their old scores; those for other images do not count.
        gt: ground truth.
        skip_unknown: whether they may have rows of other categories, which do not matter.
        seed: of the draws of images.
        workers: threads, None for all cores.
    """

    def evaluate(scores: NDArray[np.float64]) -> Difference:
        before = known_part(preds, gt)
        if not skip_unknown:
            require_known_ids(before, gt)
        changed = preds.with_scores(scores)
        after = changed if before is preds else predictions_within(changed, gt)
        return compare(
            before, after, gt, iou=comparable_iou(before, gt), skip_unknown=skip_unknown,
            seed=seed, workers=workers,
        ).difference  # fmt: skip

    return evaluate


def open_images_evaluation(
    preds: OpenImagesPredictions,
    gt: OpenImagesGroundTruth,
    *,
    seed: int = 0,
    workers: int | None = None,
) -> Evaluate:
    """AP by the rules of Open Images; arguments as in `coco_evaluation`."""

    def evaluate(scores: NDArray[np.float64]) -> Difference:
        kind = "segm" if preds.masks is not None and len(gt.masks) else "bbox"
        results = [
            open_images_ap(each, gt, iou=kind, workers=workers)
            for each in (preds, replace(preds, score=scores))
        ]
        return compare(*results, seed=seed, workers=workers).difference

    return evaluate


def fold_of_rows(preds: Predictions, gt: GroundTruth, fold: NDArray[np.int64]) -> NDArray[np.int64]:
    """The fold of the image of each prediction, -1 for images that the ground truth lacks."""
    preds, gt = paired(preds, gt)
    return folds_of_ids(preds.image_id, gt, fold)


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


def _measured(
    evaluate: Evaluate, scores: NDArray[np.float64], how: str, images: int
) -> RescoringGain:
    """AP with the new scores against AP with the old ones, and whether that is a gain."""
    if images < FEWEST_IMAGES:
        return RescoringGain(how, None, (few_images_note(images),))
    difference = evaluate(scores)
    notes = gain_notes(difference, against="", instead="Keep the scores as they were")
    return RescoringGain(how, difference, tuple(notes))
