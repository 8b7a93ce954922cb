"""One set of predictions from those of several models."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from numpy.typing import ArrayLike

from segeval.analysis.calibration.targets import Target
from segeval.analysis.comparison.slices import LabelSource, named_source
from segeval.checks.part_known import others_note
from segeval.data import GroundTruth, Predictions
from segeval.data.tiles import Tiles
from segeval.ensemble.categories.background import Background
from segeval.ensemble.categories.coverage import Covers
from segeval.ensemble.categories.routing import MARGIN, K, Mode, Rule
from segeval.ensemble.categories.taxonomy import TaxonomySource
from segeval.ensemble.fitting.different_categories import Experts, refuse_silenced, routes_of
from segeval.ensemble.fitting.fitted import ByWorth, Fitting
from segeval.ensemble.fitting.routes import Routes
from segeval.ensemble.fitting.score_notes import together_notes
from segeval.ensemble.fitting.spread import spread_notes
from segeval.ensemble.fitting.truth import Truth
from segeval.ensemble.fitting.tuning import tuned
from segeval.ensemble.gains.judged import judged, notes_of_gain
from segeval.ensemble.gains.reason_notes import reason_notes
from segeval.ensemble.gathered import Gathered, Source, gathered
from segeval.ensemble.given import check_models, check_one_source
from segeval.ensemble.operators.fused_masks import MaskVotes
from segeval.ensemble.operators.mask_voting import Cut
from segeval.ensemble.operators.merged import Merged
from segeval.ensemble.plan import Fitted, Plan
from segeval.ensemble.pools.pool import Pool
from segeval.ensemble.pools.shapes import Iou
from segeval.ensemble.recipes.recipe import Made, tile_file
from segeval.ensemble.recipes.unpredicted import Unpredicted, unpredicted_of
from segeval.ensemble.result import Ensemble, EnsembleScores, inputs_of, shares_of
from segeval.ensemble.search.driver import OnBest
from segeval.ensemble.search.searched import Searched, check_search, search_trees
from segeval.ensemble.search.shown import search_notes
from segeval.ensemble.views.known_sizes import ImageSource
from segeval.ensemble.views.mapping import CutObjects, Views
from segeval.ensemble.weighing.known_weights import worth_on_known
from segeval.ensemble.weighing.worth import (
    BY_HAND,
    Worth,
    saved_worth,
    stated_worth,
)
from segeval.ensemble.without_effect import Asked, refuse_without_effect
from segeval.errors import InputError, Note
from segeval.metrics.coco.result import APResult


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
            images with what the others choose; the result itself uses all. Predictions for images
            that it lacks, such as those of a test set, are merged with what its images decide.
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
        images: COCO file with the sizes of the images, which views, tiles and polygons need, where
            `fit`, `gt` and masks do not tell.
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
    truth = Truth.of(fit, gt)
    own = gathered(
        models, experts, truth, views=views, tiles=tiles, cut_objects=cut_objects, images=images,
        workers=workers,
    )  # fmt: skip
    plan = Plan.of(
        strategy, own.pool, settings, iou=iou, cut=mask_threshold, max_dets=max_dets,
        workers=workers, compat=compat, weigh=weigh, calibrate=calibrate,
        calibrate_to=calibrate_to, mask_votes=mask_votes, bound_scores=bound_scores,
    )  # fmt: skip
    refuse_without_effect(plan, Asked(
        settings=settings, has_fit=fit is not None, has_gt=gt is not None,
        has_weights=weights is not None,
        has_worth="scores" if scores is not None else "ap" if ap is not None else "",
        images=images is not None, views=views is not None, tiles=tiles is not None,
        polygons=own.has_polygons, cut_objects=cut_objects, calibrate_to=calibrate_to,
        mask_threshold=mask_threshold, mask_votes=mask_votes, bound_scores=bound_scores,
        route=route, route_margin=route_margin, route_k=route_k, class_scores=class_scores,
        background=background, groups=groups is not None, allow_fit_on_test=allow_fit_on_test,
    ))  # fmt: skip
    _check_weighing(plan, scores=scores, ap=ap, fit=fit, weights=weights, weigh=weigh)
    if not allow_fit_on_test:
        truth.refuse_shared_images()
    stated = _stated_worth(plan, len(own.models), scores=scores, ap=ap)
    truth = truth.grouped(groups)
    evidence = truth.evidence(plan, own.models)
    by_worth = ByWorth(
        plan, len(own.models), own.pool.categories, evidence, stated, weights,
        decides=truth.fit is not None,
        sharing=experts.sharing(
            own.coverage, own.pool.categories, (truth.fit, truth.judge), compat
        ),
    )  # fmt: skip
    if plan.strategy.name == "search":
        check_search(plan, truth.fit, weights=weights, scores=scores, ap=ap)
    fitting = _fitting(plan, by_worth, truth, own.pool, seed=seed, on_best=on_best)
    search = fitting if isinstance(fitting, Searched) else None
    fitted = fitting.fitted()
    refuse_silenced(fitted, own.pool.categories, weights)
    if compat is not None and weights is not None and plan.strategy.name == "nms":
        plan = replace(plan, scale=1 / float(fitted.weights.sum()))  # it divides by their sum
    merged = plan.merged(own.pool, fitted)
    predictions = merged.to_predictions()
    gain, reasons = judged(plan, own, fitting, evidence, truth, predictions, seed=seed)
    worth = fitted.worth
    is_by_hand = weights is not None or (worth is not None and worth.split == BY_HAND)
    routes = routes_of(by_worth, own.models, truth.last, seed=seed)
    found = _scores(
        plan, own, merged, fitted, gain=gain, routes=routes, search=search, reasons=reasons
    )
    return Ensemble(
        scores=found,
        notes=(
            *own.notes,
            *_decided(routes, search),
            *_uncalibrated(fitted, own.models),
            *together_notes(
                own.together, evidence, is_calibrated=fitted.calibrations is not None,
                takes_calibrate=plan.strategy.name != "search",
            ),
            *truth.notes,
            *others_note(own.models, truth.fit, truth.judge),
            *notes_of_gain(gain, truth, is_by_hand=is_by_hand),
            *spread_notes(plan, worth, evidence, seed=seed),
            *reason_notes(reasons, fitting.best(), [each.source for each in own.models]),
        ),
        inputs=inputs_of(found.models),
        settings={
            **plan.heading,
            "bound_scores": bound_scores,
            "compat": compat,
            "weigh": plan.weighing,
            "calibrate": plan.calibrate,
            "calibrate_to": plan.calibrate_to if plan.calibrate else None,
            "views": None if views is None else [str(each) for each in own.views],
            "tiles": tiles.source if isinstance(tiles, Tiles) else tiles and str(tiles),
            "cut_objects": cut_objects if tiles is not None else None,
            "groups": named_source(groups),
            **experts.settings,
            **plan.settings,
            **plan.weights,
        },
        seconds=time.perf_counter() - started,
        predictions=predictions,
        merged=merged,
        made=_made(
            plan, fitted, own, models, routes, tiles=tiles, cut_objects=cut_objects, seed=seed,
            unpredicted=unpredicted_of(
                by_worth, fitted, own.coverage, truth.first
            ),
        ),
    )  # fmt: skip


def _scores(
    plan: Plan, own: Gathered, merged: Merged, fitted: Fitted, **found: Any
) -> EnsembleScores:
    """What became of each model, beside what else was found."""
    worth = fitted.worth
    shown = None if worth is None else worth_on_known(worth, own.coverage).tolist()
    return EnsembleScores(
        strategy=plan.strategy.name,
        models=shares_of(merged, own.counts, fitted.by_model.tolist(), shown),
        rows=len(merged),
        fused=len(merged.fused),
        worth_from=None if worth is None else worth.split,
        **found,
    )


def _fitting(
    plan: Plan, by_worth: ByWorth, truth: Truth, pool: Pool, *, seed: int, on_best: OnBest | None
) -> Fitting:
    """What decides all that the models' worth does not."""
    if plan.weighing == "tuned" and by_worth.weights is None:
        return tuned(plan, by_worth, truth.pool_that_decides(pool))
    if plan.strategy.name == "search":
        return search_trees(plan, by_worth, seed=seed, on_best=on_best)
    return by_worth


