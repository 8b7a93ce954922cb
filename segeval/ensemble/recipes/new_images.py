"""Recipes for other files of the same models: which file is which model's, and their categories."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from segeval.data.files import sha256
from segeval.data.keys import shown_key
from segeval.ensemble.given import check_models
from segeval.ensemble.plan import Fitted
from segeval.ensemble.pools.pool import Pool
from segeval.ensemble.recipes.reading import Recipe
from segeval.ensemble.recipes.recipe import categories_digest
from segeval.ensemble.recipes.unpredicted import Unpredicted
from segeval.errors import InputError, MismatchError, Note
from segeval.frozen import frozen
from segeval.words import counted, first_few, joined

FEW = 5
"""Most categories that a message lists."""


@frozen
class OtherFiles:
    """Files of the models of a recipe, which was made from others.

    Attributes:
        paths: in the order of the recipe.
        by_name: whether their names told the order; else that is the order in which they came.
    """

    paths: tuple[str, ...]
    by_name: bool

    def note(self, recipe: Recipe) -> Iterator[Note]:
        """Says which file is taken for which, unless all are those of the recipe."""
        names = [each.name for each in recipe.inputs]
        if all(
            sha256(path) == own.sha256 for path, own in zip(self.paths, recipe.inputs, strict=True)
        ):
            return
        if len(set(names)) < len(names):
            names = [f"file {number} ({name})" for number, name in enumerate(names, 1)]
        pairs = [f"{path} as {name}" for path, name in zip(self.paths, names, strict=True)]
        how = "by their names" if self.by_name else "in their order"
        yield Note(
            "new-images",
            f"these are other files than {Path(recipe.path).name} was made from, taken {how}: "
            f"{', '.join(pairs)}",
            len(pairs),
            "new_images",
        )


def other_files(models: Sequence[str], recipe: Recipe) -> OtherFiles:
    """Files in the order of a recipe: by its names if all have these, else as they came.

    Raises:
        InputError: for a file that is none, or one that is given twice.
        MismatchError: for another number of files, or one with the name of another model's.
    """
    check_models(models, least=1)
    for path in models:
        if not Path(path).is_file():
            raise InputError(f"{path}: no such file.", code="no-file", path=path)
    names, own = [each.name for each in recipe.inputs], [Path(path).name for path in models]
    if len(set(names)) == len(names) and set(own) == set(names) and len(own) == len(names):
        return OtherFiles(tuple(models[own.index(name)] for name in names), by_name=True)
    if len(set(names)) == len(names):
        for path, name, expected in zip(models, own, names, strict=True):
            if name in names and name != expected:
                raise MismatchError(
                    f"{path}: is file {own.index(name) + 1} and has the name of file "
                    f"{names.index(name) + 1} of {Path(recipe.path).name}. Give the files in the "
                    f"order {joined(names)}, or give all of them these names.",
                    code="recipe-inputs",
                    path=path,
                    option="recipe",
                )
    return OtherFiles(tuple(models), by_name=False)


def for_categories(recipe: Recipe, pool: Pool) -> tuple[Recipe, list[Note]]:
    """A recipe for predictions with some of its categories, and what to know of them.

    Args:
        recipe: made from other predictions.
        pool: the predictions.

    Raises:
        MismatchError: for predictions of none of its categories; or of others too, if weights or
            models depend on the category.
    """
    digest = categories_digest(pool.categories)
    if digest == recipe.categories:
        return recipe, []
    name = Path(recipe.path).name
    if recipe.category_ids is None:
        raise MismatchError(
            f"{name}: was made by a version of segeval that did not write which categories it is "
            "for, and these files have others. Make the recipe again.",
            code="recipe-inputs",
            path=recipe.path,
            option="recipe",
        )
    fitted, more = recipe.fitted, recipe.unpredicted
    known = (*recipe.category_ids, *(() if more is None else more.ids))
    places = {key: place for place, key in enumerate(known)}
    place = np.array([places.get(key, -1) for key in pool.categories], np.int64)
    notes: list[Note] = []
    if more is not None:
        notes += _unpredicted(recipe, more, pool, place - len(recipe.category_ids))
        fitted = _widened(fitted, more)
    if (place < 0).any():
        notes.append(_others(recipe, pool, place < 0))
    return replace(
        recipe,
        categories=digest,
        category_ids=tuple(pool.categories),
        fitted=_columns(fitted, place),
    ), notes


def _unpredicted(
    recipe: Recipe, more: Unpredicted, pool: Pool, place: NDArray[np.int64]
) -> Iterator[Note]:
    """Says that categories had no prediction when the recipe was made; places below 0 are others'.

    Args:
        recipe: made from other predictions.
        more: its categories without any.
        pool: the predictions.
        place: of each category in these, shape (C,).
    """
    is_one = place >= 0
    rows = int(is_one[pool.category].sum())
    if rows:
        names = [more.names[each] for each in place[is_one].tolist()]
        noun = "category" if len(names) == 1 else "categories"
        yield Note(
            "unpredicted-categories",
            f"{counted(rows, 'prediction is', 'predictions are')} of {noun} "
            f"{first_few(names, FEW)}, of which no file had one when {Path(recipe.path).name} was "
            "made: models count there as in a category without evidence, by their overall worth",
            rows,
            None,
        )


def _widened(fitted: Fitted, more: Unpredicted) -> Fitted:
    """What was decided, with the categories that had no prediction behind the others."""
    weights, joins = fitted.weights, fitted.joins
    if more.weights is not None:
        weights = np.concatenate([weights, more.weights], axis=1)
    if joins is not None and more.joins is not None:
        joins = np.concatenate([joins, more.joins], axis=1)
    return replace(fitted, weights=weights, joins=joins)


def _others(recipe: Recipe, pool: Pool, unknown: NDArray[np.bool_]) -> Note:
    """Says that there are predictions of other categories, or refuses them."""
    name = Path(recipe.path).name
    keys = [shown_key(key) for key, is_other in zip(pool.categories, unknown, strict=True)
            if is_other]  # fmt: skip
    rows = np.flatnonzero(unknown[pool.category])
    some = counted(len(rows), "prediction is", "predictions are")
    noun = "category" if len(keys) == 1 else "categories"
    text = f"{some} of {noun} {first_few(keys, FEW)}, which {name} was made without"
    by_category = recipe.fitted.weights.ndim == 2 or recipe.fitted.joins is not None
    if unknown.all() or by_category:
        first = int(rows[0])
        hint = "Do the category ids mean the same in both files?"
        if not unknown.all():
            hint = (
                "It has a weight for each category: make it from predictions of all of them, or "
                "merge one file of both kinds of images for each model. Or leave these predictions "
                "out."
            )
        raise MismatchError(
            f"{pool.files[int(pool.model[first])].source}: {text}. {hint}",
            code="recipe-inputs",
            path=pool.files[int(pool.model[first])].source,
            index=int(pool.row[first]),
            field="category_id",
            count=len(rows),
            option="recipe",
        )
    return Note("other-categories", f"{text}: they are merged like the others", len(rows), None)


def _columns(fitted: Fitted, place: NDArray[np.int64]) -> Fitted:
    """What was decided, for the categories at some places."""
    weights, joins = fitted.weights, fitted.joins
    return replace(
        fitted,
        weights=weights[:, place] if weights.ndim == 2 else weights,
        joins=None if joins is None else joins[:, place],
    )
