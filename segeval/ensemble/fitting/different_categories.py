"""Models that know different categories: what they have in common, and who gives what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field
from pathlib import Path
from typing import Any, TypeVar, get_args

import numpy as np
from numpy.typing import ArrayLike

from segeval.data import GroundTruth, Predictions
from segeval.data.keys import Key, shown_key
from segeval.ensemble.categories.background import Background
from segeval.ensemble.categories.coverage import Coverage, Covers, coverage_of
from segeval.ensemble.categories.preparation import Preparation
from segeval.ensemble.categories.routing import Rule, Sharing, general_models
from segeval.ensemble.categories.taxonomy import TaxonomySource, load_taxonomy, resolved
from segeval.ensemble.fitting.fitted import ByWorth
from segeval.ensemble.fitting.routes import Routes, decisions_of
from segeval.ensemble.plan import Fitted
from segeval.errors import InputError, Note
from segeval.frozen import frozen
from segeval.metrics.choices import check_choice
from segeval.words import counted

T = TypeVar("T")

RESAMPLES = 1000
"""Draws of the images for the share in which a choice is better."""


@frozen
class Experts:
    """How models that know different categories are merged; the arguments are those of `fuse`.

    Attributes:
        maps: from the categories of each model to those that all share; None for none.
        covers: what each model knows; None where nobody says.
        rule: how models share the categories.
        is_routed: whether the rule was asked for.
        class_scores: name of the field with the scores of background and categories; None for none.
        background: where that of the background stands.
    """

    maps: Sequence[TaxonomySource | None] | None = None
    covers: Sequence[Covers] | None = None
    rule: Rule = field(default_factory=Rule)
    is_routed: bool = False
    class_scores: str | None = None
    background: Background = "first"

    def check(self, *, compat: str | None, has_fit: bool) -> None:
        """Refuse what cannot be combined.

        Raises:
            InputError: names the argument.
        """
        check_choice("background", self.background, get_args(Background))
        if self.rule.mode != "add" and not has_fit:
            raise InputError(
                f"`route={self.rule.mode!r}` compares the AP of models on each category, which "
                "only ground truth tells: give `fit`",
                code="route",
                option="fit",
            )
        if compat is not None and (self.is_routed or self.covers is not None):
            name = "route" if self.is_routed else "covers"
            raise InputError(
                f"`compat` and `{name}` exclude each other: ensemble-boxes takes every model to "
                "know every category",
                code="compat",
                option=name,
            )

    @property
    def settings(self) -> dict[str, Any]:
        """What was asked for, as plain values; files by their names."""
        maps = self.maps and [_named(each, "given") for each in self.maps]
        covers = self.covers and [
            _named(each, None if each is None else np.asarray(each).tolist())
            for each in self.covers
        ]
        return {
            "maps": maps,
            "covers": covers,
            "class_scores": self.class_scores,
            "background": self.background if self.class_scores else None,
        }

    def prepared(
        self, models: Sequence[Predictions], sources: Sequence[Any], gt: GroundTruth | None
    ) -> tuple[list[Predictions], Coverage, Preparation, tuple[Note, ...]]:
        """The predictions in the categories that all share, and what each model knows.

        Args:
            models: predictions of M models.
            sources: what they were loaded from.
            gt: ground truth, for names of categories; None without any.

        Returns:
            The predictions, what each model knows, what was done to them, and notes.

        Raises:
            InputError: for another number of maps than of models, or one that maps nothing.
            FormatError: for a file that is no map, or a field that is no list of scores.
            MismatchError: for categories that do not belong together.
        """
        categories = None if gt is None else gt.categories
        maps: Sequence[TaxonomySource | None] = [None] * len(models)
        if self.maps is not None:
            maps = _one_each(self.maps, len(models), "maps", "map")
        loaded = [None if each is None else load_taxonomy(each) for each in maps]
        done = Preparation(
            tuple(
                None if each is None else resolved(preds, each, categories)
                for preds, each in zip(models, loaded, strict=True)
            ),
            tuple("" if each is None else each.source for each in loaded),
            self.class_scores,
            self.background,
        )
        found, has_any, notes = done.cleaned(models, sources)
        if not has_any:
            raise InputError(
                f"no prediction has the field {self.class_scores} (`class_scores`), a list of the "
                "scores of background and categories",
                code="background",
                option="class_scores",
                field=self.class_scores,
            )
        found, targets, said = done.mapped(found)
        coverage = coverage_of(found, targets, self.covers, categories)
        return found, coverage, done, (*notes, *said)

    def sharing(
        self,
        coverage: Coverage,
        categories: Sequence[Key],
        truths: Sequence[GroundTruth | None],
        compat: str | None,
    ) -> Sharing | None:
        """How the models share the categories; None where all know all and nothing is routed.

        Args:
            coverage: what the models know.
            categories: ids of the categories of their predictions as written.
            truths: ground truth, whose objects must be of categories that some model knows.
            compat: the package to follow, which takes every model to know everything.

        Raises:
            MismatchError: for objects of a category that no model knows.
        """
        for gt in truths:
            if gt is not None:
                coverage.check(gt)
        if compat is not None or (coverage.is_whole and not self.is_routed):
            return None
        return Sharing(coverage.table(categories), self.rule)


def refuse_silenced(fitted: Fitted, categories: Sequence[Key], weights: ArrayLike | None) -> None:
    """Refuse weights by hand that are 0 for all models which know a category.

    Args:
        fitted: the weights, and who takes part.
        categories: ids of the categories of the predictions as written.
        weights: as stated by hand; None for others, which may be 0 for what is never right.

    Raises:
        InputError: names the first such category.
    """
    if weights is None or fitted.joins is None:
        return
    silent = np.flatnonzero(~(fitted.joins & (fitted.weights > 0)[:, np.newaxis]).any(axis=0))
    if len(silent):
        raise InputError(
            f"`weights` is 0 for all models that know category {shown_key(categories[silent[0]])}, "
            "whose predictions would all have score 0. Leave out the model, or give it a weight",
            code="weights",
            count=len(silent),
            option="weights",
        )


def routes_of(
    by_worth: ByWorth, models: Sequence[Predictions], gt: GroundTruth | None, *, seed: int
) -> Routes | None:
    """What was decided for each category; None where nothing was.

    Args:
        by_worth: decides.
        models: predictions of M models.
        gt: ground truth, for names of categories; None without any.
        seed: of the draws of images.
    """
    sharing = by_worth.sharing
    if sharing is None:
        return None
    names: Mapping[Key, str] = {}
    if gt is not None:
        names = gt.categories.by_id
    decisions = decisions_of(by_worth, sharing, names, resamples=RESAMPLES, seed=seed)
    experts = np.flatnonzero(~general_models(sharing.knows))
    paths = tuple(each.source for each in models)
    return Routes(sharing.rule, paths, tuple(experts.tolist()), decisions)


def _named(value: Any, other: Any) -> Any:
    """The name of a file, None for nothing, or what stands for anything else."""
    return str(value) if isinstance(value, str | Path) else None if value is None else other


def _one_each(values: Sequence[T], models: int, option: str, noun: str) -> Sequence[T]:
    """Values of an argument, of which each model has one.

    Raises:
        InputError: for another number of them.
    """
    number = 1 if isinstance(values, str | Path | Mapping) else len(values)
    if number != models or isinstance(values, str | Path | Mapping):
        raise InputError(
            f"`{option}` has {counted(number, noun)}, expected {models}: one for each model, None "
            "for a model without",
            code=noun,
            option=option,
        )
    return values