def _check_weighing(
    plan: Plan, *, fit: object, weights: ArrayLike | None, weigh: str | None, **sources: Any
) -> None:
    """Refuse two ways to weigh the models.

    Raises:
        InputError: names them.
    """
    by_fit = fit if plan.weighs_by_fit(weights is not None) else None
    check_one_source(weights=weights, **sources, fit=by_fit)
    if weights is not None and weigh not in (None, "none"):
        raise InputError(
            "`weights` and `weigh` both say what scores are multiplied by, expected one of them",
            code="weights",
            option="weigh",
        )


def _made(
    plan: Plan,
    fitted: Fitted,
    own: Gathered,
    models: Sequence[Source],
    routes: Routes | None,
    *,
    tiles: str | Path | Tiles | None,
    cut_objects: CutObjects,
    seed: int,
    unpredicted: Unpredicted | None,
) -> Made:
    """All that decided the result, as a recipe holds it."""
    return Made(
        plan, fitted, tuple(own.pool.categories), tuple(map(str, own.views)), seed,
        tuple(str(each) if isinstance(each, str | Path) else None for each in models),
        unheld=("tiles",) if isinstance(tiles, Tiles) else (),
        tiles=tile_file(tiles, cut_objects) if isinstance(tiles, str | Path) else None,
        preparation=own.preparation,
        routes=None if routes is None else routes.to_dict(),
        unpredicted=unpredicted,
    )  # fmt: skip


def _decided(routes: Routes | None, search: Searched | None) -> Iterator[Note]:
    """Which categories come from which expert, and what a search found."""
    if routes is not None:
        yield from routes.notes()
    if search is not None:
        yield from search_notes(search)


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
