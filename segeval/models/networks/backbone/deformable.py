"""Convolution with taps moved by predicted offsets and, in version 2, weighted.

Source: Dai et al. 2017, Deformable Convolutional Networks, section 2.1; Zhu et al. 2019, Deformable
ConvNets v2, section 3.2.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from segeval.models.networks.backbone.conv import Conv, fill_weight
from segeval.models.networks.backbone.norms import norm_of


def deformable_conv(
    x: Tensor,
    offsets: Tensor,
    weight: Tensor,
    *,
    mask: Tensor | None = None,
    stride: int = 1,
    padding: int = 0,
    dilation: int = 1,
    groups: int = 1,
) -> Tensor:
    """Convolution without bias whose taps read at their place plus an offset.

    Reads are bilinear between cells and zero beyond the border. T is the number of taps, counted
    row by row. G, the number of channel groups with separate offsets, follows from the shapes.

    Args:
        x: (B, C, H, W).
        offsets: y, then x of each tap of each group, in cells of x, (B, 2 G T, h, w).
        weight: (outputs, C / groups, side, side).
        mask: factors of the taps in version 2, (B, G T, h, w).
        stride: in cells of x.
        padding: cells around x.
        dilation: between taps, in cells of x.
        groups: of channels.

    Returns:
        (B, outputs, h, w), as from torchvision's compiled operator.

    Source:
        Dai et al. 2017, equations 2 to 4.

    Example:
        >>> x = torch.arange(9.0).reshape(1, 1, 3, 3)
        >>> half_right = torch.tensor([0.0, 0.5]).reshape(1, 2, 1, 1).expand(1, 2, 3, 3)
        >>> deformable_conv(x, half_right, torch.ones(1, 1, 1, 1))[0, 0]
        tensor([[0.5000, 1.5000, 1.0000],
                [3.5000, 4.5000, 2.5000],
                [6.5000, 7.5000, 4.0000]])
    """
    batch, channels, height, width = x.shape
    rows, columns = offsets.shape[2:]
    side = weight.shape[2]
    sets = batch * (offsets.shape[1] // (2 * side * side))  # B G
    moved = offsets.float().reshape(sets, side, side, 2, rows, columns)
    taps = dilation * torch.arange(side, device=x.device) - padding
    down = taps[:, None] + stride * torch.arange(rows, device=x.device)  # (side, h)
    across = taps[:, None] + stride * torch.arange(columns, device=x.device)  # (side, w)
    place_y = moved[:, :, :, 0] + down[:, None, :, None]
    place_x = moved[:, :, :, 1] + across[None, :, None, :]
    # cell i of n has its centre at (i + 0.5) / n of the map; the grid runs from -1 to 1
    grid = torch.stack([(2 * place_x + 1) / width - 1, (2 * place_y + 1) / height - 1], dim=-1)
    read = functional.grid_sample(
        x.float().reshape(sets, -1, height, width),
        grid.reshape(sets, side * side * rows, columns, 2),
        padding_mode="zeros",
        align_corners=False,
    ).reshape(sets, -1, side * side, rows, columns)
    if mask is not None:
        read = read * mask.float().reshape(sets, 1, side * side, rows, columns)
    # taps of a channel lie together, like those of a weight: the rest is a 1x1 convolution
    read = read.reshape(batch, channels * side * side, rows, columns).to(x.dtype)
    return functional.conv2d(read, weight.reshape(len(weight), -1, 1, 1), groups=groups)


class DeformableConv(nn.Module):
    """Deformable convolution that keeps the size at stride 1, then a norm.

    Its offsets come from another convolution, with `offset_channels` outputs.

    Args:
        inputs: channels.
        outputs: channels.
        kernel: its side, odd.
        stride: in cells of the input.
        groups: of channels.
        norm: of `norm_of`, or None.
        version: 1, or 2 with a factor for each tap.
        sets: number of channel groups with separate offsets.
    """

    def __init__(
        self,
        inputs: int,
        outputs: int,
        kernel: int,
        *,
        stride: int = 1,
        groups: int = 1,
        norm: str | None = "frozen",
        version: int = 1,
        sets: int = 1,
    ) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(outputs, inputs // groups, kernel, kernel))
        self.norm = None if norm is None else norm_of(norm, outputs)
        self.stride, self.padding, self.dilation = (stride, stride), (kernel // 2,) * 2, (1, 1)
        self.groups = groups
        self.version, self.taps = version, sets * kernel * kernel
        fill_weight(self.weight, "msra")

    @property
    def offset_channels(self) -> int:
        """Numbers per cell: y and x of each tap, plus a factor in version 2."""
        return (2 if self.version == 1 else 3) * self.taps

    def offset_layer(self) -> Conv:
        """The convolution that moves the taps, from the same input; it starts by moving none."""
        inputs, kernel = self.weight.shape[1] * self.groups, self.weight.shape[-1]
        layer = Conv(inputs, self.offset_channels, kernel, stride=self.stride[0])
        nn.init.zeros_(layer.weight)
        return layer

    def forward(self, x: Tensor, offsets: Tensor) -> Tensor:
        """(B, inputs, H, W) with (B, offset channels, h, w) to (B, outputs, h, w).

        In version 2 the last third of the offset channels are logits of the factors.
        """
        mask = None if self.version == 1 else offsets[:, 2 * self.taps :].float().sigmoid()
        x = deformable_conv(
            x,
            offsets[:, : 2 * self.taps],
            self.weight,
            mask=mask,
            stride=self.stride[0],
            padding=self.padding[0],
            dilation=self.dilation[0],
            groups=self.groups,
        )
        return x if self.norm is None else self.norm(x)
