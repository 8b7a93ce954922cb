"""The weight of each model by the rule of a strategy, or as stated by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from segeval.data.keys import Key
from segeval.ensemble.class_weights import classwise, relative
from segeval.ensemble.strategies import Strategy
from segeval.ensemble.weights import checked_worth, linear_interpolation, linear_reweight
from segeval.ensemble.worth import Worth
from segeval.errors import InputError


def model_weights(
    strategy: Strategy,
    worth: Worth | None,
    weights: ArrayLike | None,
    models: int,
    categories: Sequence[Key] = (),
    settings: Mapping[str, Any] | None = None,
) -> NDArray[np.float64]:
    """The weight of each model, the highest 1 or what the strategy makes it.

    Args:
        strategy: whose rule makes weights.
        worth: what the models are worth; None if nobody says.
        weights: stated by hand; None for the rule.
        models: number of models, M.
        categories: ids of C categories as written.
        settings: of the rule; None for its defaults.

    Returns:
        float64, shape (M,); of strategies that weigh each category by itself (M, C).

    Raises:
        InputError: if the strategy needs to know what models are worth and nobody says.
    """
    if weights is not None:
        own = checked_worth(weights, option="weights")
        if len(own) != models or (own < 0).any() or own.max() <= 0:
            raise InputError(
                f"`weights` is {own.tolist()}, expected {models} numbers of 0 or more, one of them "
                "above 0",
                code="weights",
                option="weights",
            )
        return np.asarray(own / own.max())
    if strategy.weighing == "none":
        return np.ones(models)
    if worth is None:
        raise InputError(
            f"{strategy.name} weighs models by their validation AP, and nothing says what that is. "
            "Give `scores`, `ap` (saved results), `fit` (ground truth) or `weights`",
            code="model-scores",
            option="scores",
        )
    own_settings = strategy.weights if settings is None else settings
    if strategy.weighing == "interp":
        return linear_interpolation(worth.overall, **own_settings)
    if strategy.weighing == "rank":
        return linear_reweight(worth.overall, **own_settings)
    if not worth.categories:
        raise InputError(
            f"{strategy.name} weighs models by their AP on each category, which only ground truth "
            "tells: give `fit`",
            code="model-scores",
            option="fit",
        )
    ap, n_gt = worth.of_classes(categories)
    return classwise(ap, n_gt=n_gt, overall=relative(worth.overall), **own_settings)
