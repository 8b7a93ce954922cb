"""Arguments that would change nothing: refused, so that nobody takes them to have worked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from segeval.ensemble.categories.routing import MARGIN, K
from segeval.ensemble.plan import Plan
from segeval.errors import InputError
from segeval.frozen import frozen

OF_KIND: Mapping[str, str] = {"sigma": "gaussian", "iou_threshold": "linear"}
"""Settings that one kind of decay alone has."""

OF_MODE: Mapping[str, str] = {"rho": "cutoff", "top_models": "topk"}
"""Settings that one mode of weights by category alone has."""

NOT_LITERAL = ("min_iou", "max_per_model")
"""Settings of votes that the printed formulas lack."""


@frozen
class Asked:
    """What a call of `fuse` is given, as far as it may change nothing.

    Attributes:
        settings: those of the strategy that are given.
        has_fit: whether there is ground truth that decides.
        has_gt: whether there is ground truth that judges.
        has_weights: whether weights are stated by hand.
        has_worth: the argument that states what models are worth, "scores" or "ap"; "" for none.
        images: whether sizes of images are given.
        views: whether models saw changed images.
        tiles: whether models saw tiles.
        polygons: whether masks came as polygons.
        cut_objects: as in `fuse`, like all that follow.
    """

    settings: Mapping[str, Any]
    has_fit: bool
    has_gt: bool
    has_weights: bool
    has_worth: str
    images: bool
    views: bool
    tiles: bool
    polygons: bool
    cut_objects: str
    calibrate_to: str
    mask_threshold: object
    mask_votes: str
    bound_scores: bool
    route: str | None
    route_margin: float
    route_k: int
    class_scores: str | None
    background: str
    groups: bool
    allow_fit_on_test: bool


def refuse_without_effect(plan: Plan, asked: Asked) -> None:
    """Refuse an argument that would change nothing beside the others.

    Args:
        plan: how models are merged.
        asked: what the call is given; what has its default cannot be told from what is not given.

    Raises:
        InputError: names the first such argument, and what it would take.
    """
    for option, reason in (*_of_files(asked), *_of_scores(plan, asked), *_of_strategy(plan, asked)):
        raise without_effect(option, reason)


def without_effect(option: str, reason: str) -> InputError:
    """The error for an argument that changes nothing."""
    return InputError(
        f"`{option}` would change nothing here: {reason}", code="no-effect", option=option
    )


def _of_files(asked: Asked) -> Iterator[tuple[str, str]]:
    """Arguments about files beside those that they need."""
    if asked.images and not (asked.views or asked.tiles or asked.polygons):
        needs = "`views`, `tiles` and polygons"
        yield "images", f"it gives the sizes of images for {needs}. Leave it out"
    if asked.cut_objects != "drop" and not asked.tiles:
        yield "cut_objects", "it is about the borders of tiles. Give `tiles`, or leave it out"
    if asked.background != "first" and asked.class_scores is None:
        yield "background", "it says where a score stands in `class_scores`. Give that as well"
    if asked.groups and not (asked.has_fit or asked.has_gt):
        yield "groups", "images are drawn where the gain is measured. Give `gt` or `fit`"
    if asked.allow_fit_on_test and not (asked.has_fit and asked.has_gt):
        yield "allow_fit_on_test", "it is about images that `fit` and `gt` share. Leave it out"
    if asked.route_margin != MARGIN and asked.route != "replace":
        yield "route_margin", "it is for `route='replace'`. Give that as well, or leave it out"
    if asked.route_k != K and asked.route != "topk":
        yield "route_k", "it is for `route='topk'`. Give that as well, or leave it out"


def _of_scores(plan: Plan, asked: Asked) -> Iterator[tuple[str, str]]:
    """Arguments about weights and scores."""
    name = plan.strategy.name
    if asked.has_worth and plan.weighing == "none" and name != "search":
        yield asked.has_worth, f"{name} weighs all models alike. Give `weigh`, or leave it out"
    if asked.has_weights:
        for own in plan.weights:
            if own in asked.settings:
                yield own, "`weights` say what scores are multiplied by. Leave one of them out"
    if asked.calibrate_to != "iou" and plan.calibrate is None:
        yield "calibrate_to", "scores are not calibrated. Give `calibrate`, or leave it out"
    if asked.bound_scores and "alpha" not in plan.settings:
        yield "bound_scores", f"{name} raises no score by votes. Leave it out"


def _of_strategy(plan: Plan, asked: Asked) -> Iterator[tuple[str, str]]:
    """Arguments of strategies, and of the masks that they fuse."""
    reason = ""
    if not plan.strategy.fuses:
        reason = f"{plan.strategy.name} leaves masks as they are. Leave it out"
    elif plan.target == "bbox":
        reason = "masks are fused only where every prediction has one. Leave it out"
    if reason and asked.mask_votes != "equal":
        yield "mask_votes", reason
    if reason and asked.mask_threshold != 0.5:
        yield "mask_threshold", reason
    has = {**plan.settings, **plan.weights}
    for value, own in (("kind", OF_KIND), ("mode", OF_MODE)):
        for name, only in own.items():
            if name in asked.settings and value in has and has[value] != only:
                yield name, f"it is for `{value}={only!r}`. Give that as well, or leave it out"
    for name in NOT_LITERAL:
        if has.get("literal") and name in asked.settings:
            yield name, "the formulas of `literal` have no such limit. Leave one of them out"
