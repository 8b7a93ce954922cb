"""A running mean of the weights, which often predicts better than they do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from segeval.errors import InputError
from segeval.models.averaging.combining import ema_decay


class WeightAverage:
    """Exponential moving average of everything in a model's state.

    Early updates weigh more, so that the random start is soon forgotten: after n updates the decay
    is at most (1 + n) / (10 + n).

    Args:
        model: its weights are the first mean.
        decay: share of the old mean kept at each update, from 0 to below 1.

    Raises:
        InputError: if the decay is out of range.

    Example:
        >>> model = nn.Linear(1, 1)
        >>> average = WeightAverage(model, 0.0)
        >>> _ = nn.init.ones_(model.weight)
        >>> average.update(model)
        >>> average.weights["weight"].item()
        1.0
    """

    def __init__(self, model: nn.Module, decay: float) -> None:
        if not 0 <= decay < 1:
            raise InputError(
                f"The decay of the averaged weights (`ema`) is {decay:g}, expected 0 to below 1, "
                "such as 0.999.",
                code="ema",
                option="ema",
            )
        self.decay = decay
        self.updates = 0
        self.weights = {name: each.detach().clone() for name, each in model.state_dict().items()}

    @torch.no_grad()
    def update(self, model: nn.Module) -> None:
        """Add the current weights to the mean."""
        decay = ema_decay(self.decay, self.updates, ramp=True)
        self.updates += 1
        for name, each in model.state_dict().items():
            mean = self.weights[name]
            if mean.is_floating_point():
                mean.lerp_(each.to(mean), 1 - decay)
            else:
                mean.copy_(each)

    @contextmanager
    def inside(self, model: nn.Module) -> Iterator[None]:
        """A context in which the mean replaces the model's weights."""
        own = {name: each.detach().clone() for name, each in model.state_dict().items()}
        model.load_state_dict(self.weights)
        try:
            yield
        finally:
            model.load_state_dict(own)

    def state(self) -> dict[str, Any]:
        """The mean of the weights by name, and its number of updates."""
        return {"weights": self.weights, "updates": self.updates}

    def load(self, weights: Mapping[str, Tensor], updates: int) -> None:
        """Continue from a stored mean."""
        for name, each in weights.items():
            self.weights[name].copy_(each)
        self.updates = updates
