"""Layers on directions: lengths of weights and of features do not count.

Source: Wang et al. 2021, Seesaw Loss, section 3.4, as in mmdetection.
"""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from segeval.models.networks.components import register_component

TEMPERATURE = 20.0
"""Factor of the cosine."""

ALMOST_NOTHING = 1e-6
"""Added to lengths."""


class NormalisedLinear(nn.Linear):
    """The cosine between features and weights times a temperature, plus a bias.

    Args:
        inputs: numbers of the features.
        outputs: numbers that come out.

    Example:
        >>> layer = NormalisedLinear(2, 1)
        >>> _ = layer.weight.data.copy_(torch.tensor([[0.0, 5.0]]))
        >>> layer(torch.tensor([[0.0, 0.3], [7.0, 0.0]])).flatten().round().tolist()
        [20.0, 0.0]
    """

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__(inputs, outputs)
        nn.init.normal_(self.weight, std=0.01)
        nn.init.zeros_(self.bias)

    def forward(self, x: Tensor) -> Tensor:
        """From (N, inputs) to (N, outputs)."""
        return TEMPERATURE * functional.linear(_scaled(x), _scaled(self.weight)) + self.bias


class NormalisedConv(nn.Conv2d):
    """The same at every place of a map, a 1x1 convolution.

    Args:
        inputs: channels of the features.
        outputs: channels that come out.
    """

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__(inputs, outputs, kernel_size=1)
        nn.init.normal_(self.weight, std=0.01)
        nn.init.zeros_(_bias(self))

    def forward(self, x: Tensor) -> Tensor:
        """From (N, inputs, H, W) to (N, outputs, H, W)."""
        cosine = functional.conv2d(_scaled(x), _scaled(self.weight))
        return TEMPERATURE * cosine + _bias(self)[:, None, None]


def _bias(layer: nn.Conv2d) -> Tensor:
    """The bias, which PyTorch's types call optional."""
    return cast("Tensor", layer.bias)


def _scaled(vectors: Tensor) -> Tensor:
    """Vectors along the second axis with length 1, almost; those of 0 stay so."""
    lengths: Tensor = torch.linalg.vector_norm(vectors, dim=1, keepdim=True)
    return vectors / (lengths + ALMOST_NOTHING)


@register_component("normalised-linear")
def normalised_linear(*, inputs: int, outputs: int) -> NormalisedLinear:
    """The layer alone, (N, inputs) to (N, outputs)."""
    return NormalisedLinear(inputs, outputs)


@register_component("normalised-conv")
def normalised_conv(*, inputs: int, outputs: int) -> NormalisedConv:
    """The layer alone, (N, inputs, H, W) to (N, outputs, H, W)."""
    return NormalisedConv(inputs, outputs)
