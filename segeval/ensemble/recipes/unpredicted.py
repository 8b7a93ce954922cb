"""Categories that a recipe is for, and of which no file had a prediction when it was made."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.data.columns import GroundTruth
from segeval.data.keys import Key
from segeval.ensemble.categories.coverage import Coverage
from segeval.ensemble.categories.routing import Sharing
from segeval.ensemble.fitting.fitted import ByWorth
from segeval.ensemble.plan import Fitted
from segeval.ensemble.recipes.experts import join_values, weight_values
from segeval.ensemble.recipes.values import Value
from segeval.errors import InputError
from segeval.frozen import frozen


@frozen(eq=False)
class Unpredicted:
    """What holds for S categories that ground truth or a map has, and no prediction.

    Attributes:
        ids: of the categories as written.
        names: of these.
        weights: of each of M models, float64, shape (M, S); None where weights are not by category.
        joins: which models take part, bool, shape (M, S); None for all in all.
    """

    ids: tuple[Key, ...]
    names: tuple[str, ...]
    weights: NDArray[np.float64] | None
    joins: NDArray[np.bool_] | None

    def to_dict(self) -> dict[str, Any]:
        """As a recipe holds it."""
        return {
            "ids": list(self.ids),
            "names": list(self.names),
            "weights": None if self.weights is None else weight_values(self.weights),
            "joins": join_values(self.joins),
        }


def unpredicted_of(
    by_worth: ByWorth, fitted: Fitted, coverage: Coverage, gt: GroundTruth | None
) -> Unpredicted | None:
    """What the rule gives such categories, as to all without evidence; None where none matters.

    Args:
        by_worth: decides.
        fitted: what was decided.
        coverage: which categories the models know.
        gt: ground truth, which lists categories; None without any.
    """
    if fitted.weights.ndim == 1 and fitted.joins is None:
        return None
    names: dict[Key, str] = {}
    if gt is not None:
        names = gt.categories.by_id
    for own in coverage.known:
        names = {key: str(key) for key in sorted(own or (), key=str)} | names
    own_ids = set(by_worth.categories)
    ids = [key for key in names if key not in own_ids]
    known = np.asarray(coverage.table(ids).any(axis=0))
    ids = [ids[place] for place in np.flatnonzero(known)]
    if not ids:
        return None
    every, first = (*by_worth.categories, *ids), len(by_worth.categories)
    sharing = by_worth.sharing
    wider = replace(
        by_worth,
        plan=replace(by_worth.plan, calibrate=None),
        categories=every,
        sharing=None if sharing is None else Sharing(coverage.table(every), sharing.rule),
    )
    try:
        found = wider.fitted()
    except InputError:  # with these categories too there may be no expert to replace another
        return None
    return Unpredicted(
        tuple(ids),
        tuple(names[key] or str(key) for key in ids),
        found.weights[:, first:] if fitted.weights.ndim == found.weights.ndim == 2 else None,
        None if fitted.joins is None or found.joins is None else found.joins[:, first:],
    )


def read_unpredicted(value: Value, fitted: Fitted, ids: tuple[Key, ...]) -> Unpredicted | None:
    """What a recipe holds of such categories; None in recipes without.

    Args:
        value: in the recipe.
        fitted: what decided, which has weights and models by category where this has.
        ids: of the categories that had predictions.

    Raises:
        FormatError: names the place of a value that cannot be.
    """
    if value.is_null:
        return None
    own = value.at("ids").each()
    found = [each.value for each in own]
    for place, each in enumerate(own):
        key = each.value
        if not (isinstance(key, str) or type(key) is int) or key in (*ids, *found[:place]):
            raise each.refused("an id of another category")
    number, models = len(own), len(fitted.weights)
    names = tuple(each.text() for each in value.at("names").each(number, f"{number} names"))
    joins = weights = None
    if fitted.joins is not None:
        joins = np.zeros((models, number), np.bool_)
        rows = value.at("joins").each(models, f"{models} lists of categories")
        for row, places in zip(joins, rows, strict=True):
            row[[each.whole(0, number - 1) for each in places.each()]] = True
    if fitted.weights.ndim == 2:
        weights = np.full((models, number), np.nan)
        rows = value.at("weights").each(models, f"{models} lists of weights")
        for model, of_model in enumerate(rows):
            for place, each in enumerate(of_model.each(number, f"{number} weights")):
                if not each.is_null or joins is None or joins[model, place]:
                    weights[model, place] = each.number(0.0, 1e9, "a number from 0 to 1e9")
    return Unpredicted(tuple(found), names, weights, joins)
