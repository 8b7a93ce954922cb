"""The point head: a small network that all points share.

Source: Kirillov et al. 2020, PointRend, section 3.3.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn


class PointHead(nn.Module):
    """From fine features and coarse logits of points to refined logits.

    Args:
        inputs: channels of the fine features.
        classes: K, of the coarse logits and of the result; 1 for class-agnostic masks.
        width: of the hidden layers.
        layers: number of hidden layers.
        coarse_at_each_layer: whether every layer reads the coarse logits, or only the first, as
            in semantic models.
    """

    def __init__(
        self,
        inputs: int,
        classes: int,
        *,
        width: int,
        layers: int,
        coarse_at_each_layer: bool = True,
    ) -> None:
        super().__init__()
        self.coarse_at_each_layer = coarse_at_each_layer
        again = classes if coarse_at_each_layer else 0
        sizes = [inputs + classes] + [width + again] * layers
        self.layer_names = [f"fc{number}" for number in range(1, layers + 1)]
        for name, size in zip(self.layer_names, sizes, strict=False):
            layer = nn.Conv1d(size, width, kernel_size=1)
            nn.init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu")
            nn.init.zeros_(layer.bias)  # type: ignore[arg-type]
            self.add_module(name, layer)
        self.predictor = nn.Conv1d(sizes[-1], classes, kernel_size=1)
        nn.init.normal_(self.predictor.weight, std=0.001)
        nn.init.zeros_(self.predictor.bias)  # type: ignore[arg-type]

    def forward(self, fine: Tensor, coarse: Tensor) -> Tensor:
        """Logits (B, K, P) of fine features (B, C, P) and coarse logits (B, K, P)."""
        hidden = torch.cat([fine, coarse], dim=1)
        for name in self.layer_names:
            hidden = self.get_submodule(name)(hidden).relu()
            if self.coarse_at_each_layer:
                hidden = torch.cat([hidden, coarse], dim=1)
        return self.predictor(hidden)  # type: ignore[no-any-return]
