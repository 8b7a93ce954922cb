"""A fully connected layer on directions: lengths of weights and features do not count.

Source: Wang et al. 2021, Seesaw Loss, section 3.4, as in mmdetection.
"""

from __future__ import annotations

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


def _scaled(rows: Tensor) -> Tensor:
    """Rows of length 1, almost; those of 0 stay so."""
    lengths: Tensor = torch.linalg.vector_norm(rows, dim=1, keepdim=True)
    return rows / (lengths + ALMOST_NOTHING)


@register_component("normalised-linear")
def normalised_linear(*, inputs: int, outputs: int) -> NormalisedLinear:
    """The layer alone, (N, inputs) to (N, outputs)."""
    return NormalisedLinear(inputs, outputs)
