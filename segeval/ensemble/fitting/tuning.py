"""Weights with which the merged predictions have the best AP, found by trying."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from segeval.analysis.folds import FOLDS
from segeval.analysis.resampling.resampled import resampled
from segeval.ensemble.fitting.fitted import ByWorth, Evidence, Images
from segeval.ensemble.plan import Fitted, Plan
from segeval.ensemble.pools.pool import Pool
from segeval.errors import InputError
from segeval.frozen import frozen
from segeval.metrics.coco.arguments import Arguments
from segeval.metrics.coco.average_precision import evaluate_with

COARSE = tuple(k / 10 for k in range(11))
"""Weights that are tried for each model."""

FINE = 0.05
"""Distance of the weights that are tried around the best in the end."""

MOST_PASSES = 10
"""Passes over the models after which the search stops, if weights still change."""


@frozen(eq=False)
class Tuned:
    """Weights of models by coordinate descent on the AP of what they make.

    The models are visited by rising AP. Each gets the weight from 0 to 1 with the best AP, if that
    gains more than `min_gain`; of equals the one nearest to 1. Passes over all models follow until
    nothing changes, then one in finer steps. The highest weight is 1: a common factor changes
    nothing. It is deterministic.

    Attributes:
        plan: how models are merged.
        pool: predictions of M models for the images of the evidence, without weights.
        start: decides the first weights and the calibrations, by the same images.
        evidence: the ground truth that decides.
    """

    plan: Plan
    pool: Pool
    start: ByWorth
    evidence: Evidence
    _aps: dict[tuple[bytes, bytes | None], float] = field(default_factory=dict, repr=False)
    _known: dict[bytes | None, Fitted] = field(default_factory=dict, repr=False)

    def best(self, images: Images = None) -> int:
        """Index of the model that is the best on some images."""
        return self.start.best(images)

    def fitted(self, images: Images = None) -> Fitted:
        """The weights with the best AP on some images, and what else they decide."""
        key = _key(images)
        if key not in self._known:
            self._known[key] = self._tuned(images)
        return self._known[key]

    def _tuned(self, images: Images) -> Fitted:
        """The weights with the best AP on some images."""
        start = self.start.fitted(images)
        worth = self.evidence.worth(images)
        ap = np.column_stack([worth.by_class, worth.overall])
        order = np.lexsort(np.nan_to_num(ap, nan=-1.0).T)  # equal ones by their AP of categories
        weights = start.weights / start.weights.max()
        best = self._ap(weights, start, images)
        for _ in range(MOST_PASSES):
            before = weights
            for model in order.tolist():
                weights, best = self._step(weights, best, model, COARSE, start, images)
            if np.array_equal(before, weights):
                break
        for model in order.tolist():
            around = (weights[model] - FINE, weights[model] + FINE)
            weights, best = self._step(
                weights, best, model, [each for each in around if 0 <= each <= 1], start, images
            )
        return replace(start, weights=weights)

    def _step(
        self,
        weights: NDArray[np.float64],
        best: float,
        model: int,
        values: Sequence[float],
        start: Fitted,
        images: Images,
    ) -> tuple[NDArray[np.float64], float]:
        """The best weights with others for one model, and their AP."""
        tried = []
        for value in sorted(values, reverse=True):  # of equals the one nearest to 1 comes first
            own = weights.copy()
            own[model] = value
            if own.max() > 0 and value != weights[model]:
                own = (own / own.max()).round(12)
                tried.append((self._ap(own, start, images), own))
        found, own = max(tried, key=lambda each: each[0], default=(best, weights))
        return (own, found) if found > best + self.plan.weights["min_gain"] else (weights, best)

    def _ap(self, weights: NDArray[np.float64], start: Fitted, images: Images) -> float:
        """AP on some images of what the weights make, -1 if undefined.

        Predictions are merged and matched once for all folds, unless each fold has calibrations of
        its own.
        """
        key = weights.tobytes(), _key(images)
        if key not in self._aps:
            parts = self._parts
            if start.calibrations is not None or _key(images) not in map(_key, parts):
                parts = [images]
            found = self._aps_of(replace(start, weights=weights), parts)
            for part, ap in zip(parts, found, strict=True):
                self._aps[weights.tobytes(), _key(part)] = ap
        return self._aps[key]

    @cached_property
    def _parts(self) -> list[Images]:
        """All images, and all but those of each fold, by which the gain will be measured."""
        folds = min(FOLDS, self.evidence.units)
        if folds < 2:
            return [None]
        fold = self.evidence.folds(folds)
        return [None, *(fold != each for each in range(folds))]

    def _aps_of(self, fitted: Fitted, parts: Sequence[Images]) -> list[float]:
        """AP of the merged predictions on several parts of the images."""
        gt, kind = self.evidence.gt, self.plan.target
        merged = self.plan.merged(self.pool, fitted).to_predictions()
        result = evaluate_with(merged, gt, Arguments(iou=kind), workers=self.plan.workers)
        found = resampled(result)
        everything = np.ones(len(gt.images), np.bool_)
        kept = [
            self.evidence.chosen(found.image_ids, everything if each is None else each)
            for each in parts
        ]
        numbers = found.numbers(np.array(kept, np.uint16), self.plan.workers)
        ap = numbers[:, found.paths.index((kind, "ap"))]
        return [float(each) for each in np.nan_to_num(ap, nan=-1.0)]


def tuned(plan: Plan, start: ByWorth, pool: Pool) -> Tuned:
    """The weights to be found for models whose evaluations are known.

    Args:
        plan: how models are merged.
        start: decides the first weights.
        pool: predictions for the images that decide, without weights.

    Raises:
        InputError: if there is no ground truth to tune to.
    """
    evidence = start.evidence
    if evidence is None or not start.decides:
        raise InputError(
            "weights are tuned to ground truth, and there is none: give `fit`",
            code="model-scores",
            option="fit",
        )
    return Tuned(plan, pool, start, evidence)


def _key(images: Images) -> bytes | None:
    """What stands for a part of the images."""
    return None if images is None else images.tobytes()
