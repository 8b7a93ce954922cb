"""Maps in another size."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional


def size_of(maps: Tensor) -> tuple[int, int]:
    """(H, W) of maps (..., H, W)."""
    return maps.shape[-2], maps.shape[-1]


def resized(maps: Tensor, size: tuple[int, int]) -> Tensor:
    """Maps (B, C, H, W) in another size, bilinear between the centres of cells.

    Args:
        maps: of numbers.
        size: new (H, W).

    Example:
        >>> import torch
        >>> resized(torch.tensor([[[[0.0, 1.0]]]]), (1, 4))
        tensor([[[[0.0000, 0.2500, 0.7500, 1.0000]]]])
    """
    if maps.shape[2:] == size:
        return maps
    return functional.interpolate(maps, size=size, mode="bilinear", align_corners=False)


def resized_by_corners(maps: Tensor, size: tuple[int, int]) -> Tensor:
    """Maps (B, C, H, W) in another size, bilinear; the centres of the outermost cells stay.

    Args:
        maps: of numbers.
        size: new (H, W).

    Example:
        >>> import torch
        >>> resized_by_corners(torch.tensor([[[[0.0, 3.0]]]]), (1, 4))
        tensor([[[[0., 1., 2., 3.]]]])
    """
    if maps.shape[2:] == size:
        return maps
    return functional.interpolate(maps, size=size, mode="bilinear", align_corners=True)
