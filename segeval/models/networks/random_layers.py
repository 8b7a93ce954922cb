"""Layers that draw random numbers in training, from the generator of the update.

A run that goes on draws what it would have drawn without a break, since the generator of an update
depends on the seed and the number of the update alone.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar

import torch
from torch import Tensor, nn

Asked = ParamSpec("Asked")
Answer = TypeVar("Answer")
Network = TypeVar("Network", bound=nn.Module)


class RandomLayer(nn.Module):
    """A layer that draws random numbers in training.

    Attributes:
        generator: of the numbers, on the CPU; None for torch's own.
    """

    generator: torch.Generator | None = None


class DropPath(RandomLayer):
    """Drops what a block would add for some images in training, and makes up for it in the others.

    Args:
        rate: chance of an image to be dropped, less than 1.

    Source:
        Huang et al. 2016, Deep Networks with Stochastic Depth, per image and scaled in training.

    Example:
        >>> layer = DropPath(0.5)
        >>> layer.generator = torch.Generator().manual_seed(0)
        >>> layer(torch.ones(4, 1)).flatten().tolist()
        [0.0, 2.0, 0.0, 0.0]
        >>> layer.eval()(torch.ones(2, 1)).flatten().tolist()
        [1.0, 1.0]
    """

    def __init__(self, rate: float) -> None:
        super().__init__()
        self.rate = rate

    def forward(self, x: Tensor) -> Tensor:
        """(B, ...) with the numbers of some images 0, and the others divided by 1 - rate."""
        if not self.training or self.rate == 0:
            return x
        stays = torch.rand(len(x), generator=self.generator) >= self.rate
        factors = (stays / (1 - self.rate)).to(x)
        return x * factors.reshape(-1, *[1] * (x.ndim - 1))

    def extra_repr(self) -> str:
        """The rate, for torch's description of a network."""
        return f"rate={self.rate:.3g}"


def draws_from_generator(
    losses: Callable[Concatenate[Network, Asked], Answer],
) -> Callable[Concatenate[Network, Asked], Answer]:
    """Decorate a method: random layers inside draw from its `generator` while it runs.

    `Model` does so with the `losses` of every model.
    """

    @wraps(losses)
    def drawn(model: Network, /, *given: Asked.args, **named: Asked.kwargs) -> Answer:
        layers = [each for each in model.modules() if isinstance(each, RandomLayer)]
        before = [layer.generator for layer in layers]
        for layer in layers:
            layer.generator = named.get("generator")  # type: ignore[assignment]
        try:
            return losses(model, *given, **named)
        finally:
            for layer, generator in zip(layers, before, strict=True):
                layer.generator = generator

    return drawn
