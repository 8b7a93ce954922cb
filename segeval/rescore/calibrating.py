"""Scores that mean what they say: of predictions with score 0.8 four in five are true."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import numpy as np

from segeval.analysis.calibration.fits import LEAST_FOR_ISOTONIC, METHODS, Method, in_order
from segeval.analysis.calibration.scores import FitScores
from segeval.analysis.calibration.targets import THRESHOLD, Target, check_probabilities
from segeval.analysis.comparison.gain_notes import few_images_note
from segeval.analysis.comparison.verdicts import FEWEST_IMAGES
from segeval.analysis.evaluation import evaluated
from segeval.analysis.outcomes import Outcomes, outcomes_at
from segeval.analysis.pairs import overlapping_pairs
from segeval.checks.known_ids import require_known_ids
from segeval.checks.part_known import known_part, others_note
from segeval.checks.shared_images import refuse_shared_images
from segeval.data import GroundTruth, Predictions
from segeval.errors import InputError, Note
from segeval.metrics.coco.inputs import (
    GroundTruthSource,
    PredictionsSource,
    loaded_ground_truth,
    loaded_predictions,
)
from segeval.rescore.calibration_gain import CalibrationGain, gain_elsewhere, gain_in_halves
from segeval.rescore.rescoring import rescored
from segeval.rescore.result import Rescored
from segeval.rescore.statistics.outlines import comparable_iou
from segeval.words import signed


def rescore_calibrate(
    preds: PredictionsSource,
    fit: GroundTruthSource,
    *,
    method: Method = "isotonic",
    target: Target = "precision",
    gt: GroundTruthSource | None = None,
    allow_fit_on_test: bool = False,
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
        gt: ground truth of other images of the predictions to measure the error on; None for the
            halves of `fit`.
        allow_fit_on_test: accept that `fit` and `gt` share images.
        seed: of the halves, and of the draws of images for the interval.
        workers: threads, None for all cores.

    Raises:
        InputError: for another method or target, scores outside of 0 to 1, or predictions without
            any on the images of `fit`.
        FormatError: for a file that cannot be used; the message names the record.
        MismatchError: if predictions and ground truth do not belong together.

    Source:
        Guo et al. 2017, On Calibration of Modern Neural Networks (temperature); Barlow et al. 1972
        (isotonic).

    Example:
        >>> from segeval.data.synthetic import furniture
        >>> scene = furniture(images=12)
        >>> found = rescore_calibrate(scene.better, scene.ground_truth, method="temperature")
        >>> found.scores.changed == found.scores.predictions
        True
    """
    started = time.perf_counter()
    _check_choices(method, target)
    loaded, truth = loaded_predictions(preds), loaded_ground_truth(fit)
    judge = None if gt is None else loaded_ground_truth(gt)
    if judge is not None and not allow_fit_on_test:
        refuse_shared_images(truth, judge)
    check_probabilities(loaded)
    outcomes = _outcomes(loaded, truth, workers)
    quality = outcomes.true.astype(np.float64) if target == "precision" else outcomes.iou
    used: Method = method
    fitting = METHODS[used](outcomes.score, quality)
    if fitting is None:
        used = "temperature"
        fitting = METHODS[used](outcomes.score, quality)
    if fitting is None:
        what = f"has no prediction of a category with objects in {truth.source}"
        raise InputError(
            f"{loaded.source}: {what if len(loaded) else 'holds no predictions'}, so nothing can "
            "be fitted",
            code="nothing-to-fit",
            path=loaded.source,
        )
    on = Path(truth.source if judge is None else judge.source).name
    if judge is None:
        gain = gain_in_halves(outcomes, used, target, seed, f"halves of {on}")
    else:
        gain = gain_elsewhere(_outcomes(loaded, judge, workers), fitting, target, seed, on)
    return rescored(
        "calibrate",
        loaded,
        in_order(fitting, loaded.score),
        files={"fit": truth, "gt": judge},
        settings={"method": used, "target": target},
        started=started,
        calibration=FitScores(used, target, gain.before, gain.after, fitting),
        calibration_gain=gain,
        notes=(
            *others_note([loaded], truth, judge, done="rescored"),
            *_notes(gain, used, method, len((judge or truth).images)),
        ),
    )


def _check_choices(method: str, target: str) -> None:
    """Refuse another function or target than those that are known."""
    for name, value, known in (
        ("method", method, get_args(Method)), ("target", target, get_args(Target)),
    ):  # fmt: skip
        if value not in known:
            raise InputError(
                f"`{name}` is {value!r}, expected one of {', '.join(known)}",
                code="calibration",
                option=name,
            )


def _notes(gain: CalibrationGain, used: str, method: str, images: int) -> Iterator[Note]:
    """Why another function was fitted, why no error is known, or that it does not help."""
    if used != method:
        yield Note(
            "few-predictions",
            f"too few predictions for `method={method!r}`, which needs {LEAST_FOR_ISOTONIC}: the "
            f"function is {used}",
            1,
            "method",
        )
    if images < FEWEST_IMAGES:
        yield few_images_note(images)
    elif gain.after is None:
        yield Note(
            "few-predictions",
            "the error after is unknown: it is that on each half of the images with the function "
            f"of the other, and a half has too few predictions for `method={used!r}`",
            1,
            "method",
        )
    elif gain.verdict != "better":
        worse = gain.verdict == "worse"
        sign = -1 if worse else 1
        ends = sorted(sign * each for each in gain.interval or ())
        size = f"the error {'rises' if worse else 'falls'} by {signed(sign * (gain.fall or 0.0))}"
        size += f" ({' to '.join(map(signed, ends))})" if ends else ""
        yield Note(
            "no-gain",
            f"this does not help: {size}. Keep the scores as they were"
            if worse
            else f"it is not shown that this helps: {size}",
            1,
            None,
        )


def _outcomes(preds: Predictions, gt: GroundTruth, workers: int | None) -> Outcomes:
    """The predictions for the images of a ground truth, true or false."""
    own = known_part(preds, gt)
    require_known_ids(own, gt)
    evaluation = evaluated(
        own, gt, iou=comparable_iou(own, gt), thresholds=THRESHOLD, workers=workers
    )
    pairs = overlapping_pairs(evaluation, least=THRESHOLD, workers=workers)
    return outcomes_at(evaluation.matches, pairs, THRESHOLD).of_categories_with_objects()
