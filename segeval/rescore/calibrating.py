"""Scores that mean what they say: of predictions with score 0.8 four in five are true."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import get_args

import numpy as np

from segeval.analysis.bootstrap import replicates_of
from segeval.analysis.calibration.fits import LEAST_FOR_ISOTONIC, Method, in_order
from segeval.analysis.calibration.scores import FitScores, calibration_scores
from segeval.analysis.calibration.targets import THRESHOLD, Target, check_probabilities
from segeval.analysis.comparison.gain_notes import few_images_note
from segeval.analysis.comparison.verdicts import FEWEST_IMAGES
from segeval.analysis.evaluation import evaluated
from segeval.analysis.outcomes import outcomes_at
from segeval.analysis.pairs import overlapping_pairs
from segeval.data import GroundTruth, Predictions
from segeval.data.image_subsets import predictions_within
from segeval.data.segmentations import Format
from segeval.errors import InputError, Note
from segeval.metrics.coco.inputs import (
    GroundTruthSource,
    PredictionsSource,
    loaded_ground_truth,
    loaded_predictions,
)
from segeval.rescore.rescoring import rescored
from segeval.rescore.result import Rescored
from segeval.words import percent


def rescore_calibrate(
    preds: PredictionsSource,
    fit: GroundTruthSource,
    *,
    method: Method = "isotonic",
    target: Target = "precision",
    seed: int = 0,
    workers: int | None = None,
) -> Rescored:
    """New scores that equal the share of true positives, or the IoU, by an increasing function.

    The ranking stays, and AP with it. So it helps where scores are read as probabilities, or where
    scores of several models meet. The error is measured on each half of the images with the
    function that the other half gives; the result uses all.

    Args:
        preds: predictions, with scores from 0 to 1; or a path or list to load them from.
        fit: ground truth of all or some of their images.
        method: "isotonic" needs 200 predictions, and is "temperature" with fewer.
        target: "precision" or "iou".
        seed: of the halves.
        workers: threads, None for all cores.

    Raises:
        InputError: for another method or target, scores outside of 0 to 1, or predictions without
            any on the images of `fit`.
        FormatError: for a file that cannot be used; the message names the record.
        MismatchError: if predictions and ground truth do not belong together.

    Source:
        Guo et al. 2017, On Calibration of Modern Neural Networks (temperature); Barlow et al. 1972
        (isotonic).
    """
    started = time.perf_counter()
    for name, value, known in (
        ("method", method, get_args(Method)), ("target", target, get_args(Target)),
    ):  # fmt: skip
        if value not in known:
            raise InputError(
                f"`{name}` is {value!r}, expected one of {', '.join(known)}",
                code="calibration",
                option=name,
            )
    loaded, truth = loaded_predictions(preds), loaded_ground_truth(fit)
    check_probabilities(loaded)
    found = _fitted(loaded, truth, method, target, seed, workers)
    fitting = found.fit
    if fitting is None:
        raise InputError(
            f"{loaded.source}: has no prediction of a category with objects in {truth.source}, so "
            "nothing can be fitted",
            code="nothing-to-fit",
            path=loaded.source,
        )
    return rescored(
        "calibrate",
        loaded,
        in_order(fitting, loaded.score),
        files={"fit": truth},
        settings={"method": found.method, "target": target},
        started=started,
        calibration=found,
        notes=tuple(_notes(found, method, len(truth.images))),
    )


def _notes(found: FitScores, method: str, images: int) -> Iterator[Note]:
    """Why another function was fitted, why no error is known, or that it does not help."""
    if found.method != method:
        yield Note(
            "few-predictions",
            f"too few predictions for `method={method!r}`, which needs {LEAST_FOR_ISOTONIC}: the "
            f"function is {found.method}",
            1,
            "method",
        )
    if found.after is None and images < FEWEST_IMAGES:
        yield few_images_note(images)
    elif found.after is None:
        yield Note(
            "few-predictions",
            "the error after is unknown: it is that on each half of the images with the function "
            f"of the other, and a half has too few predictions for `method={found.method!r}`",
            1,
            "method",
        )
    elif found.before is not None and found.after >= found.before:
        yield Note(
            "no-gain",
            f"this does not help: the error is {percent(found.before)} before and "
            f"{percent(found.after)} after, on images that the function was not fitted to. Keep "
            "the scores as they were",
            1,
            None,
        )


def _fitted(
    preds: Predictions,
    gt: GroundTruth,
    method: str,
    target: str,
    seed: int,
    workers: int | None,
) -> FitScores:
    """The function, and the error before and after on halves that it was not fitted to."""
    own = predictions_within(preds, gt)
    bare = (own.segmentations.format == Format.NONE).any()
    evaluation = evaluated(
        own, gt, iou="bbox" if bare else "segm", thresholds=THRESHOLD, workers=workers
    )
    matches = evaluation.matches
    pairs = overlapping_pairs(evaluation, least=np.finfo(np.float64).tiny, workers=workers)
    outcomes, at_zero = (outcomes_at(matches, pairs, each) for each in (THRESHOLD, 0.0))
    replicates = replicates_of(matches, 2, seed)
    nothing: list[float | None] = [None] * len(matches.category_ids)
    fits = {
        (each.method, each.target): each
        for each in calibration_scores(outcomes, at_zero, nothing, replicates).fits
    }
    found = fits[method, target]
    return fits["temperature", target] if found.fit is None else found
