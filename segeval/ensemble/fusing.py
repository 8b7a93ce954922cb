"""One set of predictions from those of several models."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from numpy.typing import ArrayLike

from segeval.analysis.calibration.targets import Target
from segeval.analysis.comparison.gain_notes import by_hand_note, few_images_note, gain_notes
from segeval.analysis.comparison.slices import LabelSource, named_source
from segeval.analysis.comparison.verdicts import FEWEST_IMAGES
from segeval.checks.shared_images import refuse_shared_images
from segeval.checks.together.search import ensemble_notes
from segeval.data import GroundTruth, Predictions, load_predictions
from segeval.data.image_subsets import predictions_within
from segeval.data.tiles import Tiles
from segeval.ensemble.categories.background import Background
from segeval.ensemble.categories.coverage import Covers
from segeval.ensemble.categories.routing import MARGIN, K, Mode, Rule
from segeval.ensemble.categories.taxonomy import TaxonomySource
from segeval.ensemble.fitting.different_categories import Experts, refuse_silenced, routes_of
from segeval.ensemble.fitting.fitted import ByWorth, Evidence, Fitting
from segeval.ensemble.fitting.image_groups import group_labels, units_of
from segeval.ensemble.fitting.routes import Routes
from segeval.ensemble.fitting.spread import spread_notes
from segeval.ensemble.fitting.tuning import tuned
from segeval.ensemble.gains.gain import Gain, gain_elsewhere, gain_in_folds
from segeval.ensemble.gains.reasons import reason_notes, reasons_of
from segeval.ensemble.given import check_models, check_one_source
from segeval.ensemble.operators.fused_masks import MaskVotes
from segeval.ensemble.operators.mask_voting import Cut
from segeval.ensemble.plan import Fitted, Plan
from segeval.ensemble.pools.pool import pooled
from segeval.ensemble.pools.shapes import Iou
from segeval.ensemble.recipes.recipe import Made, tile_file
from segeval.ensemble.result import Ensemble, EnsembleScores, shares_of
from segeval.ensemble.search.driver import OnBest
from segeval.ensemble.search.searched import Searched, check_search, search_trees
from segeval.ensemble.search.shown import search_notes
from segeval.ensemble.views.known_sizes import ImageSource
from segeval.ensemble.views.mapping import CutObjects, Views, models_in_image_space
from segeval.ensemble.weighing.known_weights import worth_on_known
from segeval.ensemble.weighing.worth import (
    BY_HAND,
    Worth,
    saved_worth,
    stated_worth,
)
from segeval.errors import InputError, Note
from segeval.metrics.coco.inputs import loaded_ground_truth
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
    gt: str | Path | GroundTruth | None = None,
    allow_fit_on_test: bool = False,
    iou: Iou | None = None,
    max_dets: int = 100,
    mask_threshold: Cut = 0.5,
    mask_votes: MaskVotes = "equal",
    bound_scores: bool = False,
    weigh: str | None = None,
    calibrate: str | None = None,
    calibrate_to: Target = "iou",
    compat: str | None = None,
    maps: Sequence[TaxonomySource | None] | None = None,
    covers: Sequence[Covers] | None = None,
    route: Mode | None = None,
    route_margin: float = MARGIN,
    route_k: int = K,
    class_scores: str | None = None,
    background: Background = "first",
    views: Views = None,
    tiles: str | Path | Tiles | None = None,
    cut_objects: CutObjects = "drop",
    images: ImageSource | None = None,
    groups: LabelSource | None = None,
    seed: int = 0,
    workers: int | None = None,
    on_best: OnBest | None = None,
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
        fit: ground truth to evaluate each model on. The gain is measured on each fold of its
            images with what the others choose; the result itself uses all.
        gt: ground truth to measure the gain on in place of folds; with `fit` of other images.
        allow_fit_on_test: accept that `fit` and `gt` share images.
        iou: what overlaps are measured by; None for the strategy's own: boxes for `interp` and
            `reweight`, else masks where every prediction has one.
        max_dets: best rows of an image over all categories; 0 for all.
        mask_threshold: share of votes above which a pixel belongs to a fused mask, or
            "expected-iou".
        mask_votes: what the vote of a member for the pixels of a fused mask counts: "equal" for all
            alike, its weighted "score", or the weight of its "model".
        bound_scores: divide all scores by what votes can raise a score of 1 to, 1 + alpha * k, for
            readers that refuse scores above 1; the order stays.
        weigh: how weights follow from what models are worth: "none", "interp" (by AP), "rank",
            "classwise" (by AP on each category) or "tuned" (by trying, which needs `fit`); None for
            the strategy's own.
        calibrate: function that the scores of each model go through before they meet: "isotonic",
            "temperature", "linear" or "none"; fitted to `fit`. None for the strategy's own.
        calibrate_to: what calibrated scores should equal: "iou" with the object, or "precision".
        compat: "ensemble-boxes" for what that package (1.0.9) gives by `nms`, `nmw` and `wbf`, in
            double precision.
        views: how the images of each model were changed, such as ["none", "hflip", "scale=2"];
            predictions are mapped back first, so each set is judged and weighed as it is then.
        tiles: CSV file that says where tiles lie, if models saw tiles of images (see
            `segeval.data.read_tiles`); one model is enough then, or with `views`.
        cut_objects: "drop" for pieces of objects that another tile shows whole to be left out, or
            "keep".
        images: COCO file with the sizes of the images, where `fit`, `gt` and masks do not tell.
        maps: for models of other categories than the others', from their ids or names to the ids
            that all share: a dictionary, or the path of a JSON file, for each model, None for a
            model without. What it leads to is what the model knows.
        covers: the categories that each model knows, where its map does not say: ids or names, the
            path of a list of them, "found" for those that occur in its predictions, or None for
            all. The silence of a model that does not know a category is no vote.
        route: how models share the categories: "add", "replace", "best" or "topk", as in
            `segeval.ensemble.route`; all but the first need `fit`. None for "add".
        route_margin: difference of AP by which an expert replaces the general model.
        route_k: number of models of a category by "topk".
        class_scores: field of the records with the scores of the background and of each category:
            rows whose background scores highest are left out. None to keep all.
        background: where the score of the background stands in it: "first" or "last".
        groups: images that belong together and stay in one fold, such as the frames of a video: a
            field of the images in the ground truth, a CSV file of image and label, or labels by id
            or file name.
        seed: of the draws of images for the intervals of the gain.
        workers: threads, None for all cores.
        on_best: told how far a search is: candidates, best AP, and AP of the best model alone.
        settings: of the strategy, such as `iou_threshold`.

    Raises:
        InputError: for a strategy or a setting that does not exist, or models that are worth
            nothing that is known.
        FormatError: for a file that cannot be used; the message names the record.
        MismatchError: for files that do not belong together.

    Example:
        >>> from segeval.data.synthetic import furniture
        >>> scene = furniture(images=4)
        >>> found = fuse([scene.better, scene.weaker], strategy="wbf")
        >>> len(found.predictions) < len(scene.better) + len(scene.weaker)
        True
    """
    started = time.perf_counter()
    check_models(models, least=2 if views is None and tiles is None else 1)
    experts = Experts(
        maps, covers, Rule(route or "add", route_margin, route_k), route is not None, class_scores,
        background,
    )  # fmt: skip
    experts.check(compat=compat, has_fit=fit is not None)
    truth, judge = (None if each is None else loaded_ground_truth(each) for each in (fit, gt))
    on = truth if judge is None else judge
    loaded, coverage, prepared, said = experts.prepared(
        [each if isinstance(each, Predictions) else _compact(each) for each in models],
        models,
        on if truth is None else truth,
    )
    counts = [len(each) for each in loaded]
    loaded, left_out, seen = models_in_image_space(
        loaded, views, tiles, (images, truth, judge), cut_objects=cut_objects, workers=workers
    )
    are_views = views is not None or tiles is not None
    together = ensemble_notes(loaded, know_alike=coverage.is_whole, are_views=are_views)
    pool = pooled(loaded)
    plan = Plan.of(
        strategy, pool, settings, iou=iou, cut=mask_threshold, max_dets=max_dets, workers=workers,
        compat=compat, weigh=weigh, calibrate=calibrate, calibrate_to=calibrate_to,
        mask_votes=mask_votes, bound_scores=bound_scores,
    )  # fmt: skip
    check_one_source(
        scores=scores, ap=ap, weights=weights,
        fit=fit if plan.weighs_by_fit(weights is not None) else None,
    )  # fmt: skip
    if weights is not None and weigh not in (None, "none"):
        raise InputError(
            "`weights` and `weigh` both say what scores are multiplied by, expected one of them",
            code="weights",
            option="weigh",
        )
    if truth is not None and judge is not None and not allow_fit_on_test:
        refuse_shared_images(truth, judge)
    stated = _stated_worth(plan, len(loaded), scores=scores, ap=ap)
    labels = group_labels(groups, (fit, truth), (gt, judge))
    evidence = _evidence(plan, loaded, truth, judge, labels)
    by_worth = ByWorth(
        plan, len(loaded), pool.categories, evidence, stated, weights, decides=truth is not None,
        sharing=experts.sharing(coverage, pool.categories, (truth, judge), compat),
    )  # fmt: skip
    fitting: Fitting = by_worth
    found_by_search: Searched | None = None
    if plan.weighing == "tuned" and weights is None:
        own = pool if truth is None or judge is None else pool.within(truth)
        fitting = tuned(plan, by_worth, own)
    elif plan.strategy.name == "search":
        check_search(plan, truth, weights=weights, scores=scores, ap=ap)
        fitting = found_by_search = search_trees(plan, by_worth, seed=seed, on_best=on_best)
    fitted = fitting.fitted()
    refuse_silenced(fitted, pool.categories, weights)
    if compat is not None and weights is not None and plan.strategy.name == "nms":
        plan = replace(plan, scale=1 / float(fitted.weights.sum()))  # it divides by their sum
    found = plan.merged(pool, fitted)
    predictions = found.to_predictions()
    gain = None
    kept = {} if found_by_search is None else found_by_search.kept_apart
    few = on is None or units_of(on, labels) < FEWEST_IMAGES
    if not few and truth is not None and judge is not None:
        judged = [predictions_within(each, judge) for each in loaded]
        gain = gain_elsewhere(
            plan, pool.within(judge), judged, fitting, judge, seed=seed, groups=labels
        )
    elif not few and evidence is not None:
        gain = gain_in_folds(plan, pool, loaded, fitting, evidence, predictions, seed=seed, **kept)
    reasons = reasons_of(
        plan, pool, loaded, fitting, evidence, None if truth is None else judge, gain, seed=seed,
        groups=labels, **kept,
    )  # fmt: skip
    worth = fitted.worth
    shares = shares_of(
        found,
        counts,
        fitted.by_model.tolist(),
        None if worth is None else worth_on_known(worth, coverage).tolist(),
    )
    routes = routes_of(by_worth, loaded, on, seed=seed)
    return Ensemble(
        scores=EnsembleScores(
            strategy=plan.strategy.name,
            models=shares,
            rows=len(found),
            fused=len(found.fused),
            worth_from=None if worth is None else worth.split,
            gain=gain,
            routes=routes,
            search=found_by_search,
            reasons=reasons,
        ),
        notes=(
            *said,
            *left_out,
            *_routed(routes),
            *(() if found_by_search is None else search_notes(found_by_search)),
            *_uncalibrated(fitted, loaded),
            *together,
            *_notes(gain, worth, weights, on, labels),
            *spread_notes(plan, worth, evidence, seed=seed),
            *reason_notes(reasons, fitting.best(), [each.source for each in loaded]),
        ),
        inputs={
            f"model_{k}": {"path": one.path, "count": one.predictions}
            for k, one in enumerate(shares, 1)
        },
        settings={
            "strategy": plan.strategy.name,
            "iou": plan.iou,
            "max_dets": max_dets,
            "mask_threshold": mask_threshold if plan.strategy.fuses else None,
            "mask_votes": plan.mask_votes if plan.strategy.fuses else None,
            "bound_scores": bound_scores,
            "compat": compat,
            "weigh": plan.weighing,
            "calibrate": plan.calibrate,
            "calibrate_to": plan.calibrate_to if plan.calibrate else None,
            "views": None if views is None else [str(each) for each in seen],
            "tiles": tiles.source if isinstance(tiles, Tiles) else tiles and str(tiles),
            "cut_objects": cut_objects if tiles is not None else None,
            "groups": named_source(groups),
            **experts.settings,
            **plan.settings,
            **plan.weights,
        },
        seconds=time.perf_counter() - started,
        predictions=predictions,
        merged=found,
        made=Made(
            plan, fitted, tuple(pool.categories), tuple(map(str, seen)), seed,
            tuple(str(each) if isinstance(each, str | Path) else None for each in models),
            unheld=("tiles",) if isinstance(tiles, Tiles) else (),
            tiles=tile_file(tiles, cut_objects) if isinstance(tiles, str | Path) else None,
            preparation=prepared,
            routes=None if routes is None else routes.to_dict(),
        ),
    )  # fmt: skip


