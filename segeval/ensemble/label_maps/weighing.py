"""How much each model's votes count, by what the models are worth or as stated by hand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from segeval.ensemble.fitting.model_weights import stated_weights, weights_by_worth
from segeval.ensemble.strategies import WEIGHINGS, Weighing
from segeval.ensemble.weighing.worth import Worth
from segeval.errors import InputError
from segeval.frozen import frozen

WAYS = tuple(each for each in WEIGHINGS if each != "tuned")
"""Ways to weigh votes; what is tuned is AP."""


WORDS: Mapping[Weighing, str] = {
    "none": "equal votes",
    "interp": "weights by mean IoU",
    "rank": "weights by rank",
    "classwise": "weights by class",
}
"""What they are called in messages."""


@frozen
class VoteStrategy:
    """One way to weigh the votes of models.

    Attributes:
        name: as it is asked for.
        summary: what it does, in one line.
        weighing: how weights follow from what models are worth.
    """

    name: str
    summary: str
    weighing: Weighing = "none"


VOTE_STRATEGIES = {
    each.name: each
    for each in (
        VoteStrategy("vote", "every model has one vote, or what its weight says"),
        VoteStrategy("interp", "votes count from 0.6 to 1 by mean IoU", "interp"),
        VoteStrategy("reweight", "votes count from 0.5 to 1 by the rank of mean IoU", "rank"),
        VoteStrategy(
            "s003",
            "a vote for a class counts by the model's IoU on it, as a share of the best",
            "classwise",
        ),
    )
}
"""Strategies for label maps, in the order in which they are listed."""


@frozen
class Weighting:
    """A strategy with its settings, and what was stated by hand.

    Attributes:
        strategy: the strategy.
        weighing: how weights follow from what models are worth.
        settings: all settings of that.
        weights: stated by hand; None to let them follow.
    """

    strategy: VoteStrategy
    weighing: Weighing
    settings: Mapping[str, Any]
    weights: ArrayLike | None = None

    @classmethod
    def of(
        cls,
        name: str,
        weigh: str | None,
        given: Mapping[str, Any],
        *,
        weights: ArrayLike | None,
        scores: ArrayLike | None,
    ) -> Weighting:
        """The strategy of a name.

        Args:
            name: of `VOTE_STRATEGIES`.
            weigh: how weights follow; None for the strategy's own way.
            given: settings.
            weights: stated by hand.
            scores: what models are worth, as stated by hand.

        Raises:
            InputError: for a strategy or a setting that does not exist, or numbers without effect.
        """
        strategy = VOTE_STRATEGIES.get(name)
        if strategy is None:
            raise _refused("strategy", name, VOTE_STRATEGIES)
        if weigh is not None and weigh not in WAYS:
            raise _refused("weigh", weigh, WAYS)
        weighing = strategy.weighing if weigh is None else WAYS[WAYS.index(weigh)]
        known = WEIGHINGS[weighing]
        for setting in given:
            if setting not in known:
                has = ", ".join(f"`{each}`" for each in known) or "none"
                raise InputError(
                    f"`{setting}` is no setting of a vote of label maps; {WORDS[weighing]} have "
                    f"{has}",
                    code="strategy",
                    option=setting,
                )
        if weighing == "none" and scores is not None:
            raise InputError(
                "`scores` have no part in a vote in which all models count the same. Choose "
                "`strategy='interp'`, which weighs them by these numbers",
                code="model-scores",
                option="scores",
            )
        if weighing != "none" and weights is not None:
            raise InputError(
                f"`weights` say how much models count, and {WORDS[weighing]} follow from what "
                "these are worth: expected one of them",
                code="model-scores",
                option="weights",
            )
        return cls(strategy, weighing, {**known, **given}, weights)

    def of_models(
        self, worth: Worth | None, models: int, classes: tuple[int, ...]
    ) -> NDArray[np.float64]:
        """What the votes of each model count.

        Args:
            worth: what the models are worth; None if nobody says.
            models: number of models, M.
            classes: ids of C classes.

        Returns:
            float64, shape (M,), or by class, shape (M, C).

        Raises:
            InputError: if the strategy needs to know what models are worth and nobody says.
        """
        if self.weights is not None:
            return stated_weights(self.weights, models)
        if self.weighing == "none":
            return np.ones(models)
        name = self.strategy.name
        if worth is None:
            raise InputError(
                f"{name} weighs models by their mean IoU, and nothing says what that is. Give "
                "`scores` or `fit` (ground truth), or choose `strategy='vote'`",
                code="model-scores",
                option="scores",
            )
        if self.weighing == "classwise" and not worth.categories:
            raise InputError(
                f"{name} weighs models by their IoU on each class, which only ground truth "
                "tells: give `fit`",
                code="model-scores",
                option="fit",
            )
        return weights_by_worth(self.weighing, worth, classes, self.settings)


def _refused(option: str, value: str, known: Iterable[str]) -> InputError:
    """The error for a choice that label maps do not have."""
    return InputError(
        f"`{option}` is {value!r}, expected one of {', '.join(known)} for label maps",
        code="strategy",
        option=option,
    )
