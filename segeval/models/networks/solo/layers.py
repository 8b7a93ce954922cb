"""Layers of SOLO's heads: a 3x3 convolution, plain or deformable, with a norm of groups."""

from __future__ import annotations

from torch import Tensor, nn

from segeval.models.networks.backbone.deformable import DeformableConv
from segeval.models.networks.backbone.norms import norm_of

STD = 0.01
"""Standard deviation of all initial weights."""


class MovedConv(nn.Module):
    """A 3x3 deformable convolution without bias, with the convolution that moves its taps.

    Args:
        inputs: channels.
        outputs: channels.
        version: of the deformable convolution, 1 or 2.
    """

    def __init__(self, inputs: int, outputs: int, version: int) -> None:
        super().__init__()
        self.conv = DeformableConv(inputs, outputs, 3, norm=None, version=version)
        self.offset = nn.Conv2d(inputs, self.conv.offset_channels, 3, padding=1)
        nn.init.normal_(self.conv.weight, std=STD)
        nn.init.zeros_(self.offset.weight)  # starts as a plain convolution
        if self.offset.bias is not None:
            nn.init.zeros_(self.offset.bias)

    def forward(self, x: Tensor) -> Tensor:
        """(B, inputs, H, W) to (B, outputs, H, W)."""
        found: Tensor = self.conv(x, self.offset(x))
        return found


def conv_norm_relu(
    inputs: int, outputs: int, *, kernel: int = 3, deformable: int = 0
) -> tuple[nn.Module, nn.Module, nn.Module]:
    """A convolution that keeps the size, without bias, then a norm of 32 groups, then ReLU.

    Args:
        inputs: channels.
        outputs: channels.
        kernel: its side; deformable ones are 3x3.
        deformable: 0 for a plain convolution, else the version of the deformable one.
    """
    conv: nn.Module
    if deformable:
        conv = MovedConv(inputs, outputs, deformable)
    else:
        conv = nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2, bias=False)
        nn.init.normal_(conv.weight, std=STD)
    return conv, norm_of("group", outputs), nn.ReLU()


def predictor(inputs: int, outputs: int, *, bias: float = 0.0) -> nn.Conv2d:
    """A 3x3 convolution with a bias that starts at some number."""
    conv = nn.Conv2d(inputs, outputs, 3, padding=1)
    nn.init.normal_(conv.weight, std=STD)
    if conv.bias is not None:
        nn.init.constant_(conv.bias, bias)
    return conv
