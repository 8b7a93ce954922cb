"""Scores that follow from what is seen around a prediction, by likelihood ratios."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from segeval.analysis.calibration.targets import check_probabilities
from segeval.checks.part_known import others_note
from segeval.checks.shared_images import refuse_shared_images
from segeval.data import GroundTruth, Predictions
from segeval.errors import InputError
from segeval.frozen import frozen
from segeval.metrics.choices import check_share
from segeval.metrics.coco.inputs import (
    GroundTruthSource,
    PredictionsSource,
    loaded_ground_truth,
    loaded_predictions,
)
from segeval.rescore.gains import (
    RescoringGain,
    coco_evaluation,
    gain_in_folds,
    gain_on,
    rows_of_images,
)
from segeval.rescore.relations import Relations, labels_of, no_relations, strongest
from segeval.rescore.rescoring import rescored
from segeval.rescore.result import Rescored
from segeval.rescore.scales import UnitScale
from segeval.rescore.statistics.around import Outlines
from segeval.rescore.statistics.context import (
    CERTAINTY,
    KINDS,
    MIN_PREDICTIONS,
    SEEN,
    Context,
    Judged,
)
from segeval.rescore.statistics.evidence import weigh_evidence
from segeval.rescore.statistics.outlines import Iou
from segeval.rescore.statistics.placed import check_categories, placed
from segeval.rescore.statistics.surround import TAU

ETA = 0.5
"""Share of the likelihood ratio that counts: evidence and scores say partly the same."""

LEAST = 1e-6
"""Distance from 0 and 1 to which scores are cut before their logit is taken."""


@frozen
class ContextRule:
    """What evidence counts, and how much.

    Attributes:
        eta: share of the logarithm of the likelihood ratio, 0 or more.
        min_predictions: true positives of a category that this takes, and false ones.
        certainty: standard errors by which the shares of both must differ.

    Raises:
        InputError: for a value out of its range.
    """

    eta: float = ETA
    min_predictions: int = MIN_PREDICTIONS
    certainty: float = CERTAINTY

    @property
    def limits(self) -> dict[str, float]:
        """What evidence has to reach."""
        return {"min_predictions": self.min_predictions, "certainty": self.certainty}

    def __post_init__(self) -> None:
        """Refuse what is out of its range."""
        for name in ("eta", "certainty"):
            value = getattr(self, name)
            if not 0 <= value < np.inf:
                raise InputError(
                    f"`{name}` is {value:g}, expected 0 or more", code=name, option=name
                )


def shifted(score: NDArray[np.float64], added: NDArray[np.float64]) -> NDArray[np.float64]:
    """Scores with something added to their logits; those with 0 stay as they are.

    Args:
        score: from 0 to 1, shape (N,).
        added: shape (N,).

    Example:
        >>> shifted(np.array([0.5, 0.5]), np.log([3, 1 / 7])).round(3)
        array([0.75 , 0.125])
    """
    cut = np.clip(score, LEAST, 1 - LEAST)
    odds = cut / (1 - cut) * np.exp(added)
    return np.where(added == 0, score, odds / (1 + odds))


def rescored_by_context(
    preds: Predictions,
    statistics: Context,
    rule: ContextRule | None = None,
    *,
    workers: int | None = None,
) -> NDArray[np.float64]:
    """New scores by the likelihood ratio of what is seen around each prediction.

    To the logit of a score comes eta · log(q1 / q0) where evidence is seen, and
    eta · log((1 - q1) / (1 - q0)) where it is not; q1 and q0 are the shares of true and false
    predictions that have it. Of several kinds of evidence the strongest alone counts.

    Args:
        preds: N predictions, with scores from 0 to 1.
        statistics: what is seen around true and false predictions.
        rule: what counts; None for the usual rule.
        workers: threads, None for all cores.

    Returns:
        float64, shape (N,).

    Raises:
        InputError: for scores outside of 0 to 1.
        FormatError: for a prediction without a place.

    Example:
        >>> import segeval
        >>> from segeval.data.synthetic import furniture
        >>> from segeval.rescore import context_statistics
        >>> scene = furniture(images=8)
        >>> preds = segeval.load_predictions(scene.weaker)
        >>> learnt = context_statistics(preds, segeval.load_ground_truth(scene.ground_truth))
        >>> rescored_by_context(preds, learnt).shape == preds.score.shape
        True
    """
    rule = rule or ContextRule()
    check_probabilities(preds)
    valid = statistics.valid(min_predictions=rule.min_predictions, certainty=rule.certainty)
    category, kinds, others = np.nonzero(valid.transpose(2, 0, 1))
    q1, q0 = (each[kinds, others, category] for each in (statistics.q1, statistics.q0))
    there, absent = rule.eta * np.log(q1 / q0), rule.eta * np.log((1 - q1) / (1 - q0))
    number = len(statistics.categories)
    starts = np.searchsorted(category, np.arange(number + 1))
    used = np.asarray(valid.any(axis=(0, 1)) | valid.any(axis=(0, 2)))
    own = placed(preds, statistics.categories, statistics.iou, used=used)
    found, score = np.zeros(len(own.rows)), own.score

    def one(edges: NDArray[np.int64], outlines: Outlines, at: slice) -> None:
        part = own.category[at]
        weigh_evidence(
            edges, part, score[at], outlines, statistics.seen, statistics.tau, starts, kinds,
            others, there, absent, np.zeros(len(part), np.int64),
            np.zeros((2, number), np.int64), found[at],
        )  # fmt: skip

    own.in_batches(one, workers)
    scores = preds.score.copy()
    scores[own.rows] = shifted(score, found)
    return scores


def rescore_context(
    preds: PredictionsSource,
    fit: GroundTruthSource,
    *,
    fit_preds: PredictionsSource | None = None,
    gt: GroundTruthSource | None = None,
    seen: float = SEEN,
    tau: float = TAU,
    iou: Iou = "bbox",
    eta: float = ETA,
    min_predictions: int = MIN_PREDICTIONS,
    certainty: float = CERTAINTY,
    allow_fit_on_test: bool = False,
    seed: int = 0,
    workers: int | None = None,
) -> Rescored:
    """Raise and lower scores by what is seen around true predictions, and around false ones.

    What is learned comes from predictions on images with ground truth: those of `fit_preds`, or
    those of `preds` itself. In the second case, and without `gt`, the gain is measured on each fold
    of the images with what the others show; the result itself follows from all.

    Args:
        preds: predictions, or a path or list to load them from. Scores above 1, as votes give, are
            divided by the highest and multiplied by it again.
        fit: ground truth to learn from.
        fit_preds: predictions for its images, such as those of training, by the same model; None if
            `preds` has them.
        gt: ground truth to measure the gain on, of other images than `fit`; None for none.
        seen: score from which a prediction is evidence, from 0 to 1.
        tau: share of a prediction that must lie inside of a larger one, above 0 to 1.
        iou: whether boxes or masks decide that.
        eta: share of the logarithm of the likelihood ratio, 0 or more.
        min_predictions: true positives of a category that this takes, and false ones.
        certainty: standard errors by which the shares of both must differ.
        allow_fit_on_test: measure the gain on images of `fit` as well.
        seed: of the draws of images for the interval of the gain.
        workers: threads, None for all cores.

    Raises:
        InputError: for a setting out of its range, if `gt` shares images with `fit`, or if there
            are no predictions to learn from.
        FormatError: for a file that cannot be used; the message names the record.
        MismatchError: if predictions and ground truth do not belong together.

    Example:
        >>> from segeval.data.synthetic import furniture
        >>> scene = furniture(images=12)
        >>> found = rescore_context(scene.better, scene.ground_truth, min_predictions=3)
        >>> len(found.predictions) == len(scene.better)
        True
    """
    started = time.perf_counter()
    rule = ContextRule(eta, min_predictions, certainty)
    check_share("seen", seen)
    loaded, truth = loaded_predictions(preds), loaded_ground_truth(fit)
    learned = loaded if fit_preds is None else loaded_predictions(fit_preds)
    scale, unit = UnitScale.with_unit(loaded, learned)
    judge = None if gt is None else loaded_ground_truth(gt)
    if judge is not None and not allow_fit_on_test:
        refuse_shared_images(truth, judge)
    notes = check_categories(loaded, truth)
    judged = Judged.of(scale.divided(learned), truth, seen=seen, tau=tau, iou=iou, workers=workers)

    def scores_by(statistics: Context) -> NDArray[np.float64]:
        found = rescored_by_context(unit, statistics, rule, workers=workers)
        return scale.back(loaded, found)

    found = judged.counted()
    scores = scores_by(found)
    measured = fit_preds is None or judge is not None
    relations = _relations(found, rule)
    return rescored(
        "context",
        loaded,
        scores,
        files={"fit": truth, "fit_preds": None if fit_preds is None else learned, "gt": judge},
        settings={**vars(rule), "seen": seen, "tau": tau, "iou": iou},
        started=started,
        gain=_gain(
            loaded, scores, judge, judged, scores_by, is_own=fit_preds is None, seed=seed,
            workers=workers,
        ),
        relations=relations,
        notes=(
            *scale.notes(),
            *notes,
            *no_relations(relations, truth, rule.limits),
            *(others_note([loaded], truth, judge, done="rescored") if measured else ()),
        ),
    )  # fmt: skip


def _gain(
    preds: Predictions,
    scores: NDArray[np.float64],
    gt: GroundTruth | None,
    judged: Judged,
    scores_by: Callable[[Context], NDArray[np.float64]],
    *,
    is_own: bool,
    seed: int,
    workers: int | None,
) -> RescoringGain | None:
    """On the ground truth for that, else on folds of the images that were learned from."""
    on = judged.gt if gt is None else gt
    # predictions that teach have rows for the images of `fit` as well
    evaluate = coco_evaluation(preds, on, skip_unknown=is_own, seed=seed, workers=workers)
    if gt is not None:
        return gain_on(evaluate, scores, gt)
    if not is_own:
        return None
    return gain_in_folds(
        evaluate,
        preds,
        lambda images: scores_by(judged.counted(rows_of_images(preds, on, images))),
        on,
    )


def _relations(found: Context, rule: ContextRule) -> Relations:
    """What is seen around true predictions more often than around false ones, or less."""
    valid = found.valid(min_predictions=rule.min_predictions, certainty=rule.certainty)
    kinds, others, category = np.nonzero(valid)
    labels = labels_of(found.categories, found.names)
    number = len(labels)
    return strongest(
        labels,
        [f"{KINDS[kind]} {label}" for kind in sorted(KINDS) for label in labels],
        (category, kinds * number + others),
        (found.true + found.false)[category],
        found.q1[kinds, others, category],
        found.q0[kinds, others, category],
    )
