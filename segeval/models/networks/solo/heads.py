"""The heads of SOLOv2: classes and kernels of cells, and the feature that kernels read.

    levels -> SOLOHead     classes (B, K, S, S) and kernels (B, E, S, S) of each level's grid
    levels -> MaskFeature  (B, E, H / 4, W / 4)

The mask of a cell is the product of its kernel and the feature. Modules are named as in AdelaiDet's
files.

Source: Wang et al. 2020, SOLOv2, section 3.2 and figure 3.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

from torch import Tensor, nn

from segeval.errors import InputError
from segeval.models.config import PyramidConfig
from segeval.models.config.parts.solo import SOLOConfig
from segeval.models.networks.components import register_component
from segeval.models.networks.solo.layers import conv_norm_relu, predictor
from segeval.models.networks.solo.levels import LEVELS, solo_levels, with_coordinates
from segeval.models.ops.resizing import resized

PRIOR = 0.01
"""Probability of every class in every cell that the class branch starts from."""

READ = LEVELS - 1
"""Levels that the mask feature reads."""


@register_component("solo-head")
class SOLOHead(nn.Module):
    """Classes and kernels of the cells of a grid on each level.

    Args:
        classes: K.
        channels: of the pyramid.
        grids: cells along each side, of each level.
        layers: number of 3x3 convolutions in each branch.
        width: channels of these.
        kernels: E, numbers of a kernel.
        deformable: version of the deformable convolutions in the branches, 0 for plain ones.

    Example:
        >>> import torch
        >>> head = SOLOHead(2, channels=8, grids=(6, 5, 4, 3, 2), layers=1, width=32, kernels=32)
        >>> classes, kernels = head([torch.zeros(1, 8, 32 >> at, 32 >> at) for at in range(5)])
        >>> [tuple(each.shape[1:]) for each in (classes[0], kernels[4])]
        [(2, 6, 6), (32, 2, 2)]
    """

    def __init__(
        self,
        classes: int,
        *,
        channels: int = PyramidConfig.channels,
        grids: Sequence[int] = SOLOConfig.grids,
        layers: int = SOLOConfig.layers,
        width: int = SOLOConfig.channels,
        kernels: int = SOLOConfig.kernels,
        deformable: int = SOLOConfig.deformable,
    ) -> None:
        super().__init__()
        self.channels, self.grids = channels, tuple(grids)
        self.cate_tower = _tower(channels, width, layers, deformable)
        self.kernel_tower = _tower(channels + 2, width, layers, deformable)
        inputs = width if layers else channels
        self.cate_pred = predictor(inputs, classes, bias=-math.log((1 - PRIOR) / PRIOR))
        self.kernel_pred = predictor(width if layers else channels + 2, kernels)

    def forward(self, maps: Sequence[Tensor]) -> tuple[list[Tensor], list[Tensor]]:
        """Logits of the classes (B, K, S, S) and kernels (B, E, S, S) of each level.

        Args:
            maps: p2 to p6, (B, C, H / stride, W / stride).
        """
        classes, kernels = [], []
        for level, grid in zip(solo_levels(maps), self.grids, strict=True):
            cells = resized(with_coordinates(level), (grid, grid))
            kernels.append(self.kernel_pred(self.kernel_tower(cells)))
            classes.append(self.cate_pred(self.cate_tower(cells[:, : self.channels])))
        return classes, kernels


@register_component("solo-mask-feature")
class MaskFeature(nn.Module):
    """One map of stride 4 from the four finest levels of the pyramid.

    The coarsest of them knows the places of its cells.

    Args:
        channels: of the pyramid.
        width: channels inside.
        outputs: E, channels of the feature.
        deformable: version of the deformable 3x3 convolutions, 0 for plain ones.

    Example:
        >>> import torch
        >>> feature = MaskFeature(channels=8, width=32, outputs=64)
        >>> tuple(feature([torch.zeros(1, 8, 32 >> at, 48 >> at) for at in range(4)]).shape)
        (1, 64, 32, 48)
    """

    def __init__(
        self,
        *,
        channels: int = PyramidConfig.channels,
        width: int = SOLOConfig.mask_channels,
        outputs: int = SOLOConfig.kernels,
        deformable: int = SOLOConfig.deformable,
    ) -> None:
        super().__init__()
        self.convs_all_levels = nn.ModuleList()
        for level in range(READ):
            branch = nn.Sequential()
            inputs = channels + 2 * (level == READ - 1)
            for number in range(max(1, level)):
                layers = conv_norm_relu(inputs, width, deformable=deformable)
                branch.add_module(f"conv{number}", nn.Sequential(*layers))
                if level:
                    branch.add_module(f"upsample{number}", Doubled())
                inputs = width
            self.convs_all_levels.append(branch)
        self.conv_pred = nn.Sequential(*conv_norm_relu(width, outputs, kernel=1))

    def forward(self, maps: Sequence[Tensor]) -> Tensor:
        """From p2 to p5, (B, C, H / stride, W / stride), to (B, E, H / 4, W / 4).

        Raises:
            InputError: for another number of levels.
        """
        if len(maps) != READ:
            raise InputError(
                f"The mask feature gets {len(maps)} levels, expected {READ}, p2 to p5.",
                code="levels",
                field="maps",
            )
        first, *middle, last = maps
        seen = zip(self.convs_all_levels, (first, *middle, with_coordinates(last)), strict=True)
        total: Tensor | int = 0
        for branch, level in seen:
            total = total + branch(level)
        found: Tensor = self.conv_pred(total)
        return found


class Doubled(nn.Upsample):
    """Maps of twice the size, bilinear between the centres of cells."""

    def __init__(self) -> None:
        super().__init__(scale_factor=2, mode="bilinear", align_corners=False)


def _tower(inputs: int, width: int, layers: int, deformable: int) -> nn.Sequential:
    """The convolutions of a branch, each with its norm and ReLU."""
    sides = [inputs, *[width] * layers]
    return nn.Sequential(
        *(each for pair in pairwise(sides) for each in conv_norm_relu(*pair, deformable=deformable))
    )
