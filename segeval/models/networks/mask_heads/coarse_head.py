"""A coarse mask of a box, for points to refine.

Source: Kirillov et al. 2020, PointRend, section 4.1.
"""

from __future__ import annotations

from torch import Tensor, nn

from segeval.models.config import MaskConfig


class CoarseHead(nn.Module):
    """From a grid of box features to mask logits in a grid half as fine.

    Args:
        config: the grid, and the layers.
        inputs: channels of the features; a 1x1 convolution reduces them if the convolutions have
            fewer.
        classes: K, 1 for class-agnostic masks.
    """

    def __init__(self, config: MaskConfig, inputs: int, classes: int) -> None:
        super().__init__()
        self.classes, self.side = classes, config.grid // 2
        channels = min(inputs, config.coarse_channels)
        self.reduce_channel_dim_conv = None
        if inputs > channels:
            self.reduce_channel_dim_conv = nn.Conv2d(inputs, channels, kernel_size=1)
        self.reduce_spatial_dim_conv = nn.Conv2d(channels, channels, kernel_size=2, stride=2)
        sizes = [channels * self.side**2] + [config.coarse_width] * config.coarse_layers
        self.layer_names = [f"fc{number}" for number in range(1, config.coarse_layers + 1)]
        for name, size in zip(self.layer_names, sizes, strict=False):
            self.add_module(name, nn.Linear(size, config.coarse_width))
        self.prediction = nn.Linear(sizes[-1], classes * self.side**2)
        self.reset()

    def reset(self) -> None:
        """Draw new weights: He et al. for convolutions, Glorot for other layers."""
        for name, module in self.named_children():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
                nn.init.zeros_(module.bias)  # type: ignore[arg-type]
            elif isinstance(module, nn.Linear):
                nn.init.kaiming_uniform_(module.weight, a=1)
                nn.init.zeros_(module.bias)
            if name == "prediction":
                nn.init.normal_(self.prediction.weight, std=0.001)

    def forward(self, features: Tensor) -> Tensor:
        """Logits (N, K, grid / 2, grid / 2) of features (N, C, grid, grid)."""
        if self.reduce_channel_dim_conv is not None:
            features = self.reduce_channel_dim_conv(features).relu()
        hidden = self.reduce_spatial_dim_conv(features).relu().flatten(1)
        for name in self.layer_names:
            hidden = self.get_submodule(name)(hidden).relu()
        return self.prediction(hidden).reshape(-1, self.classes, self.side, self.side)  # type: ignore[no-any-return]
