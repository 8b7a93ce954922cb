"""What merging gains, on images that were not used to choose anything."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from segeval.analysis import compare
from segeval.analysis.comparison.differences import Difference
from segeval.analysis.folds import FOLDS, image_folds
from segeval.analysis.resampling.resampled import resampled
from segeval.data import GroundTruth, Predictions
from segeval.data.ids import index_of
from segeval.data.keys import written
from segeval.ensemble.model_weights import model_weights
from segeval.ensemble.plan import Plan
from segeval.ensemble.pool import Pool
from segeval.ensemble.strategies import STRATEGIES
from segeval.ensemble.worth import Worth
from segeval.metrics.coco.arguments import Arguments
from segeval.metrics.coco.average_precision import evaluate_with
from segeval.metrics.coco.result import APResult

OnStep = Callable[[int, int], None]
"""Called with the number of steps done, and of all."""

STEPS = 3


@dataclass(frozen=True)
class Gain:
    """AP of the merged predictions against the best model alone, and against plain NMS.

    Attributes:
        how: what kept the images apart, such as "5 folds of gt.json".
        best: name of the model that is the best on most of the other images.
        over_best: difference to the best model, which the other images choose.
        over_nms: difference to NMS of all models with equal weights.
        seen: gain over the best model on the images that chose weights and model, a fraction.
        optimism: what the seen gain is higher than the gain over the best.
    """

    how: str
    best: str
    over_best: Difference
    over_nms: Difference
    seen: float | None
    optimism: float | None

    def to_dict(self) -> dict[str, Any]:
        """The gain as plain values."""
        return {
            **vars(self),
            "over_best": self.over_best.to_dict(),
            "over_nms": self.over_nms.to_dict(),
        }


def gain_in_folds(
    plan: Plan,
    pool: Pool,
    models: Sequence[Predictions],
    results: Sequence[APResult],
    gt: GroundTruth,
    whole: Predictions,
    *,
    weights: ArrayLike | None = None,
    worth: Worth | None = None,
    folds: int = FOLDS,
    resamples: int = 1000,
    seed: int = 0,
    on_step: OnStep | None = None,
) -> Gain:
    """The gain on each fold of the images, with what the other folds choose.

    Args:
        plan: how models are merged.
        pool: predictions of M models, without weights.
        models: the same by model.
        results: their evaluation.
        gt: ground truth.
        whole: the merged predictions with what all images choose.
        weights: stated by hand; None to let the other folds choose.
        worth: of the models as stated by hand; None to let the other folds choose.
        folds: number of folds.
        resamples: draws of the images for the intervals.
        seed: of the draws.
        on_step: told how far it is.

    Raises:
        InputError: if there are fewer images than folds.
        MismatchError: if predictions and ground truth do not belong together.
    """
    tell = on_step or (lambda done, total: None)
    folds = min(folds, len(gt.images))
    fold = image_folds(gt, folds)
    worths = _worth_without(results, gt, fold, folds)
    of_image = _fold_of(pool, gt, fold)

    def weights_of(each: int) -> NDArray[np.float64]:
        own = worth if worth is not None else worths[each]
        rule = plan.strategy
        given = None if weights is not None or rule.weighing == "none" else own
        return model_weights(rule, given, weights, len(models), pool.categories, plan.weights)

    parts = [
        _of_fold(plan, pool.take(np.flatnonzero(of_image == each)), weights_of(each))
        for each in range(folds)
    ]
    tell(2, STEPS)
    merged = Predictions.concatenate(parts, source=plan.strategy.name)
    best = [int(np.argmax(np.nan_to_num(one.overall, nan=-1.0))) for one in worths]
    single = _chosen(models, pool, of_image, best)
    over_best, over_nms = _differences(plan, pool, single, merged, gt, resamples, seed)
    tell(STEPS, STEPS)
    seen = _seen(plan, whole, results, gt)
    gain = over_best.difference
    return Gain(
        how=f"{folds} folds of {Path(gt.source).name}",
        best=models[int(np.bincount(best).argmax())].source,
        over_best=over_best,
        over_nms=over_nms,
        seen=seen,
        optimism=None if seen is None or gain is None else seen - gain,
    )


def gain_elsewhere(
    plan: Plan,
    pool: Pool,
    models: Sequence[Predictions],
    gt: GroundTruth,
    weights: NDArray[np.float64],
    worth: Worth,
    *,
    seen: float | None = None,
    resamples: int = 1000,
    seed: int = 0,
) -> Gain:
    """The gain on images that nothing was fitted to.

    Args:
        plan: how models are merged.
        pool: predictions of M models for these images, without weights.
        models: the same by model.
        gt: ground truth of the images.
        weights: fitted to other images, shape (M,) or (M, C).
        worth: of the models on those, which choose the best one.
        seen: gain over the best model on those images.
        resamples: draws of the images for the intervals.
        seed: of the draws.

    Raises:
        MismatchError: if predictions and ground truth do not belong together.
    """
    best = int(np.argmax(np.nan_to_num(worth.overall, nan=-1.0)))
    merged = _of_fold(plan, pool, weights)
    over_best, over_nms = _differences(plan, pool, models[best], merged, gt, resamples, seed)
    gain = over_best.difference
    return Gain(
        how=f"{Path(gt.source).name}, which chose nothing",
        best=models[best].source,
        over_best=over_best,
        over_nms=over_nms,
        seen=seen,
        optimism=None if seen is None or gain is None else seen - gain,
    )


def _differences(
    plan: Plan,
    pool: Pool,
    single: Predictions,
    merged: Predictions,
    gt: GroundTruth,
    resamples: int,
    seed: int,
) -> tuple[Difference, Difference]:
    """Merged predictions against the best model alone, and against NMS with equal weights."""
    nms = STRATEGIES["nms"]
    plain = replace(plan, strategy=nms, settings=nms.settings, scale=1.0)
    others = (single, _of_fold(plain, pool, np.ones(len(pool.files))))
    best, simple = (
        compare(
            other, merged, gt, iou=plan.target, resamples=resamples, seed=seed,
            workers=plan.workers,
        ).difference
        for other in others
    )  # fmt: skip
    return best, simple


def _worth_without(
    results: Sequence[APResult], gt: GroundTruth, fold: NDArray[np.int64], folds: int
) -> list[Worth]:
    """What each model is worth on all images but those of each fold."""
    known = dict(zip(gt.images.written_ids, fold.tolist(), strict=True))
    kind = next(iter(results[0].scores))
    categories = [each.id for each in results[0].scores[kind].categories]
    found = []
    for result in results:
        own = resampled(result)
        at = np.array([known[each] for each in own.image_ids])
        keep = np.stack([at != each for each in range(folds)]).astype(np.uint16)
        place = {path: number for number, path in enumerate(own.paths)}
        paths = [(kind, "ap"), *((kind, "categories", each, "ap") for each in categories)]
        found.append(own.numbers(keep)[:, [place[path] for path in paths]])
    numbers = np.stack(found)  # models, folds, AP of the whole and of each category
    image = index_of(gt.image_id, np.sort(gt.images.id))
    of_image = fold[np.argsort(gt.images.id, kind="stable")][image]
    ids = written(gt.category_id, gt.categories.keys)
    worths = []
    for each in range(folds):
        counted = ~gt.is_crowd & (of_image != each)
        count = Counter(key for key, here in zip(ids, counted.tolist(), strict=True) if here)
        worths.append(
            Worth(
                overall=numbers[:, each, 0],
                split=gt.source,
                categories=tuple(categories),
                by_class=numbers[:, each, 1:],
                n_gt=np.array([count[key] for key in categories]),
            )
        )
    return worths


def _fold_of(pool: Pool, gt: GroundTruth, fold: NDArray[np.int64]) -> NDArray[np.int64]:
    """The fold of the image of each prediction."""
    order = np.argsort(gt.images.id, kind="stable")
    place = index_of(pool.image_ids, gt.images.id[order])
    return np.asarray(fold[order][place][pool.image])


def _of_fold(plan: Plan, pool: Pool, weights: NDArray[np.float64]) -> Predictions:
    """The merged predictions of some images."""
    return plan.merged(pool, weights).to_predictions()


def _chosen(
    models: Sequence[Predictions], pool: Pool, of_image: NDArray[np.int64], best: Sequence[int]
) -> Predictions:
    """The predictions of the model that was chosen for each fold."""
    rows = np.array(best)[of_image] == pool.model
    parts = [each.take(pool.row[rows & (pool.model == place)]) for place, each in enumerate(models)]
    return Predictions.concatenate(parts, source="best single model")


def _seen(
    plan: Plan, whole: Predictions, results: Sequence[APResult], gt: GroundTruth
) -> float | None:
    """The gain over the best model on the images that chose the weights and the model."""
    found = evaluate_with(whole, gt, Arguments(iou=plan.target), workers=plan.workers).primary
    known = [each.primary for each in results if each.primary is not None]
    return None if found is None or not known else found - max(known)
