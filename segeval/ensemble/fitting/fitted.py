"""What decides how models are merged beside their predictions, and the images that decide it."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import field
from functools import cached_property
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from segeval.analysis.calibration.fits import Fit, Method, usable_fit
from segeval.analysis.calibration.targets import Known, Target, check_probabilities, known_targets
from segeval.analysis.folds import image_folds
from segeval.analysis.resampling.draws import Units, copies
from segeval.analysis.resampling.resampled import Resampled, resampled
from segeval.data import GroundTruth, Predictions
from segeval.data.ids import index_of
from segeval.data.keys import Key, written
from segeval.ensemble.categories.routing import Sharing
from segeval.ensemble.fitting.image_groups import units_of
from segeval.ensemble.fitting.model_weights import model_weights
from segeval.ensemble.plan import Fitted, Plan
from segeval.ensemble.pools.order import with_ties_in_order
from segeval.ensemble.pools.shapes import Iou
from segeval.ensemble.weighing.worth import Worth, evaluated_models, evaluated_worth
from segeval.errors import InputError
from segeval.frozen import frozen
from segeval.metrics.coco.average_precision import Evaluation, result_of
from segeval.metrics.coco.result import APResult

DRAWN = 128
"""Draws of images that are computed together."""

Images = NDArray[np.bool_] | None
"""Which images decide, in the order of the ground truth, shape (I,); None for all of them."""


class Fitting(Protocol):
    """A way to decide how models are merged, by any part of the images.

    The gain on one fold of the images is that of what the other folds decide.
    """

    def fitted(self, images: Images = None) -> Fitted:
        """What some images decide."""

    def best(self, images: Images = None) -> int:
        """Index of the model that is the best on some images."""


@frozen(eq=False)
class Evidence:
    """How M models do on ground truth of I images, and on any part of these.

    Attributes:
        results: evaluation of each model.
        gt: the ground truth.
        iou: kind of IoU of the evaluations.
        evaluations: of each model, with both files; without them no score can be calibrated.
        workers: threads, None for all cores.
        rows: of the evaluated predictions of each model in those that were given, int64, (n,) each.
        groups: label of each image's group by its id as text, such as its video; images of one
            group stay together. None where images stand alone.
    """

    results: Sequence[APResult]
    gt: GroundTruth
    iou: Iou
    evaluations: Sequence[Evaluation] = ()
    workers: int | None = None
    rows: Sequence[NDArray[np.int64]] = ()
    groups: Mapping[str, str] | None = None
    _known: dict[bytes | None, Worth] = field(default_factory=dict, repr=False)
    _targets: dict[Target, list[Known]] = field(default_factory=dict, repr=False)

    @classmethod
    def of(
        cls,
        models: Sequence[Predictions],
        gt: GroundTruth,
        iou: Iou,
        workers: int | None,
        groups: Mapping[str, str] | None = None,
    ) -> Evidence:
        """Evaluate each model; between equal scores no row number decides.

        Raises:
            MismatchError: if predictions and ground truth do not belong together.
        """
        started = time.perf_counter()
        settled = [with_ties_in_order(each) for each in models]
        found = evaluated_models([preds for preds, _ in settled], gt, iou, workers)
        results = [
            result_of([each.matches], compat=None, pool=False, started=started, workers=workers)
            for each in found
        ]
        return cls(results, gt, iou, found, workers, [rows for _, rows in settled], groups)

    def folds(self, number: int) -> NDArray[np.int64]:
        """The fold of each image, as `image_folds` deals them, int64, shape (I,).

        Raises:
            InputError: for fewer images, or groups of them, than folds.
        """
        labels = self.labels
        groups = None if labels is None else np.unique(labels, return_inverse=True)[1]
        return image_folds(self.gt, number, groups=groups)

    @property
    def units(self) -> int:
        """Number of images, or of groups of images, that are dealt to folds."""
        return units_of(self.gt, self.groups)

    @property
    def labels(self) -> NDArray[np.str_] | None:
        """The label of each image's group, shape (I,); None where images stand alone."""
        if self.groups is None:
            return None
        return np.array([self.groups[str(each)] for each in self.gt.images.written_ids])

    def calibrations(
        self, method: Method, target: Target, images: Images = None
    ) -> tuple[Fit | None, ...]:
        """A function for the scores of each model, fitted to some of the images.

        Predictions are matched once, for any part of the images.

        Args:
            method: "isotonic", "temperature" or "linear"; "temperature" where there are too few
                predictions.
            target: what the scores should equal.
            images: that decide, bool, shape (I,); None for all.

        Returns:
            None for a model without predictions of categories that have objects.

        Raises:
            InputError: if a score is below 0 or above 1.
        """
        fits = []
        for own in self.targets(target):
            kept: NDArray[Any] | slice = slice(None)
            if images is not None:
                kept = self.chosen(own.image_ids, images)[own.image]
            fits.append(usable_fit(method, own.score[kept], own.target[kept]))
        return tuple(fits)

    def targets(self, target: Target) -> list[Known]:
        """What the scores of each model should equal; computed once.

        Raises:
            InputError: if a score is below 0 or above 1.
        """
        if target not in self._targets:
            for each in self.evaluations:
                check_probabilities(each.preds)
            self._targets[target] = [
                known_targets(each, target, self.workers) for each in self.evaluations
            ]
        return self._targets[target]

    def chosen(self, image_ids: Sequence[Key], images: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Whether each image of some, by ids as written, is among the chosen ones, shape (N,)."""
        known = dict(zip(self.gt.images.written_ids, images.tolist(), strict=True))
        return np.array([known[each] for each in image_ids], np.bool_)

    @cached_property
    def _resampled(self) -> list[Resampled]:
        """The numbers of each model for other weights of the images."""
        return [resampled(each) for each in self.results]

    def worth(self, images: Images = None) -> Worth:
        """What each model is worth on some of the images; computed once for each part of them."""
        key = None if images is None else images.tobytes()
        if key not in self._known:
            self._known[key] = self._worth(images)
        return self._known[key]

    def drawn(self, resamples: int, seed: int) -> NDArray[np.float64]:
        """AP of each model for each category on images drawn with replacement.

        Args:
            resamples: number of draws, R.
            seed: of the draws, which are the same for all models.

        Returns:
            float64, shape (M, R, C), in the order of `worth().categories`; NaN where undefined.
        """
        found = []
        for own in self._resampled:
            place = {path: number for number, path in enumerate(own.paths)}
            columns = [place[self.iou, "categories", key, "ap"] for key in self.worth().categories]
            units = Units.of_keys(own.image_keys)
            parts = [
                own.numbers(copies(units, seed, first, min(DRAWN, resamples - first)), self.workers)
                for first in range(0, resamples, DRAWN)
            ]
            found.append(np.concatenate([part[:, columns] for part in parts]))
        return np.stack(found)

    def _worth(self, images: Images) -> Worth:
        """What each model is worth on some of the images."""
        kind = self.iou
        if images is None:
            return evaluated_worth(self.results, self.gt, kind)
        categories = [each.id for each in self.results[0].scores[kind].categories]
        paths = [(kind, "ap"), *((kind, "categories", each, "ap") for each in categories)]
        found = []
        for own in self._resampled:
            keep = self.chosen(own.image_ids, images)[np.newaxis].astype(np.uint16)
            place = {path: number for number, path in enumerate(own.paths)}
            found.append(own.numbers(keep)[0, [place[path] for path in paths]])
        numbers = np.stack(found)  # models, AP of the whole and of each category
        count = self._objects(images)
        return Worth(
            overall=numbers[:, 0],
            split=self.gt.source,
            categories=tuple(categories),
            by_class=numbers[:, 1:],
            n_gt=np.array([count[key] for key in categories]),
        )

    def _objects(self, images: NDArray[np.bool_]) -> Counter[Key]:
        """Number of objects of each category in some of the images."""
        gt = self.gt
        order = np.argsort(gt.images.id, kind="stable")
        image = index_of(gt.image_id, gt.images.id[order])
        counted = ~gt.is_crowd & images[order][image]
        return Counter(written(gt.category_id[counted], gt.categories.keys))


@frozen(eq=False)
class ByWorth:
    """Weights of models by what they are worth, or as stated by hand.

    Attributes:
        plan: how models are merged.
        models: number of models.
        categories: ids of the categories of their predictions as written.
        evidence: how the models do on ground truth; None without any.
        stated: what they are worth as somebody says, which no image decides; None to let images.
        weights: stated by hand; None to let them follow.
        decides: whether the weights may follow from the evidence, which else tells the best model
            alone.
        sharing: how models that know different categories share them; None where all know all.
    """

    plan: Plan
    models: int
    categories: Sequence[Key]
    evidence: Evidence | None = None
    stated: Worth | None = None
    weights: ArrayLike | None = None
    decides: bool = True
    sharing: Sharing | None = None

    def fitted(self, images: Images = None) -> Fitted:
        """The weights that some images decide.

        Raises:
            InputError: if the strategy needs to know what models are worth and nothing tells.
        """
        worth = self.stated
        if worth is None and self.decides and self.evidence is not None:
            worth = self.evidence.worth(images)
        plan = self.plan
        if self._tells_nothing(worth):
            if images is None and worth is not None:
                raise InputError(
                    f"{worth.split}: has no object that counts, so no AP tells what the models are "
                    "worth. Give `scores` or `weights`, or ground truth with objects",
                    code="model-scores",
                    option="fit",
                    path=worth.split,
                )
            weights = np.ones(self.models)  # the images of the other folds have no object
            return Fitted(weights, worth, self.calibrations(images), self.joins(images))
        weights = model_weights(
            plan.weighing, worth, self.weights, self.models, self.categories, plan.weights,
            strategy=plan.strategy.name if plan.weighing == plan.strategy.weighing else "",
            knows=None if self.sharing is None else self.sharing.knows,
        )  # fmt: skip
        return Fitted(weights, worth, self.calibrations(images), self.joins(images))

    def _tells_nothing(self, worth: Worth | None) -> bool:
        """Whether weights would follow from an AP that is undefined."""
        if worth is None or self.weights is not None or worth is self.stated:
            return False
        whole = self.plan.weighing in ("interp", "rank", "tuned")
        return whole and bool(np.isnan(worth.overall).any())

    def joins(self, images: Images = None) -> NDArray[np.bool_] | None:
        """Which models some images let take part in each category, (M, C); None for all in all."""
        if self.sharing is None:
            return None
        ap = np.full(self.sharing.knows.shape, np.nan)
        if self.evidence is not None and self.decides:
            ap = self.evidence.worth(images).of_classes(self.categories)[0]
        return self.sharing.joins(ap)

    def calibrations(self, images: Images = None) -> tuple[Fit | None, ...] | None:
        """The functions for the scores that some images decide; None if scores stay.

        Raises:
            InputError: if scores shall be calibrated and there is no ground truth to fit to.
        """
        if self.plan.calibrate is None:
            return None
        if self.evidence is None or not self.decides:
            raise InputError(
                f"scores cannot be calibrated ({self.plan.calibrate}) without ground truth to fit "
                'to: give `fit`, or `calibrate="none"`',
                code="calibration",
                option="calibrate",
            )
        return self.evidence.calibrations(self.plan.calibrate, self.plan.calibrate_to, images)

    def best(self, images: Images = None) -> int:
        """Index of the model that is the best on some images; without evidence as stated."""
        worth = self.stated if self.evidence is None else self.evidence.worth(images)
        return 0 if worth is None else int(np.argmax(np.nan_to_num(worth.overall, nan=-1.0)))
