"""What recipes hold of models that know different categories: maps, and who takes part."""

from __future__ import annotations

from typing import Any, get_args

import numpy as np
from numpy.typing import NDArray

from segeval.data.keys import Key
from segeval.ensemble.categories.background import Background
from segeval.ensemble.categories.preparation import Preparation, Table
from segeval.ensemble.recipes.values import Value

MAP = "a list of pairs of ids, the second one null for none"


def map_values(done: Preparation, models: int) -> list[list[list[Key | None]] | None]:
    """The map of each model as pairs of its own id and the one that all share."""
    maps = done.maps or (None,) * models
    return [
        None if table is None else [[own, target] for own, target in table.items()]
        for table in maps
    ]


def class_score_values(done: Preparation) -> dict[str, str] | None:
    """The field with the scores of the background, and its place in it."""
    if done.class_scores is None:
        return None
    return {"field": done.class_scores, "background": done.background}


def join_values(joins: NDArray[np.bool_] | None) -> list[list[int]] | None:
    """The places of the categories that each model takes part in."""
    return None if joins is None else [np.flatnonzero(own).tolist() for own in joins]


def weight_values(weights: NDArray[np.float64]) -> list[Any]:
    """Weights as numbers, None where a model has no part in a category."""
    if weights.ndim == 1:
        return list(weights.tolist())
    return [[None if np.isnan(each) else each for each in row] for row in weights.tolist()]


def read_map(value: Value) -> Table | None:
    """The map of one model."""
    if value.is_null:
        return None
    table: dict[Key, Key | None] = {}
    for pair in value.each(what=MAP):
        own, target = pair.each(2, "a pair of ids")
        key = _key(own)
        if key in table:
            raise own.refused("an id that is not mapped yet")
        table[key] = None if target.is_null else _key(target)
    if len({isinstance(each, str) for each in table.values() if each is not None}) > 1:
        raise value.refused("ids that are all text or all numbers to map to")
    return table


def read_preparation(root: Value, maps: tuple[Table | None, ...], path: str) -> Preparation:
    """What is done to the predictions first.

    Args:
        root: the recipe.
        maps: of its inputs.
        path: of the recipe.
    """
    names = (path,) * len(maps)
    value = root.at("class_scores")
    if value.is_null:
        return Preparation(maps, names)
    places: tuple[Background, ...] = get_args(Background)
    background = value.at("background").text(places)
    return Preparation(
        maps, names, value.at("field").text(), next(each for each in places if each == background)
    )


def read_category_ids(root: Value) -> tuple[Key, ...] | None:
    """Ids of all categories; None in recipes of older versions."""
    value = root.at("categories").at("ids")
    if value.is_null:
        return None
    number = root.at("categories").at("count").whole(0)
    found = tuple(map(_key, value.each(number, f"{number} ids of categories")))
    if len(set(found)) < number:
        raise value.refused("ids that are all different")
    return found


def read_joins(root: Value, models: int) -> NDArray[np.bool_] | None:
    """Which models take part in each category, shape (M, C); None for all in all."""
    value = root.at("joins")
    if value.is_null:
        return None
    number = root.at("categories").at("count").whole(0)
    joins = np.zeros((models, number), np.bool_)
    rows = value.each(models, f"{models} lists of categories, one for each of the inputs")
    for row, own in zip(joins, rows, strict=True):
        row[[each.whole(0, number - 1) for each in own.each()]] = True
    return joins


def check_parts(root: Value, weights: NDArray[np.float64], joins: NDArray[np.bool_] | None) -> None:
    """Refuse weights that are missing where a model takes part, or of other categories.

    Raises:
        FormatError: names the place.
    """
    value = root.at("weights").at("values")
    if joins is None:
        if np.isnan(weights).any():
            raise value.refused("a number for each category, as `joins` is null")
    elif weights.ndim == 2:
        if weights.shape != joins.shape:
            raise value.refused(f"{joins.shape[1]:,} weights of each model, one for each category")
        if np.isnan(weights[joins]).any():
            raise value.refused("a number for each category that the model takes part in")


def _key(value: Value) -> Key:
    """An id of a category."""
    found = value.value
    if isinstance(found, str) or type(found) is int:
        return found
    raise value.refused("an id of a category")
