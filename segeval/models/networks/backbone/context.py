"""Global context: what a block adds at every place, from a weighted mean of all places.

Source: Cao et al. 2019, GCNet: Non-local Networks Meet Squeeze-Excitation Networks and Beyond,
section 3.3.
"""

from __future__ import annotations

import re

from torch import Tensor, nn
from torch.nn import functional

from segeval.models.networks.backbone.conv import Conv
from segeval.models.networks.components import register_component
from segeval.models.networks.product import Product
from segeval.models.ops.precision import at_least_float32

PUBLIC = {
    "conv_mask": "conv_mask",
    "reduce": "channel_add_conv.0",
    "norm": "channel_add_conv.1",
    "expand": "channel_add_conv.3",
}
"""Layers here and in published files."""


def public_name(name: str) -> str:
    """The name of a parameter in published files.

    Example:
        >>> public_name("reduce.weight")
        'channel_add_conv.0.weight'
    """
    return re.sub(r"^\w+", lambda found: PUBLIC[found[0]], name)


@register_component("global-context", names=public_name)
class GlobalContext(nn.Module):
    """A block that adds the same numbers at every place of a map; it starts by adding 0.

    Padded places have a share in the mean, as in the published models.

    Args:
        channels: C.
        context: divisor of the channels in between, 4 or 16 in published models.

    Example:
        >>> import torch
        >>> x = torch.rand(1, 8, 3, 5)
        >>> torch.equal(GlobalContext(8)(x), x)
        True
    """

    def __init__(self, channels: int, context: int = 4) -> None:
        super().__init__()
        middle = max(1, channels // context)
        self.conv_mask = Conv(channels, 1, 1)
        self.reduce = Conv(channels, middle, 1)
        self.norm = nn.LayerNorm((middle, 1, 1))
        self.expand = Conv(middle, channels, 1)
        self.product = Product()
        nn.init.kaiming_normal_(self.conv_mask.weight, nonlinearity="relu")
        nn.init.zeros_(self.expand.weight)

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) to (B, C, H, W)."""
        shares = at_least_float32(self.conv_mask(x).flatten(2)).softmax(-1)  # (B, 1, H W)
        mean = self.product(x.flatten(2), shares.to(x.dtype).transpose(1, 2))
        added = functional.relu(self.norm(self.reduce(mean.unsqueeze(-1))))
        placed: Tensor = x + self.expand(added)
        return placed
