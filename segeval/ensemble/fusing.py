"""One set of predictions from those of several models."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from segeval.data import GroundTruth, Predictions, load_ground_truth, load_predictions
from segeval.ensemble.mask_voting import Cut, fuse_masks
from segeval.ensemble.merged import SUPPRESSED, Merged
from segeval.ensemble.pool import pooled
from segeval.ensemble.result import Ensemble, EnsembleScores, shares_of
from segeval.ensemble.shapes import Iou, check_sizes, usual_iou
from segeval.ensemble.strategies import ALIASES, STRATEGIES, Strategy
from segeval.ensemble.suppression import batches
from segeval.ensemble.weights import checked_worth, linear_interpolation, linear_reweight
from segeval.ensemble.worth import Worth, evaluated_worth, saved_worth, stated_worth
from segeval.errors import InputError
from segeval.kernels.threads import map_slices
from segeval.masks import CompressedMasks, compress
from segeval.masks import boxes as tight_boxes
from segeval.metrics.coco.result import APResult

Source = str | Path | Predictions | Sequence[Mapping[str, Any]]
"""Predictions of one model."""


def fuse(
    models: Sequence[Source],
    *,
    strategy: str = "interp",
    scores: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    ap: Sequence[str | Path | APResult] | None = None,
    fit: str | Path | GroundTruth | None = None,
    iou: Iou | None = None,
    max_dets: int = 100,
    mask_threshold: Cut = 0.5,
    workers: int | None = None,
    **settings: Any,
) -> Ensemble:
    """Merge the predictions of several models into one set.

    What a model is worth comes from one of `scores`, `ap` and `fit`; `weights` say directly what
    its scores are multiplied by. The result does not depend on the order of models, rows and
    images.

    Args:
        models: predictions of each model: paths, columns, or lists of records.
        strategy: a name of `segeval.ensemble.STRATEGIES`.
        scores: validation AP of each model, in any unit, shape (M,).
        weights: of each model, 0 or more, shape (M,); they are divided by the highest.
        ap: results of evaluations, one for each model, or paths of saved ones.
        fit: ground truth to evaluate each model on.
        iou: what overlaps are measured by; None for the strategy's own: boxes for `interp` and
            `reweight`, else masks where every prediction has one.
        max_dets: best rows of an image over all categories; 0 for all.
        mask_threshold: share of votes above which a pixel belongs to a fused mask, or
            "expected-iou".
        workers: threads, None for all cores.
        settings: of the strategy, such as `threshold`.

    Raises:
        InputError: for a strategy or a setting that does not exist, or models that are worth
            nothing that is known.
        FormatError: for a file that cannot be used; the message names the record.
        MismatchError: for files that do not belong together.

    Example:
        >>> from segeval.data.synthetic import furniture
        >>> scene = furniture(images=4)
        >>> found = fuse([scene.better, scene.worse], strategy="wbf")
        >>> len(found.predictions) < len(scene.better) + len(scene.worse)
        True
    """
    started = time.perf_counter()
    chosen = _strategy(strategy)
    settings = _settings(chosen, settings)
    loaded = _loaded(models)
    if max_dets < 0:
        raise InputError(
            f"`max_dets` is {max_dets}, expected 0 for all, or more",
            code="max-dets",
            option="max_dets",
        )
    probe = pooled(loaded, np.ones(len(loaded)))
    kind = iou or chosen.iou or usual_iou(probe)
    if kind != "bbox" or chosen.fuses:
        check_sizes(probe)
    worth = _worth(loaded, kind, scores=scores, ap=ap, fit=fit, workers=workers)
    own = _weights(chosen, worth, weights, len(loaded))
    pool = replace(probe, weight=own[probe.model], score=probe.score * own[probe.model])
    coverage = np.broadcast_to(own[:, np.newaxis], (len(loaded), max(len(pool.category_ids), 1)))
    found = chosen.operator(pool, coverage, kind, workers, **settings)
    found = found.best(max_dets or None)
    if chosen.fuses and usual_iou(probe) == "segm":
        found = with_fused_masks(found, mask_threshold, workers)
    shares = shares_of(
        found,
        [len(each) for each in loaded],
        own.tolist(),
        None if worth is None else worth.overall.tolist(),
    )
    return Ensemble(
        scores=EnsembleScores(
            strategy=chosen.name,
            models=shares,
            rows=len(found),
            fused=len(found.fused),
            worth_from=None if worth is None else worth.split,
        ),
        inputs={
            f"model_{k}": {"path": one.path, "count": one.predictions}
            for k, one in enumerate(shares, 1)
        },
        settings={
            "strategy": chosen.name,
            "iou": kind,
            "max_dets": max_dets,
            "mask_threshold": mask_threshold if chosen.fuses else None,
            **settings,
        },
        seconds=time.perf_counter() - started,
        predictions=found.to_predictions(),
        merged=found,
    )


def with_fused_masks(found: Merged, cut: Cut, workers: int | None) -> Merged:
    """Rows of several members with the masks that these vote for, and the boxes of those."""
    voters = found.roles != SUPPRESSED
    of = np.repeat(np.arange(len(found)), np.diff(found.offsets))
    counts = np.bincount(of[voters], minlength=len(found))
    rows = np.flatnonzero(counts > 1)
    if not len(rows):
        return found
    members = found.members[voters & (counts[of] > 1)]
    offsets = np.concatenate([[0], np.cumsum(counts[rows])])
    boxes = found.boxes.copy()

    def one(start: int, stop: int) -> CompressedMasks:
        parts = []
        for first, last in batches(offsets, start, stop):
            own = offsets[first : last + 1]
            masks = found.pool.masks(members[own[0] : own[-1]])
            fused = fuse_masks(masks, own - own[0], np.ones(len(masks)), cut=cut, workers=1)
            boxes[rows[first:last]] = tight_boxes(fused)
            parts.append(compress(fused))
        return CompressedMasks.concatenate(parts)

    fused = CompressedMasks.concatenate(map_slices(one, len(rows), workers))
    boxes[rows, 2:] += boxes[rows, :2]
    moved = np.zeros(len(found), np.bool_) if found.moved is None else found.moved.copy()
    moved[rows] = True
    return replace(found, masks=fused, fused=rows, boxes=boxes, moved=moved)


def _strategy(name: str) -> Strategy:
    """A strategy by its name."""
    found = STRATEGIES.get(ALIASES.get(name, name))
    if found is None:
        raise InputError(
            f"`strategy` is {name!r}, expected one of {', '.join(STRATEGIES)}",
            code="strategy",
            option="strategy",
        )
    return found


def _settings(strategy: Strategy, given: Mapping[str, Any]) -> dict[str, Any]:
    """The settings of a strategy, with what is given in place of the defaults."""
    for name in given:
        if name not in strategy.settings:
            known = ", ".join(f"`{each}`" for each in strategy.settings)
            raise InputError(
                f"`{name}` is no setting of {strategy.name}, which has {known}",
                code="strategy",
                option=name,
            )
    return {**strategy.settings, **given}


def _loaded(models: Sequence[Source]) -> list[Predictions]:
    """The predictions of each model.

    Raises:
        InputError: for fewer than two models, or one that is given twice.
    """
    if isinstance(models, str | Path | Predictions) or len(models) < 2:
        raise InputError(
            "`models` is one model, expected the predictions of two or more",
            code="models",
            option="models",
        )
    paths = [Path(each).resolve() for each in models if isinstance(each, str | Path)]
    twice = next((each for place, each in enumerate(paths) if each in paths[:place]), None)
    if twice is not None:
        raise InputError(
            f"{twice.name}: is given twice, expected each model once. To let a model count more, "
            "give `weights`",
            code="models",
            path=str(twice),
            option="models",
        )
    return [each if isinstance(each, Predictions) else load_predictions(each) for each in models]


def _worth(
    models: Sequence[Predictions],
    iou: Iou,
    *,
    scores: ArrayLike | None,
    ap: Sequence[str | Path | APResult] | None,
    fit: str | Path | GroundTruth | None,
    workers: int | None,
) -> Worth | None:
    """What models are worth, from the one source that is given."""
    given = [
        name for name, value in (("scores", scores), ("ap", ap), ("fit", fit)) if value is not None
    ]
    if len(given) > 1:
        raise InputError(
            f"`{given[0]}` and `{given[1]}` both say what models are worth, expected one of them",
            code="model-scores",
            option=given[1],
        )
    if scores is not None:
        return stated_worth(scores, len(models))
    if ap is not None:
        return saved_worth(ap, len(models), iou)
    if fit is not None:
        gt = fit if isinstance(fit, GroundTruth) else load_ground_truth(fit)
        return evaluated_worth(models, gt, iou, workers=workers)
    return None


def _weights(
    strategy: Strategy, worth: Worth | None, weights: ArrayLike | None, models: int
) -> NDArray[np.float64]:
    """The weight of each model, the highest 1 or what the strategy makes it.

    Raises:
        InputError: if the strategy needs to know what models are worth and nobody says.
    """
    if weights is not None:
        if worth is not None:
            raise InputError(
                "`weights` say what scores are multiplied by, and `scores`, `ap` or `fit` what "
                "weights follow from: expected one of them",
                code="model-scores",
                option="weights",
            )
        own = checked_worth(weights, option="weights")
        if len(own) != models or (own < 0).any() or own.max() <= 0:
            raise InputError(
                f"`weights` is {own.tolist()}, expected {models} numbers of 0 or more, one of them "
                "above 0",
                code="weights",
                option="weights",
            )
        return np.asarray(own / own.max())
    if strategy.weighing == "none":
        return np.ones(models)
    if worth is None:
        raise InputError(
            f"{strategy.name} weighs models by their validation AP, and nothing says what that is. "
            "Give `scores`, `ap` (saved results), `fit` (ground truth) or `weights`",
            code="model-scores",
            option="scores",
        )
    if strategy.weighing == "interp":
        return linear_interpolation(worth.overall)
    return linear_reweight(worth.overall)
