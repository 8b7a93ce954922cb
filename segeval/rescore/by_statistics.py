"""Predictions rescored by what ground truth shows of categories: how they go together."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from segeval.checks.part_known import others_note
from segeval.frozen import frozen
from segeval.metrics.coco.inputs import GroundTruthSource, PredictionsSource
from segeval.rescore.by_cooccurrence import SOURCE, TARGET, Apply, Rule, rescored_by_cooccurrence
from segeval.rescore.by_surround import (
    EXPECTED,
    FALL,
    RISE,
    SurroundRule,
    rescored_by_surround,
)
from segeval.rescore.files import Files
from segeval.rescore.gains import RescoringGain, gain_in_folds, gain_on
from segeval.rescore.relations import Relations, no_relations, of_cooccurrence, of_surround
from segeval.rescore.rescoring import rescored
from segeval.rescore.result import Rescored
from segeval.rescore.scales import UnitScale
from segeval.rescore.statistics.contents import Contents, contents_of
from segeval.rescore.statistics.outlines import Iou
from segeval.rescore.statistics.placed import check_categories
from segeval.rescore.statistics.presence import (
    MIN_IMAGES,
    MIN_LIFT,
    SMOOTHING,
    check_smoothing,
    presence_in,
)
from segeval.rescore.statistics.surround import (
    MIN_LIFT as MIN_SURROUND_LIFT,
)
from segeval.rescore.statistics.surround import (
    MIN_OBJECTS,
    MIN_SHARE,
    TAU,
    check_tau,
    surround_in,
)

T = TypeVar("T")


def rescore_cooccurrence(
    preds: PredictionsSource,
    fit: GroundTruthSource,
    *,
    labels: str | Path | None = None,
    gt: GroundTruthSource | None = None,
    gt_labels: str | Path | None = None,
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
        preds: predictions, or a path or list to load them from. Scores above 1, as votes give, are
            divided by the highest and multiplied by it again.
        fit: ground truth of other images, such as those of training, whose categories share images;
            or of the same images: then the gain is measured on each fold of them, with what the
            others show.
        labels: verified labels of `fit`, where all files are Open Images' CSV.
        gt: ground truth to measure the gain on, of other images than `fit`; None for none.
        gt_labels: verified labels of `gt`.
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

    Example:
        >>> from segeval.data.synthetic import furniture
        >>> scene = furniture(images=12)
        >>> found = rescore_cooccurrence(scene.better, scene.ground_truth, min_images=3)
        >>> len(found.predictions) == len(scene.better)
        True
    """
    started = time.perf_counter()
    rule = Rule(blend, source, target, min_images, min_lift, apply, as_printed)
    check_smoothing(smoothing)
    files = Files.of(
        preds, fit, gt, labels=labels, gt_labels=gt_labels, allow_fit_on_test=allow_fit_on_test
    )
    scale, unit = UnitScale.with_unit(files.preds)
    way = _Way(
        "cooccurrence",
        counted=lambda contents: presence_in(contents, smoothing),
        scores=lambda found: scale.back(files.preds, rescored_by_cooccurrence(unit, found, rule)),
        relations=lambda found: of_cooccurrence(found, rule),
        limits={"min_images": min_images, "min_lift": min_lift},
        scale=scale,
    )
    settings = {**vars(rule), "smoothing": smoothing}
    return way.rescored(files, settings, started, seed, workers)


