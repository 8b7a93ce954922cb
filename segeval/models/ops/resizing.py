"""Maps in another size."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional


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
