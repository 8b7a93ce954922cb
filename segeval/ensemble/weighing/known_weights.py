"""Weights of models that know different categories: each is weighed where it is judged."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.data.keys import Key
from segeval.ensemble.categories.coverage import Coverage
from segeval.ensemble.weighing.class_weights import classwise
from segeval.ensemble.weighing.weights import linear_interpolation, linear_reweight
from segeval.ensemble.weighing.worth import Worth

Weigh = Callable[[NDArray[np.float64]], NDArray[np.float64]]
"""Weights of some models from what they are worth, both of shape (m,)."""

BY_CATEGORY: Mapping[str, Callable[..., NDArray[np.float64]]] = {
    "interp": linear_interpolation,
    "rank": linear_reweight,
}
"""Rules for whole models, which hold within each category where models know different ones."""


def known_weights(
    weighing: str,
    worth: Worth,
    knows: NDArray[np.bool_],
    categories: Sequence[Key],
    settings: Mapping[str, Any],
) -> NDArray[np.float64]:
    """Weights of M models for C categories, each compared with those that know the category.

    AP over all categories would count what an expert does not know as its failure.

    Args:
        weighing: "interp", "rank" or "classwise".
        worth: AP of the models on each category.
        knows: which of the categories each model knows, shape (M, C).
        categories: their ids as written.
        settings: of the rule.

    Returns:
        float64, shape (M, C); NaN where a model does not know a category.
    """
    ap, n_gt = worth.of_classes(categories)
    whole = relative_on_known(ap, knows)
    if weighing == "classwise":
        return classwise(
            ap, coverage=knows, n_gt=n_gt, overall=whole, **classwise_settings(settings)
        )
    rule: Weigh = partial(BY_CATEGORY[weighing], **settings)
    found = np.full(knows.shape, np.nan)
    for place in range(len(categories)):
        rows = np.flatnonzero(knows[:, place])
        level = ap[rows, place]
        if len(rows):
            found[rows, place] = rule(whole[rows] if np.isnan(level).any() else level)
    return found


def classwise_settings(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Settings of weights by category, as `classwise` calls them."""
    return {"k" if name == "top_models" else name: value for name, value in settings.items()}


def relative_on_known(ap: NDArray[np.float64], knows: NDArray[np.bool_]) -> NDArray[np.float64]:
    """AP as a share of the best on the category, the mean over what a model knows, the best 1.

    Args:
        ap: of M models on C categories, NaN where undefined, shape (M, C).
        knows: which each model knows, shape (M, C).

    Returns:
        float64, shape (M,); 1 where nothing is known of a model.

    Example:
        >>> relative_on_known(
        ...     np.array([[0.4, 0.2], [0.2, 0.0]]), np.array([[True, True], [True, False]])
        ... ).tolist()
        [1.0, 0.5]
    """
    own = np.where(knows, ap, np.nan)
    best = np.nan_to_num(own, nan=-1.0).max(axis=0, initial=-1.0)
    share = own[:, best > 0] / best[best > 0]
    number = (~np.isnan(share)).sum(axis=1)
    mean = np.nansum(share, axis=1) / np.maximum(number, 1)
    mean[number == 0] = 1.0
    most = mean.max(initial=0.0)
    return np.asarray(mean / most if most > 0 else np.ones(len(mean)))


def worth_on_known(worth: Worth, coverage: Coverage) -> NDArray[np.float64]:
    """What each model is worth: where models know different categories, AP on its own ones.

    Args:
        worth: of M models.
        coverage: which categories they know.

    Returns:
        float64, shape (M,); NaN where no AP is defined.
    """
    if coverage.is_whole or not worth.categories:
        return worth.overall
    ap = np.where(coverage.table(worth.categories), worth.by_class, np.nan)
    number = (~np.isnan(ap)).sum(axis=1)
    mean = np.nansum(ap, axis=1) / np.maximum(number, 1)
    return np.where(number > 0, mean, np.nan)