def rescore_surround(
    preds: PredictionsSource,
    fit: GroundTruthSource,
    *,
    labels: str | Path | None = None,
    gt: GroundTruthSource | None = None,
    gt_labels: str | Path | None = None,
    tau: float = TAU,
    iou: Iou = "bbox",
    rise: float = RISE,
    fall: float = FALL,
    expected: float = EXPECTED,
    min_objects: int = MIN_OBJECTS,
    min_share: float = MIN_SHARE,
    min_lift: float = MIN_SURROUND_LIFT,
    allow_fit_on_test: bool = False,
    seed: int = 0,
    workers: int | None = None,
) -> Rescored:
    """Raise scores of what lies inside of what it usually lies in; lower those of what does not.

    Args:
        preds: predictions, or a path or list to load them from. Scores above 1, as votes give, are
            divided by the highest and multiplied by it again.
        fit: ground truth of other images, such as those of training; or of the same images: then
            the gain is measured on each fold of them, with what the others show.
        labels: verified labels of `fit`, where all files are Open Images' CSV.
        gt: ground truth to measure the gain on, of other images than `fit`; None for none.
        gt_labels: verified labels of `gt`.
        tau: share of an object that must lie inside of a larger one, above 0 to 1.
        iou: "bbox" compares boxes, "segm" masks.
        rise: share of the way to 1 that a score goes at most, from 0 to 1.
        fall: share of a score that is lost at most where nothing surrounds it, from 0 to 1.
        expected: share of the objects of a category that are surrounded, from which one without
            anything around it falls.
        min_objects: objects of a category that a pair must have been counted on.
        min_share: share of them that must be surrounded.
        min_lift: how many times more often that must be than by chance.
        allow_fit_on_test: measure the gain on images of `fit` as well.
        seed: of the draws of images for the interval of the gain.
        workers: threads, None for all cores.

    Raises:
        InputError: for a setting out of its range, or if `gt` shares images with `fit`.
        FormatError: for a file that cannot be used; the message names the record.
        MismatchError: if predictions and ground truth do not belong together.

    Source:
        Open Images paper (arXiv 2003.07557), section 5.8, which gives no formula.

    Example:
        >>> from segeval.data.synthetic import furniture
        >>> scene = furniture(images=12)
        >>> found = rescore_surround(scene.better, scene.ground_truth, min_objects=3)
        >>> len(found.predictions) == len(scene.better)
        True
    """
    started = time.perf_counter()
    rule = SurroundRule(rise, fall, expected, min_objects, min_share, min_lift)
    check_tau(tau)
    files = Files.of(
        preds, fit, gt, labels=labels, gt_labels=gt_labels, allow_fit_on_test=allow_fit_on_test
    )
    scale, unit = UnitScale.with_unit(files.preds)
    way = _Way(
        "surround",
        counted=lambda contents: surround_in(files.fit, contents, tau, iou=iou, workers=workers),
        scores=lambda found: scale.back(
            files.preds, rescored_by_surround(unit, found, rule, workers=workers)
        ),
        relations=lambda found: of_surround(found, rule),
        limits={"min_objects": min_objects, "min_share": min_share, "min_lift": min_lift},
        scale=scale,
    )
    return way.rescored(files, {**vars(rule), "tau": tau, "iou": iou}, started, seed, workers)


@frozen(eq=False)
class _Way(Generic[T]):
    """How statistics become scores.

    Attributes:
        method: its name.
        counted: the statistics of what is in some images.
        scores: the scores that follow from them.
        relations: what says something about what.
        limits: what evidence has to reach, by the names of the arguments.
        scale: what scores are divided by before, and multiplied by again.
    """

    method: str
    counted: Callable[[Contents], T]
    scores: Callable[[T], NDArray[np.float64]]
    relations: Callable[[T], Relations]
    limits: Mapping[str, float]
    scale: UnitScale

    def rescored(
        self,
        files: Files,
        settings: Mapping[str, Any],
        started: float,
        seed: int,
        workers: int | None,
    ) -> Rescored:
        """The result by all images of `fit`, with the gain where it can be measured."""
        notes = check_categories(files.preds, files.fit)
        found = self.counted(contents_of(files.fit))
        scores, relations = self.scores(found), self.relations(found)
        notes = (*self.scale.notes(), *notes, *no_relations(relations, files.fit, self.limits))
        if files.gt is not None or files.fit_is_theirs:
            notes = (*notes, *others_note([files.preds], files.fit, files.gt, done="rescored"))
        return rescored(
            self.method,
            files.preds,
            scores,
            files={"fit": files.fit, "gt": files.gt},
            settings=settings,
            started=started,
            gain=self._gain(files, scores, seed, workers),
            relations=relations,
            notes=notes,
            csv=files.csv,
        )

    def _gain(
        self, files: Files, scores: NDArray[np.float64], seed: int, workers: int | None
    ) -> RescoringGain | None:
        """On the ground truth for that, else on folds of `fit` if the predictions are of these."""
        if files.gt is not None:
            return gain_on(files.evaluation(seed, workers), scores, files.gt)
        if not files.fit_is_theirs:
            return None
        return gain_in_folds(
            files.evaluation(seed, workers),
            files.preds,
            lambda images: self.scores(self.counted(contents_of(files.fit, images))),
            files.fit,
        )
