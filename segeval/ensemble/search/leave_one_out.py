"""What each model brings: the ensemble with and without it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from segeval.checks.part_known import known_part
from segeval.data import GroundTruth, Predictions
from segeval.ensemble.pools.pool import pooled
from segeval.ensemble.pools.shapes import Iou, check_sizes, usual_iou
from segeval.ensemble.search.candidates import Candidates, Flat
from segeval.ensemble.trees.nodes import Rules
from segeval.ensemble.trees.tree import Leaf
from segeval.frozen import frozen


@frozen
class WithoutModel:
    """The ensemble of all models but one.

    Attributes:
        path: of the model's predictions.
        alone: AP of the model alone, a fraction.
        without: AP of NMS of all the others.
        brings: AP of NMS of all minus that.
    """

    path: str
    alone: float
    without: float
    brings: float


def leave_one_out(
    models: Sequence[Predictions],
    gt: GroundTruth,
    *,
    iou: Iou | None = None,
    max_dets: int | None = 100,
    workers: int | None = None,
) -> tuple[WithoutModel, ...]:
    """AP of NMS of all models with equal weights, and of all but each of them.

    Args:
        models: predictions of at least two models; those for other images do not count.
        gt: ground truth.
        iou: what overlaps are measured by; None for masks where every prediction has one.
        max_dets: best rows of an image; None for all.
        workers: threads, None for all cores.

    Raises:
        MismatchError: if predictions and ground truth do not belong together.

    Example:
        >>> from segeval.data import load_ground_truth, load_predictions
        >>> from segeval.data.synthetic import furniture
        >>> scene = furniture(images=4)
        >>> models = [load_predictions(each) for each in (scene.better, scene.weaker)]
        >>> found = leave_one_out(models, load_ground_truth(scene.ground_truth))
        >>> found[0].brings > found[1].brings
        True
    """
    pool = pooled([known_part(each, gt) for each in models])
    target = usual_iou(pool)
    if target != "bbox":
        check_sizes(pool)
    candidates = Candidates(
        pool=pool,
        knows=np.ones((len(models), max(len(pool.category_ids), 1)), np.bool_),
        rules=Rules(iou or target, fuses=False, workers=workers),
        gt=gt,
        target=target,
        max_dets=max_dets,
        parts=np.ones((1, len(gt.images)), np.bool_),
    )
    every = tuple(range(len(models)))
    flat = [Flat(own) for own in (every, *(_others(every, gone) for gone in every))]
    candidates.prepare(flat)
    for each in flat:
        candidates.ap(each)
    return tuple(known_without(candidates, every))


def known_without(candidates: Candidates, order: Sequence[int]) -> Iterator[WithoutModel]:
    """What each model brings on the first part of the images, if a search asked for it.

    Args:
        candidates: of the search.
        order: places in which the models were given, by their numbers.
    """
    every = tuple(range(len(order)))
    asked = [Flat(every), *(Flat(_others(every, model)) for model in every)]
    if not all(candidates.has(each) for each in asked):
        return
    whole, *others = (float(candidates.ap(each)[0]) for each in asked)
    for model in sorted(every, key=lambda each: order[each]):
        alone = float(candidates.ap(Leaf(model))[0])
        path = candidates.pool.files[model].source
        yield WithoutModel(path, alone, others[model], whole - others[model])


def _others(models: tuple[int, ...], gone: int) -> tuple[int, ...]:
    """All models but one."""
    return tuple(each for each in models if each != gone)
