"""Predictions with new scores, and what that gains."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.analysis import compare
from segeval.analysis.calibration.scores import FitScores
from segeval.analysis.comparison.differences import Difference
from segeval.analysis.comparison.gain_notes import gain_notes
from segeval.checks.shared_images import refuse_shared_images
from segeval.data import GroundTruth, Predictions
from segeval.data.segmentations import Format
from segeval.metrics.coco.inputs import (
    GroundTruthSource,
    PredictionsSource,
    loaded_ground_truth,
    loaded_predictions,
)
from segeval.rescore.by_cooccurrence import SOURCE, TARGET, Apply, Rule, rescored_by_cooccurrence
from segeval.rescore.presence import MIN_IMAGES, MIN_LIFT, SMOOTHING, cooccurrence
from segeval.rescore.result import Rescored, RescoreScores


def rescore_cooccurrence(
    preds: PredictionsSource,
    fit: GroundTruthSource,
    *,
    gt: GroundTruthSource | None = None,
    blend: float = 1.0,
    source: float = SOURCE,
    target: float = TARGET,
    min_images: int = MIN_IMAGES,
    min_lift: float = MIN_LIFT,
    smoothing: float = SMOOTHING,
    apply: Apply = "top",
    as_printed: bool = False,
    allow_fit_on_test: bool = False,
    seed: int = 0,
    workers: int | None = None,
) -> Rescored:
    """Raise scores of categories that what else is in the image makes likely.

    Args:
        preds: predictions, or a path or list to load them from.
        fit: ground truth of other images, such as those of training, whose categories share images.
        gt: ground truth to measure the gain on; None for none.
        blend: share of what the context says, from 0 to 1, the paper's rule.
        source: lowest score of a category that is believed to be present.
        target: lowest score of a category that may rise.
        min_images: images of a category that its presence must have been counted in.
        min_lift: how many times more likely the other category must be.
        smoothing: images that are added to each condition, at the usual frequency.
        apply: "top" raises the best row of a category in an image, "scale" all of them alike.
        as_printed: take the paper's formula as it is printed, with the wrong condition.
        allow_fit_on_test: measure the gain on images of `fit` as well.
        seed: of the draws of images for the interval of the gain.
        workers: threads, None for all cores.

    Raises:
        InputError: for a setting out of its range, or if `gt` shares images with `fit`.
        FormatError: for a file that cannot be used; the message names the record.
        MismatchError: if predictions and ground truth do not belong together.

    Source:
        Open Images paper (arXiv 2003.07557), section 5.8.
    """
    started = time.perf_counter()
    rule = Rule(blend, source, target, min_images, min_lift, apply, as_printed)
    loaded, truth = loaded_predictions(preds), loaded_ground_truth(fit)
    judge = None if gt is None else loaded_ground_truth(gt)
    if judge is not None and not allow_fit_on_test:
        refuse_shared_images(truth, judge)
    scores = rescored_by_cooccurrence(loaded, cooccurrence(truth, smoothing=smoothing), rule)
    return rescored(
        "cooccurrence",
        loaded,
        scores,
        judge,
        inputs={"fit": {"path": truth.source, "images": len(truth.images)}},
        settings={**vars(rule), "smoothing": smoothing},
        started=started,
        seed=seed,
        workers=workers,
    )


def rescored(
    method: str,
    preds: Predictions,
    scores: NDArray[np.float64],
    gt: GroundTruth | None,
    *,
    inputs: Mapping[str, Mapping[str, Any]],
    settings: Mapping[str, Any],
    started: float,
    seed: int,
    workers: int | None,
    calibration: FitScores | None = None,
) -> Rescored:
    """Predictions with new scores as a result, with the gain if there is ground truth."""
    new = preds.with_scores(scores)
    gain = None if gt is None else _gain(preds, new, gt, seed, workers)
    changed = scores != preds.score
    more = {} if gt is None else {"gt": {"path": gt.source, "images": len(gt.images)}}
    return Rescored(
        scores=RescoreScores(
            method=method,
            predictions=len(preds),
            changed=int(changed.sum()),
            images=len(np.unique(preds.image_id[changed])),
            gain=gain,
            calibration=calibration,
        ),
        inputs={"preds": {"path": preds.source, "count": len(preds)}, **inputs, **more},
        settings=settings,
        notes=()
        if gain is None
        else tuple(gain_notes(gain, against="", instead="Keep the scores as they were")),
        seconds=time.perf_counter() - started,
        predictions=new,
    )


def _gain(
    preds: Predictions, new: Predictions, gt: GroundTruth, seed: int, workers: int | None
) -> Difference:
    """AP with the new scores against AP with the old ones."""
    bare = (preds.segmentations.format == Format.NONE).any()
    return compare(
        preds, new, gt, iou="bbox" if bare else "segm", seed=seed, workers=workers
    ).difference
