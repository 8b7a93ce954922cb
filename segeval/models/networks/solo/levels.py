"""The five levels that SOLO reads, and the places of their cells as features.

Source: Wang et al. 2020, SOLOv2, sections 3.1 and 3.2; places as in CoordConv (Liu et al. 2018).
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from segeval.errors import InputError
from segeval.models.networks.components import register_component
from segeval.models.ops.resizing import resized, size_of

LEVELS = 5
"""Levels of the pyramid."""


def solo_levels(maps: Sequence[Tensor]) -> list[Tensor]:
    """The levels of a pyramid as the head reads them.

    Args:
        maps: p2 to p6 of the same images, (B, C, H / stride, W / stride), strides 4 to 64.

    Returns:
        The same with the first at half its size and the last in that of the one before it, both
        bilinear: strides 8, 8, 16, 32, 32.

    Raises:
        InputError: for another number of levels.

    Example:
        >>> maps = [torch.zeros(1, 2, 32 >> level, 64 >> level) for level in range(5)]
        >>> [tuple(each.shape[2:]) for each in solo_levels(maps)]
        [(16, 32), (16, 32), (8, 16), (4, 8), (4, 8)]
    """
    if len(maps) != LEVELS:
        raise InputError(
            f"The pyramid has {len(maps)} levels, expected {LEVELS}, p2 to p6: SOLO has a grid for "
            "each.",
            code="levels",
            field="maps",
        )
    first, *middle, last = maps
    return [resized(first, half_of(first)), *middle, resized(last, size_of(middle[-1]))]


def strides_of(strides: Sequence[int]) -> list[int]:
    """The strides of `solo_levels` in pixels, from those of the pyramid.

    Example:
        >>> strides_of([4, 8, 16, 32, 64])
        [8, 8, 16, 32, 32]
    """
    first, *middle, _ = strides
    return [2 * first, *middle, middle[-1]]


def half_of(x: Tensor) -> tuple[int, int]:
    """Half of (H, W), at least a cell each."""
    height, width = size_of(x)
    return max(1, height // 2), max(1, width // 2)


@register_component("solo-coordinates")
def coordinates(*, height: int, width: int) -> Tensor:
    """The place of each cell: x, then y, from -1 for the first one to 1 for the last one.

    Args:
        height: of the map, in cells.
        width: of the map, in cells.

    Returns:
        float64, (2, height, width).

    Example:
        >>> coordinates(height=2, width=3).tolist()
        [[[-1.0, 0.0, 1.0], [-1.0, 0.0, 1.0]], [[-1.0, -1.0, -1.0], [1.0, 1.0, 1.0]]]
    """
    x, y = (torch.linspace(-1, 1, side, dtype=torch.float64) for side in (width, height))
    return torch.stack([x.expand(height, width), y[:, None].expand(height, width)])


def with_coordinates(x: Tensor) -> Tensor:
    """Maps (B, C, H, W) with the places of their cells as two last channels, (B, C + 2, H, W)."""
    height, width = size_of(x)
    places = coordinates(height=height, width=width).to(x)
    return torch.cat([x, places.expand(len(x), 2, height, width)], dim=1)
