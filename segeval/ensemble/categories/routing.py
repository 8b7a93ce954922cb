"""Routing: which models give the predictions of each category."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from segeval.ensemble.categories.coverage import checked_coverage
from segeval.errors import InputError, ShapeError
from segeval.frozen import frozen

Mode = Literal["add", "replace", "best", "topk"]
"""How models share the categories."""

MARGIN = 0.01
K = 2

ROUNDING = 1e-12
"""What a difference of AP may fall short of the margin: .41 - .40 is below .01."""


@frozen
class Rule:
    """How models share the categories; the settings are those of `route`.

    Attributes:
        mode: the rule.
        margin: of `replace`.
        k: of `topk`.
    """

    mode: Mode = "add"
    margin: float = MARGIN
    k: int = K

    def __post_init__(self) -> None:
        """Refuse settings out of their range.

        Raises:
            InputError: for these.
        """
        if self.mode not in get_args(Mode):
            raise InputError(
                f"`route` is {self.mode!r}, expected one of {', '.join(get_args(Mode))}",
                code="route",
                option="route",
            )
        if not 0 <= self.margin <= 1:
            raise InputError(
                f"`route_margin` is {self.margin:g}, expected a difference of AP from 0 to 1",
                code="route",
                option="route_margin",
            )
        if self.k < 1:
            raise InputError(
                f"`route_k` is {self.k}, expected at least 1", code="route", option="route_k"
            )


def route(
    ap: ArrayLike,
    coverage: ArrayLike | None = None,
    *,
    mode: Mode = "add",
    margin: float = MARGIN,
    k: int = K,
) -> NDArray[np.bool_]:
    """Which models give the predictions of each category.

    The model that knows the most categories is the general one, or several that know as many; the
    others are experts. The modes are:

    - `add`: all models that know the category.
    - `replace`: the best expert alone if its AP is higher than that of the best general model by
      `margin` or more; else the general models alone.
    - `best`: the best model.
    - `topk`: the k best models.

    Of models that are equally good all join, so no order decides. Where no AP is defined, the
    general models stay by `replace`, and all by the others.

    Args:
        ap: AP of each model on each category, shape (M, C); NaN where there is no object.
        coverage: which categories a model knows, bool, shape (M, C); None for all.
        mode: one of the above.
        margin: least difference of AP, from 0 to 1.
        k: number of models, at least 1.

    Returns:
        bool, shape (M, C).

    Raises:
        InputError: for another mode, or settings out of their range; for `replace` without experts;
            or for a category that no model knows.
        ShapeError: for AP of another shape.

    Example:
        >>> ap = [[0.50, 0.40, 0.30], [0.52, 0.405, 0.0]]
        >>> knows = [[True, True, True], [True, True, False]]
        >>> route(ap, knows, mode="replace")
        array([[False,  True,  True],
               [ True, False, False]])
    """
    table = np.array(ap, np.float64)
    if table.ndim != 2 or not len(table):
        raise ShapeError(
            f"`ap` has shape {table.shape}, expected (models, categories)",
            code="route",
            option="ap",
        )
    knows = np.ones(table.shape, np.bool_)
    if coverage is not None:
        knows = checked_coverage(coverage, table.shape)
    return routed(table, knows, Rule(mode, margin, k))


def routed(ap: NDArray[np.float64], knows: NDArray[np.bool_], rule: Rule) -> NDArray[np.bool_]:
    """The same by a rule.

    Args:
        ap: AP of M models on C categories, NaN where undefined, shape (M, C).
        knows: which categories each knows, shape (M, C).
        rule: how they share them.

    Returns:
        bool, shape (M, C).

    Raises:
        InputError: for `replace` without experts, or a category that no model knows.
    """
    unknown = np.flatnonzero(~knows.any(axis=0))
    if len(unknown):
        raise InputError(
            f"category number {unknown[0]} is known by none of the models",
            code="coverage",
            option="coverage",
        )
    if rule.mode == "add":
        return knows
    value = np.where(knows, np.nan_to_num(ap, nan=-1.0), -2.0)
    if rule.mode in ("best", "topk"):
        k = 1 if rule.mode == "best" else rule.k
        least = -np.sort(-value, axis=0)[min(k, len(value)) - 1]
        return np.asarray(knows & (value >= np.maximum(least, -1.0)))
    general = general_models(knows)
    if general.all():
        raise InputError(
            "`route='replace'` lets an expert replace the general model, and all models know the "
            "same number of categories: say what the expert knows, by `maps` or `covers`",
            code="route",
            option="route",
        )
    is_general = general[:, np.newaxis]
    experts, usual = knows & ~is_general, knows & is_general
    best = np.where(experts, value, -2.0).max(axis=0)
    level = np.where(usual, value, -2.0).max(axis=0)
    wins = (best >= 0) & (level >= 0) & (best - level >= rule.margin - ROUNDING)
    chosen = np.where(wins, experts & (value == best), usual)
    return np.asarray(np.where(usual.any(axis=0), chosen, experts))


def general_models(knows: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Which models know the most categories, bool, shape (M,)."""
    number = knows.sum(axis=1)
    return np.asarray(number == number.max())


@frozen(eq=False)
class Sharing:
    """How models that know different categories share them.

    Attributes:
        knows: which of C categories each of M models knows, bool, shape (M, C).
        rule: who gives a category.
    """

    knows: NDArray[np.bool_]
    rule: Rule

    def joins(self, ap: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Which models give the predictions of each category, by their AP on it, both (M, C)."""
        return routed(ap, self.knows, self.rule)
