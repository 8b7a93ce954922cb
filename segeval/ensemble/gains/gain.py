"""What merging gains, on images that were not used to choose anything."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.analysis import compare
from segeval.analysis.comparison.differences import Difference
from segeval.analysis.comparison.result import Comparison
from segeval.analysis.folds import FOLDS, folds_of_ids
from segeval.data import GroundTruth, Predictions
from segeval.ensemble.fitting.fitted import Evidence, Fitting
from segeval.ensemble.gains.category_gains import CategoryGain, category_gains
from segeval.ensemble.plan import Fitted, Plan
from segeval.ensemble.pools.pool import Pool
from segeval.ensemble.strategies import STRATEGIES
from segeval.frozen import frozen
from segeval.metrics.coco.arguments import Arguments
from segeval.metrics.coco.average_precision import evaluate_with
from segeval.words import counted

OnStep = Callable[[int, int], None]
"""Called with the number of steps done, and of all."""

STEPS = 3


@frozen
class Gain:
    """AP of the merged predictions against the best model alone, and against plain NMS.

    Attributes:
        how: what kept the images apart, such as "5 folds of gt.json".
        best: name of the model that is the best on most of the other images.
        over_best: difference to the best model, which the other images choose.
        over_nms: difference to NMS of all models with equal weights.
        seen: gain over the best model on the images that chose weights and model, a fraction.
        optimism: what the seen gain is higher than the gain over the best.
        over_wbf: difference to WBF of all models with its defaults; None if nobody asked.
        by_category: difference to the best model on each category that has objects.
    """

    how: str
    best: str
    over_best: Difference
    over_nms: Difference
    seen: float | None
    optimism: float | None
    over_wbf: Difference | None = None
    by_category: tuple[CategoryGain, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """The gain as plain values."""
        return {
            **vars(self),
            "over_best": self.over_best.to_dict(),
            "over_nms": self.over_nms.to_dict(),
            "over_wbf": None if self.over_wbf is None else self.over_wbf.to_dict(),
            "by_category": [each.to_dict() for each in self.by_category],
        }


def gain_in_folds(
    plan: Plan,
    pool: Pool,
    models: Sequence[Predictions],
    fitting: Fitting,
    evidence: Evidence,
    whole: Predictions,
    *,
    folds: int = FOLDS,
    judges: Sequence[int] | None = None,
    resamples: int = 1000,
    seed: int = 0,
    on_step: OnStep | None = None,
) -> Gain:
    """The gain on each fold of the images, with what the other folds decide.

    Args:
        plan: how models are merged.
        pool: predictions of M models, without weights.
        models: the same by model.
        fitting: decides weights, and the best model, by the other folds.
        evidence: how the models do on the ground truth.
        whole: the merged predictions with what all images decide.
        folds: number of folds.
        judges: the folds that judge; None for all of them.
        resamples: draws of the images for the intervals.
        seed: of the draws.
        on_step: told how far it is.

    Raises:
        InputError: if there are fewer images than folds.
        MismatchError: if predictions and ground truth do not belong together.
    """
    tell = on_step or (lambda done, total: None)
    gt = evidence.gt
    folds = min(folds, len(gt.images))
    fold = evidence.folds(folds)
    of_image = fold_of_rows(pool, gt, fold)
    parts, best = [], []
    judging = range(folds) if judges is None else judges
    for each in judging:
        others = fold != each
        own = pool.take(np.flatnonzero(of_image == each))
        parts.append(plan.merged(own, fitting.fitted(others)).to_predictions())
        best.append(fitting.best(others))
    tell(2, STEPS)
    merged = Predictions.concatenate(parts, source=plan.strategy.name)
    single = _chosen(models, pool, of_image, dict(zip(judging, best, strict=True)))
    images = None if judges is None else np.isin(fold, judges)
    found = _differences(plan, pool, single, merged, gt, images, resamples, seed, evidence.groups)
    tell(STEPS, STEPS)
    seen = _seen(plan, whole, evidence)
    name = Path(gt.source).name
    if judges is not None:
        kept = counted(int(np.isin(fold, judges).sum()), "image")
        how = f"{kept} of {name} that chose nothing"
    else:
        how = f"{folds} folds of {name}"
    return _gain(how, models[int(np.bincount(best).argmax())].source, found, seen)


def gain_elsewhere(
    plan: Plan,
    pool: Pool,
    models: Sequence[Predictions],
    fitting: Fitting,
    gt: GroundTruth,
    *,
    seen: float | None = None,
    resamples: int = 1000,
    seed: int = 0,
    groups: Mapping[str, str] | None = None,
) -> Gain:
    """The gain on images that nothing was fitted to.

    Args:
        plan: how models are merged.
        pool: predictions of M models for these images, without weights.
        models: the same by model.
        fitting: decides weights, and the best model, by other images.
        gt: ground truth of the images.
        seen: gain over the best model on those that decide.
        resamples: draws of the images for the intervals.
        seed: of the draws.
        groups: label of each image's group by its id as text; None where images stand alone.

    Raises:
        MismatchError: if predictions and ground truth do not belong together.
    """
    best = fitting.best()
    merged = plan.merged(pool, fitting.fitted()).to_predictions()
    found = _differences(plan, pool, models[best], merged, gt, None, resamples, seed, groups)
    return _gain(f"{Path(gt.source).name}, which chose nothing", models[best].source, found, seen)


def _gain(how: str, best: str, found: Sequence[Comparison], seen: float | None) -> Gain:
    """The gain by its differences: to the best model, to NMS, and to WBF if that was asked for."""
    over_best, over_nms, *more = (each.difference for each in found)
    gain = over_best.difference
    return Gain(
        how=how,
        best=best,
        over_best=over_best,
        over_nms=over_nms,
        seen=seen,
        optimism=None if seen is None or gain is None else seen - gain,
        over_wbf=more[0] if more else None,
        by_category=category_gains(found[0]),
    )


def _differences(
    plan: Plan,
    pool: Pool,
    single: Predictions,
    merged: Predictions,
    gt: GroundTruth,
    images: NDArray[np.bool_] | None,
    resamples: int,
    seed: int,
    groups: Mapping[str, str] | None = None,
) -> list[Comparison]:
    """Merged predictions against the best model alone, and against plain merges of all.

    These are NMS with equal weights, and for what was searched WBF too. Some of the images judge.
    """
    plain = ("nms", "wbf") if plan.strategy.name == "search" else ("nms",)
    others = [single]
    for name in plain:
        strategy = STRATEGIES[name]
        own = replace(plan, strategy=strategy, settings=strategy.settings, scale=1.0)
        found = own.merged(pool, Fitted(np.ones(len(pool.files))))
        others.append(found.to_predictions())
    ids = None if images is None else np.array(gt.images.written_ids, object)[images].tolist()
    return [
        compare(
            other, merged, gt, iou=plan.target, images=ids, resamples=resamples, seed=seed,
            groups=groups, workers=plan.workers,
        )
        for other in others
    ]  # fmt: skip


def fold_of_rows(pool: Pool, gt: GroundTruth, fold: NDArray[np.int64]) -> NDArray[np.int64]:
    """The fold of the image of each prediction."""
    return np.asarray(folds_of_ids(pool.image_ids, gt, fold)[pool.image])


def _chosen(
    models: Sequence[Predictions],
    pool: Pool,
    of_image: NDArray[np.int64],
    best: Mapping[int, int],
) -> Predictions:
    """The predictions of the model that was chosen for each fold."""
    chosen = np.full(int(of_image.max(initial=-1)) + 1, -1)
    for fold, model in best.items():
        chosen[fold : fold + 1] = model
    rows = chosen[of_image] == pool.model
    parts = [each.take(pool.row[rows & (pool.model == place)]) for place, each in enumerate(models)]
    return Predictions.concatenate(parts, source="best single model")


def _seen(plan: Plan, whole: Predictions, evidence: Evidence) -> float | None:
    """The gain over the best model on the images that chose the weights and the model."""
    arguments = Arguments(iou=plan.target)
    found = evaluate_with(whole, evidence.gt, arguments, workers=plan.workers).primary
    known = [each.primary for each in evidence.results if each.primary is not None]
    return None if found is None or not known else found - max(known)
