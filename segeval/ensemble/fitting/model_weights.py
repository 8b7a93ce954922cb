"""The weight of each model by the rule of a strategy, or as stated by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from segeval.data.keys import Key
from segeval.ensemble.strategies import WEIGHINGS, Weighing
from segeval.ensemble.weighing.class_weights import classwise, relative
from segeval.ensemble.weighing.known_weights import classwise_settings, known_weights
from segeval.ensemble.weighing.weights import checked_worth, linear_interpolation, linear_reweight
from segeval.ensemble.weighing.worth import Worth
from segeval.errors import InputError


def model_weights(
    weighing: Weighing,
    worth: Worth | None,
    weights: ArrayLike | None,
    models: int,
    categories: Sequence[Key] = (),
    settings: Mapping[str, Any] | None = None,
    *,
    strategy: str = "",
    knows: NDArray[np.bool_] | None = None,
) -> NDArray[np.float64]:
    """The weight of each model, the highest 1 or what the rule makes it.

    Args:
        weighing: the rule that makes weights; "tuned" starts as "interp" does.
        worth: what the models are worth; None if nobody says.
        weights: stated by hand; None for the rule.
        models: number of models, M.
        categories: ids of C categories as written.
        settings: of the rule; None for its defaults.
        strategy: name of the strategy that has this rule, for messages.
        knows: which of the categories each model knows, shape (M, C); None for all.

    Returns:
        float64, shape (M,); where each category is weighed by itself, as those of models that know
        different ones are, (M, C).

    Raises:
        InputError: if the rule needs to know what models are worth and nobody says.
    """
    if weights is not None:
        own = stated_weights(weights, models)
        return np.asarray(own / own.max())
    if weighing == "none":
        return np.ones(models)
    name = strategy or f"`weigh={weighing!r}`"
    if weighing == "classwise" and (worth is None or not worth.categories):
        raise InputError(
            f"{name} weighs models by their AP on each category, which only ground truth "
            "tells: give `fit`",
            code="model-scores",
            option="fit",
        )
    if worth is None:
        raise InputError(
            f"{name} weighs models by their validation AP, and nothing says what that is. Give "
            "`scores`, `ap` (saved results), `fit` (ground truth) or `weights`",
            code="model-scores",
            option="scores",
        )
    own_settings = WEIGHINGS[weighing] if settings is None else settings
    if knows is not None and worth.categories and weighing != "tuned":
        return known_weights(weighing, worth, knows, categories, own_settings)
    return weights_by_worth(weighing, worth, categories, own_settings)


def weights_by_worth(
    weighing: Weighing, worth: Worth, categories: Sequence[Key], settings: Mapping[str, Any]
) -> NDArray[np.float64]:
    """The weight of each model from what it is worth, float64, shape (M,) or (M, C).

    Args:
        weighing: how weights follow; "tuned" starts as "interp" does.
        worth: what the models are worth; by category too for weights by category.
        categories: ids of C categories as written.
        settings: of the rule.
    """
    if weighing == "none":
        return np.ones(len(worth.overall))
    if weighing == "interp":
        return linear_interpolation(worth.overall, **settings)
    if weighing == "tuned":
        return linear_interpolation(worth.overall)
    if weighing == "rank":
        return linear_reweight(worth.overall, **settings)
    ap, n_gt = worth.of_classes(categories)
    return classwise(ap, n_gt=n_gt, overall=relative(worth.overall), **classwise_settings(settings))


def stated_weights(weights: ArrayLike, models: int) -> NDArray[np.float64]:
    """Weights stated by hand, float64, shape (M,).

    Args:
        weights: of each model, 0 or more, one above 0.
        models: number of models, M.

    Raises:
        InputError: for other numbers, or another number of them.
    """
    own = checked_worth(weights, option="weights")
    if len(own) != models or (own < 0).any() or own.max() <= 0:
        raise InputError(
            f"`weights` is {own.tolist()}, expected {models} numbers of 0 or more, one of them "
            "above 0",
            code="weights",
            option="weights",
        )
    return own
