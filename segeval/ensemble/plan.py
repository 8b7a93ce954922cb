"""How models are merged: a strategy with its settings, ready for any weights and images."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, cast, get_args

import numpy as np
from numpy.typing import NDArray

from segeval.analysis.calibration.fits import METHODS, Fit, Method
from segeval.analysis.calibration.targets import Target
from segeval.ensemble.operators.fused_masks import MaskVotes, with_fused_masks
from segeval.ensemble.operators.mask_voting import Cut, check_cut
from segeval.ensemble.operators.merged import Merged
from segeval.ensemble.pools.pool import Pool
from segeval.ensemble.pools.shapes import Iou, check_sizes, usual_iou
from segeval.ensemble.strategies import ALIASES, STRATEGIES, WEIGHINGS, Strategy, Weighing
from segeval.ensemble.trees.nodes import Rules, merged_tree
from segeval.ensemble.trees.tree import Tree, leaf_weights
from segeval.ensemble.weighing.worth import Worth
from segeval.errors import InputError
from segeval.frozen import frozen
from segeval.metrics.choices import check_choice
from segeval.words import counted

OF_ENSEMBLE_BOXES = ("nms", "nmw", "wbf")
"""Strategies that give the numbers of ensemble-boxes 1.0.9 if asked for."""


@frozen(eq=False)
class Fitted:
    """What decides how models are merged beside their predictions: by ground truth, or by hand.

    Attributes:
        weights: of each model, float64, shape (M,), or for each category too, shape (M, C).
        worth: what the models are worth, which the weights follow from; None if nobody says.
        calibrations: a function of each model that its scores go through before they are weighted,
            None for a model whose scores stay as they are; None for all.
        joins: which models take part in each category, bool, shape (M, C); None for all in all.
            Others are as if they did not know it: their silence is no vote.
        tree: which models are merged and how, in place of the operator of a strategy.
    """

    weights: NDArray[np.float64]
    worth: Worth | None = None
    calibrations: tuple[Fit | None, ...] | None = None
    joins: NDArray[np.bool_] | None = None
    tree: Tree | None = None

    @property
    def by_model(self) -> NDArray[np.float64]:
        """Weight of each model, its mean over the categories, shape (M,); 0 if it has no part."""
        if self.tree is not None:
            own = leaf_weights(self.tree)
            return np.array([own.get(model, 0.0) for model in range(len(self.weights))])
        if self.weights.ndim == 1:
            return self.weights
        if not self.weights.shape[1]:  # no model has a prediction
            return np.ones(len(self.weights))
        if self.joins is None:
            return np.asarray(self.weights.mean(axis=1))
        number = np.maximum(self.joins.sum(axis=1), 1)
        return np.asarray(np.where(self.joins, self.weights, 0).sum(axis=1) / number)


@frozen
class Plan:
    """How models are merged.

    Attributes:
        strategy: the strategy.
        settings: all settings of its operator.
        weights: all settings of its weights.
        iou: what overlaps are measured by.
        target: kind of IoU of the AP that the result shall raise: of masks, where all have one.
        cut: of fused masks.
        max_dets: best rows of an image; None for all.
        workers: threads, None for all cores.
        scale: what all scores are multiplied by in the end.
        weighing: how weights follow from what models are worth.
        calibrate: function that the scores of each model are calibrated by; None for none.
        calibrate_to: what calibrated scores should equal.
        mask_votes: what the vote of a member for the pixels of a fused mask counts.
    """

    strategy: Strategy
    settings: Mapping[str, Any]
    weights: Mapping[str, Any]
    iou: Iou
    target: Iou
    cut: Cut
    max_dets: int | None
    workers: int | None
    scale: float = 1.0
    weighing: Weighing = "none"
    calibrate: Method | None = None
    calibrate_to: Target = "iou"
    mask_votes: MaskVotes = "equal"

    @classmethod
    def of(
        cls,
        name: str,
        pool: Pool,
        settings: Mapping[str, Any],
        *,
        iou: Iou | None,
        cut: Cut,
        max_dets: int,
        workers: int | None,
        compat: str | None = None,
        weigh: str | None = None,
        calibrate: str | None = None,
        calibrate_to: Target = "iou",
        mask_votes: MaskVotes = "equal",
        bound_scores: bool = False,
    ) -> Plan:
        """The plan for the predictions of some models.

        Args:
            name: of the strategy.
            pool: the predictions.
            settings: those that are given.
            iou: what overlaps are measured by; None for the strategy's own.
            cut: of fused masks.
            max_dets: best rows of an image; 0 for all.
            workers: threads, None for all cores.
            compat: "ensemble-boxes" for what that package computes.
            weigh: how weights follow from what models are worth; None for the strategy's own.
            calibrate: function that scores are calibrated by, or "none"; None for the strategy's
                own.
            calibrate_to: what calibrated scores should equal.
            mask_votes: what the vote of a member for the pixels of a fused mask counts.
            bound_scores: divide scores by 1 + alpha * k, which votes can raise a score of 1 to.

        Raises:
            InputError: for a strategy or a setting that does not exist.
            MismatchError: for masks of different sizes in one image.
        """
        strategy = _strategy(name)
        check_choice("iou", iou, get_args(Iou))
        check_cut(cut, "mask_threshold")
        if compat is not None:
            iou, settings = as_ensemble_boxes(strategy, iou, settings, compat)
        weighing = strategy.weighing if weigh is None else _weighing(weigh)
        given, weights = _settings(strategy, weighing, settings)
        if bound_scores and strategy.name == "search":
            raise InputError(
                "`bound_scores` is for strategies whose highest score is known, and votes in a "
                "tree raise scores again at every node",
                code="strategy",
                option="bound_scores",
            )
        if not 1 <= given.get("min_votes", 1) <= len(pool.files):
            raise InputError(
                f"`min_votes` is {given['min_votes']}, expected from 1 to "
                f"{counted(len(pool.files), 'model')}",
                code="votes",
                option="min_votes",
            )
        if max_dets < 0:
            raise InputError(
                f"`max_dets` is {max_dets}, expected 0 for all, or more",
                code="max-dets",
                option="max_dets",
            )
        target = usual_iou(pool)
        kind = iou or strategy.iou or target
        if kind != "bbox" or (strategy.fuses and target == "segm"):
            check_sizes(pool)
        return cls(
            strategy, given, weights, kind, target, cut, max_dets or None, workers,
            weighing=weighing, calibrate=_method(strategy, calibrate, calibrate_to),
            calibrate_to=calibrate_to, mask_votes=_known_votes(mask_votes),
            scale=1 / _highest(given) if bound_scores else 1.0,
        )  # fmt: skip

    @property
    def heading(self) -> dict[str, Any]:
        """What the plan makes of any models, as the settings of a result begin."""
        fuses = self.strategy.fuses
        return {
            "strategy": self.strategy.name,
            "iou": self.iou,
            "max_dets": self.max_dets or 0,
            "mask_threshold": self.cut if fuses else None,
            "mask_votes": self.mask_votes if fuses else None,
        }

    def weighs_by_fit(self, by_hand: bool) -> bool:  # noqa: FBT001
        """Whether ground truth to fit to is for the weights: else it is for the calibrations alone.

        Args:
            by_hand: whether weights are stated.
        """
        if self.calibrate is None:
            return True
        return not by_hand and self.weighing in ("classwise", "tuned")

    def merged(self, pool: Pool, fitted: Fitted) -> Merged:
        """The best rows of each image.

        Args:
            pool: predictions of M models, without weights.
            fitted: what decides how they are merged.
        """
        if fitted.calibrations is not None:
            pool = pool.calibrated(fitted.calibrations)
        weights = coverage = fitted.weights
        if weights.ndim == 1:
            categories = max(len(pool.category_ids), 1)
            coverage = np.repeat(weights[:, np.newaxis], categories, axis=1)
        if fitted.joins is not None:
            coverage = np.where(fitted.joins, coverage, np.nan)
            pool = pool.take(np.flatnonzero(fitted.joins[pool.model, pool.category]))
        if fitted.tree is not None:
            rules = Rules(self.iou, self.target == "segm", self.cut, self.workers)
            found = merged_tree(pool.weighted(weights), fitted.tree, rules, ~np.isnan(coverage))
            return found.best(self.max_dets)
        found = self.strategy.operator(
            pool.weighted(weights), coverage, self.iou, self.workers, **self.settings
        )
        found = found.best(self.max_dets)
        if self.strategy.fuses and self.target == "segm":
            found = with_fused_masks(found, self.cut, self.workers, votes=self.mask_votes)
        if self.scale == 1:
            return found
        terms = {name: term * self.scale for name, term in found.terms.items()}
        return replace(found, score=found.score * self.scale, terms=terms)


def as_ensemble_boxes(
    strategy: Strategy, iou: Iou | None, settings: Mapping[str, Any], compat: str
) -> tuple[Iou, dict[str, Any]]:
    """What ensemble-boxes 1.0.9 compares and how it scores clusters.

    Raises:
        InputError: for a strategy that it lacks or computes otherwise, or another kind of IoU.
    """
    if compat != "ensemble-boxes":
        raise InputError(
            f"`compat` is {compat!r}, expected 'ensemble-boxes'", code="compat", option="compat"
        )
    if strategy.name not in OF_ENSEMBLE_BOXES:
        raise InputError(
            f"`compat` is for {', '.join(OF_ENSEMBLE_BOXES)}, and the strategy is {strategy.name}. "
            "The soft-NMS of ensemble-boxes returns scores that are not lowered",
            code="compat",
            option="compat",
        )
    if iou not in (None, "bbox"):
        raise InputError(
            f"`iou` is {iou!r}, and ensemble-boxes compares boxes alone",
            code="compat",
            option="iou",
        )
    more = {"confidence": "avg"} if strategy.name == "wbf" else {}
    return "bbox", {**more, **settings}


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


def _weighing(name: str) -> Weighing:
    """A way to weigh models by its name."""
    if name not in WEIGHINGS:
        raise InputError(
            f"`weigh` is {name!r}, expected one of {', '.join(WEIGHINGS)}",
            code="weights",
            option="weigh",
        )
    return cast(Weighing, name)


def _method(strategy: Strategy, name: str | None, target: str) -> Method | None:
    """The function that scores are calibrated by."""
    for option, value, known in (
        ("calibrate", name, (None, "none", *METHODS)), ("calibrate_to", target, get_args(Target)),
    ):  # fmt: skip
        if value not in known:
            raise InputError(
                f"`{option}` is {value!r}, expected one of {', '.join(filter(None, known))}",
                code="calibration",
                option=option,
            )
    if name is None:
        return strategy.calibrate
    return None if name == "none" else cast(Method, name)


def _highest(settings: Mapping[str, Any]) -> float:
    """What the settings of an operator may raise a score of 1 to."""
    return 1 + settings["alpha"] * settings["k"] if "alpha" in settings else 1.0


def _known_votes(name: str) -> MaskVotes:
    """What the votes of masks count, by its name."""
    if name not in get_args(MaskVotes):
        raise InputError(
            f"`mask_votes` is {name!r}, expected one of {', '.join(get_args(MaskVotes))}",
            code="votes",
            option="mask_votes",
        )
    return cast(MaskVotes, name)


def _settings(
    strategy: Strategy, weighing: Weighing, given: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The settings of a strategy: of its operator, and of its weights."""
    rule = dict(WEIGHINGS[weighing])
    if weighing == strategy.weighing:
        rule.update(strategy.weights)
    known = [*strategy.settings, *rule]
    for name, value in given.items():
        if name not in known:
            raise InputError(
                f"`{name}` is no setting of {strategy.name}{_with(strategy, weighing)}, which has "
                f"{', '.join(f'`{each}`' for each in known)}",
                code="strategy",
                option=name,
            )
        if isinstance(value, float) and np.isnan(value):
            raise InputError(f"`{name}` is nan, expected a number", code="strategy", option=name)
    if given.get("top_models", 1) < 1:
        raise InputError(
            f"`top_models` is {given['top_models']}, expected at least 1",
            code="class-weights",
            option="top_models",
        )
    operator, rule = (
        {name: given.get(name, value) for name, value in own.items()}
        for own in (strategy.settings, rule)
    )
    return operator, rule


def _with(strategy: Strategy, weighing: Weighing) -> str:
    """The way to weigh, where it is not the strategy's own."""
    return "" if weighing == strategy.weighing else f" with {weighing} weights"