def _notes(
    gain: Gain | None,
    worth: Worth | None,
    weights: ArrayLike | None,
    gt: GroundTruth | None,
    labels: Mapping[str, str] | None,
) -> Iterator[Note]:
    """What to know of the gain."""
    if gain is None:
        if gt is not None:
            yield few_images_note(units_of(gt, labels), are_groups=labels is not None)
        return
    best = Path(gain.best).name
    yield from gain_notes(gain.over_best, against=f" against {best} alone", instead=f"Keep {best}")
    if weights is not None or (worth is not None and worth.split == BY_HAND):
        yield by_hand_note()


def _routed(routes: Routes | None) -> Iterator[Note]:
    """Which categories come from which expert."""
    if routes is not None:
        yield from routes.notes()


def _uncalibrated(fitted: Fitted, models: Sequence[Predictions]) -> Iterator[Note]:
    """Models that no function could be fitted for."""
    for preds, fit in zip(models, fitted.calibrations or (), strict=False):
        if fit is None:
            yield Note(
                "nothing-to-fit",
                f"{preds.source}: has no prediction of a category with objects, so its scores stay "
                "as they are",
                1,
                None,
            )


def _compact(source: str | Path | Sequence[Mapping[str, Any]]) -> Predictions:
    """Predictions loaded, with the text of their masks alone: that of a file has gaps."""
    preds = load_predictions(source)
    segments = preds.segmentations
    return replace(preds, segmentations=replace(segments, strings=segments.strings.compact()))


def _stated_worth(
    plan: Plan,
    models: int,
    *,
    scores: ArrayLike | None,
    ap: Sequence[str | Path | APResult] | None,
) -> Worth | None:
    """What models are worth as somebody says: numbers, or saved results."""
    if scores is not None:
        return stated_worth(scores, models)
    return None if ap is None else saved_worth(ap, models, plan.target)


def _evidence(
    plan: Plan,
    models: Sequence[Predictions],
    fit: GroundTruth | None,
    gt: GroundTruth | None,
    groups: Mapping[str, str] | None,
) -> Evidence | None:
    """How models do on the ground truth that decides, or else on that which judges."""
    truth = gt if fit is None else fit
    if truth is None:
        return None
    is_part = fit is not None and gt is not None
    own = [predictions_within(each, truth) for each in models] if is_part else models
    return Evidence.of(own, truth, plan.target, plan.workers, groups)
