"""The score to deploy at: from two files to thresholds."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from numbers import Real

import numpy as np

from segeval.analysis.bootstrap import Bootstrap, Replicates, replicates_of
from segeval.analysis.calibration.fits import LEAST_FOR_ISOTONIC
from segeval.analysis.calibration.scores import UNDEFINED, calibration_scores
from segeval.analysis.comparison.intervals import few_draws
from segeval.analysis.comparison.verdicts import FEWEST_IMAGES
from segeval.analysis.outcomes import outcomes_at
from segeval.analysis.pairs import Pairs, overlapping_pairs
from segeval.analysis.resampling.draws import Units
from segeval.analysis.thresholds.presented import THRESHOLD
from segeval.analysis.thresholds.scores import ByKind, ThresholdScores
from segeval.analysis.thresholds.summary import summarise
from segeval.errors import InputError, Note
from segeval.frozen import frozen
from segeval.metrics.coco.arguments import Arguments, Chosen
from segeval.metrics.coco.average_precision import Evaluation, evaluations
from segeval.metrics.coco.filling import ALMOST_ONE
from segeval.metrics.coco.image_pairs import TINY
from segeval.metrics.coco.inputs import GroundTruthSource, PredictionsSource
from segeval.metrics.coco.matches import Matches
from segeval.metrics.coco.protocol import Protocol
from segeval.metrics.coco.rule_values import ordered_thresholds, shown
from segeval.metrics.coco.settings import ap_settings
from segeval.metrics.result import Description, Result
from segeval.metrics.sizes import SizeBucket
from segeval.words import counted

LEAST_BETA, MOST_BETA = 0.01, 100.0
"""Weights of recall in F that leave something of both."""


@frozen(eq=False, repr=False, kw_only=True)
class OperatingPoint(Result[ByKind]):
    """Which score to deploy at, and what is then found, for each kind of IoU."""

    about: Description[ByKind] = THRESHOLD

    @property
    def score(self) -> float | None:
        """The score of the best F of all categories together, of the first kind of IoU."""
        return self.first.point.score


def operating_point(
    preds: PredictionsSource,
    gt: GroundTruthSource,
    *,
    iou: str | Sequence[str] | None = None,
    thresholds: float | Sequence[float] = 0.5,
    beta: float = 1.0,
    calibration: bool = False,
    resamples: int = 1000,
    seed: int = 0,
    protocol: str | Protocol | None = None,
    sizes: str | Sequence[SizeBucket | float] | None = None,
    max_dets: int | Sequence[int] | None = None,
    area_from: str | None = None,
    boundary_ratio: float | None = None,
    boundary_px: int | None = None,
    categories: Chosen = None,
    images: Chosen = None,
    agnostic: bool = False,
    min_score: float | None = None,
    score_field: str = "score",
    skip_unknown: bool = False,
    honour_ignore: bool = False,
    workers: int | None = None,
) -> OperatingPoint:
    """The score from which on to keep predictions: best F and smallest LRP error.

    Arguments that are not described here are those of `average_precision`.

    Args:
        preds: predictions, or a path or list to load them from.
        gt: ground truth, or a path or dictionary to load it from.
        iou: "segm", "boundary" or "bbox", or several; by default what the protocol compares.
        thresholds: the one IoU from which on a match is true.
        beta: weight of recall against precision in F: 2 counts recall twice as much.
        calibration: also compute calibration errors, and fit functions that make them smaller.
        resamples: bootstrap replicates of the images for the intervals.
        seed: of the replicates and of the halves.
        protocol: as in `average_precision`.
        sizes: as in `average_precision`.
        max_dets: as in `average_precision`; the largest cap counts.
        area_from: as in `average_precision`.
        boundary_ratio: as in `average_precision`.
        boundary_px: as in `average_precision`.
        categories: as in `average_precision`.
        images: as in `average_precision`.
        agnostic: as in `average_precision`.
        min_score: as in `average_precision`.
        score_field: as in `average_precision`.
        skip_unknown: as in `average_precision`.
        honour_ignore: as in `average_precision`.
        workers: threads, None for all cores; the numbers do not depend on it.

    Raises:
        InputError: for arguments that make no sense.
        FormatError: for a file that cannot be used; the message names the record.
        MismatchError: for two files that do not belong together.

    Source:
        LRP: Oksuz et al. 2018, Localization Recall Precision (LRP): A New Performance Metric for
        Object Detection; 2021, One Metric to Measure them All.

    Example:
        >>> box = {"image_id": 1, "category_id": 1}
        >>> gt = {
        ...     "images": [{"id": 1}],
        ...     "categories": [{"id": 1}],
        ...     "annotations": [
        ...         {**box, "id": k, "bbox": [20 * k, 0, 9, 9], "area": 81, "iscrowd": 0}
        ...         for k in (1, 2)
        ...     ],
        ... }
        >>> found = [{**box, "bbox": [20 * k, 0, 9, 9], "score": 1 - k / 4} for k in (1, 2, 3)]
        >>> operating_point(found, gt, iou="bbox").score
        0.5
    """
    arguments = Arguments(
        iou=iou,
        protocol=protocol,
        sizes=sizes,
        max_dets=max_dets,
        thresholds=thresholds,
        area_from=area_from,
        boundary_ratio=boundary_ratio,
        boundary_px=boundary_px,
        categories=categories,
        images=images,
        agnostic=agnostic,
        min_score=min_score,
        score_field=score_field,
        skip_unknown=skip_unknown,
        honour_ignore=honour_ignore,
    )
    bootstrap = Bootstrap(resamples=resamples, seed=seed)
    return operating_point_with(
        preds,
        gt,
        arguments,
        beta=beta,
        calibration=calibration,
        bootstrap=bootstrap,
        workers=workers,
    )


def operating_point_with(
    preds: PredictionsSource,
    gt: GroundTruthSource,
    arguments: Arguments,
    *,
    beta: float = 1.0,
    calibration: bool = False,
    bootstrap: Bootstrap | None = None,
    workers: int | None = None,
) -> OperatingPoint:
    """The result of `operating_point`, whose arguments for matching come as one value."""
    started = time.perf_counter()
    _check_beta(beta)
    if arguments.compat is not None:
        raise InputError(
            "`compat` does not go with thresholds, which no official package has.",
            code="compat",
            option="compat",
        )
    asked = 0.5 if arguments.thresholds is None else arguments.thresholds
    arguments = replace(arguments, thresholds=_one(asked))
    return operating_point_of(
        evaluations(preds, gt, arguments, workers),
        beta=beta,
        calibration=calibration,
        bootstrap=bootstrap,
        started=started,
        workers=workers,
    )


def operating_point_of(
    evaluated: Iterable[Evaluation],
    *,
    beta: float = 1.0,
    calibration: bool = False,
    with_fits: bool = True,
    pairs: Sequence[Pairs] | None = None,
    bootstrap: Bootstrap | None = None,
    units: Units | None = None,
    started: float,
    workers: int | None = None,
) -> OperatingPoint:
    """The operating point of files that are matched already.

    Args:
        evaluated: both files, matched at a single threshold by every kind of IoU.
        beta: as in `operating_point`.
        calibration: as in `operating_point`.
        with_fits: fit functions that make calibration errors smaller, too.
        pairs: those of `overlapping_pairs` for each of the evaluated; None to find them.
        bootstrap: of the intervals.
        units: groups of images that are drawn together; None for each image by itself.
        started: when the analysis began, by `time.perf_counter`.
        workers: threads, None for all cores; the numbers do not depend on it.
    """
    bootstrap = Bootstrap() if bootstrap is None else bootstrap
    scores: dict[str, ThresholdScores] = {}
    found: list[Matches] = []
    replicates: Replicates | None = None
    for place, evaluation in enumerate(evaluated):
        found.append(evaluation.matches)
        replicates = replicates or replicates_of(
            found[0], bootstrap.resamples, bootstrap.seed, units
        )
        scores[found[-1].request.iou] = _scores(
            evaluation,
            replicates,
            pairs=None if pairs is None else pairs[place],
            beta=beta,
            calibration=calibration,
            with_fits=with_fits,
            workers=workers,
        )
    notes = dict.fromkeys(note for one in found for note in one.notes)
    return OperatingPoint(
        scores=scores,
        inputs=found[0].inputs,
        settings={
            **ap_settings(found, None),
            "beta": float(beta),
            "calibration": bool(calibration),
            "resamples": bootstrap.resamples,
            "seed": bootstrap.seed,
        },
        notes=(*notes, *few_draws(bootstrap.resamples), *_own_notes(found[0], scores)),
        seconds=time.perf_counter() - started,
    )


def _scores(
    evaluation: Evaluation,
    replicates: Replicates,
    *,
    pairs: Pairs | None,
    beta: float,
    calibration: bool,
    with_fits: bool,
    workers: int | None,
) -> ThresholdScores:
    """The numbers of one kind of IoU."""
    matches = evaluation.matches
    threshold = float(matches.thresholds[0])
    if pairs is None:
        lowest = TINY if calibration else min(threshold, ALMOST_ONE)
        pairs = overlapping_pairs(evaluation, least=lowest, workers=workers)
    own = outcomes_at(matches, pairs, threshold)
    scores = summarise(own, replicates, threshold=threshold, beta=beta, workers=workers)
    if not calibration:
        return scores
    if _outside(matches):
        return replace(scores, calibration=UNDEFINED)
    least = [each.lrp.score for each in scores.categories]
    at_zero = outcomes_at(matches, pairs, 0.0)
    found = calibration_scores(own, at_zero, least, replicates, with_fits=with_fits)
    return replace(scores, calibration=found)


def _outside(matches: Matches) -> int:
    """How many predictions have a score outside of 0 to 1."""
    return int(((matches.score < 0) | (matches.score > 1)).sum())


def _own_notes(matches: Matches, scores: ByKind) -> list[Note]:
    """Why numbers are missing, and what counts that AP leaves out."""
    notes = []
    images = len(matches.image_ids)
    if images < FEWEST_IMAGES:
        message = (
            f"{counted(images, 'image is', 'images are')} too few for intervals and for numbers "
            f"from other images: expected at least {FEWEST_IMAGES}"
        )
        notes.append(Note("few-images", message, images))
    objects = np.bincount(
        matches.gt_category[matches.gt_counted[0]], minlength=len(matches.category_ids)
    )
    lost = np.diff(matches.offsets)[objects == 0]
    if lost.sum() and objects.sum():
        found = counted(int(lost.sum()), "prediction is", "predictions are")
        where = counted(int((lost > 0).sum()), "category", "categories")
        message = (
            f"{found} of {where} without ground truth: AP leaves them out, here they are false"
        )
        notes.append(Note("no-objects", message, int(lost.sum())))
    fitted = next(iter(scores.values())).calibration
    outside = 0 if fitted is None else _outside(matches)
    if fitted is not None and images >= FEWEST_IMAGES:
        missing = sum(each.method == "isotonic" and each.after is None for each in fitted.fits)
        if missing and fitted.preds:
            message = (
                f"{counted(fitted.preds, 'prediction is', 'predictions are')} too few to judge an "
                f"isotonic function: expected at least {LEAST_FOR_ISOTONIC} in each half of the "
                "images"
            )
            notes.append(Note("few-predictions", message, fitted.preds))
    if outside:
        low, high = float(matches.score.min()), float(matches.score.max())
        message = (
            f"{counted(outside, 'score is', 'scores are')} outside of 0 to 1 ({low:g} to {high:g} "
            "in all): calibration is undefined"
        )
        notes.append(Note("scores-outside", message, outside))
    return notes


def _one(thresholds: float | Sequence[float]) -> float:
    """The one IoU threshold."""
    several = ordered_thresholds(thresholds)
    if len(several) > 1:
        raise InputError(
            f"`thresholds` are {shown(several)}, expected a single one: a prediction is true or "
            "false at one IoU. Ask for each by itself.",
            code="thresholds",
            option="thresholds",
        )
    return several[0]


def _check_beta(beta: float) -> None:
    """Refuse a weight that is no number, or so far from 1 that F is recall or precision alone."""
    is_number = isinstance(beta, Real) and not isinstance(beta, bool)
    if not is_number or not LEAST_BETA <= beta <= MOST_BETA:
        raise InputError(
            f"`beta` is {beta!r}, expected a number from {LEAST_BETA:g} to {MOST_BETA:g}, such as "
            "2.",
            code="beta",
            option="beta",
        )
