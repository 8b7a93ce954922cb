"""Anchors: the boxes that a region proposal network starts from.

Source: Ren et al. 2015, Faster R-CNN, section 3.1.1; sizes per level as Lin et al. 2017, FPN,
section 4.1; centres as detectron2 puts them (offset 0).
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

RATIOS = (0.5, 1.0, 2.0)
"""Height / width."""


def cell_anchors(
    sizes: Sequence[float],
    ratios: Sequence[float] = RATIOS,
    device: torch.device | str | None = None,
) -> Tensor:
    """Anchors around (0, 0), not rounded.

    Args:
        sizes: square roots of their areas, in pixels, S of them.
        ratios: height / width, R of them.
        device: of the result.

    Returns:
        x0, y0, x1, y1, float32, (S R, 4): all ratios of a size stand together.

    Example:
        >>> cell_anchors([32], ratios=[1, 4])
        tensor([[-16., -16.,  16.,  16.],
                [ -8., -32.,   8.,  32.]])
    """
    ratio = torch.tensor(ratios, dtype=torch.float64)
    size = torch.tensor(sizes, dtype=torch.float64)[:, None]
    width = (size**2 / ratio).sqrt()
    half = torch.stack([width, width * ratio], dim=2).reshape(-1, 2) / 2
    return torch.cat([-half, half], dim=1).to(device=device, dtype=torch.float32)


def level_anchors(
    grid: tuple[int, int],
    stride: int,
    sizes: Sequence[float],
    *,
    ratios: Sequence[float] = RATIOS,
    whole: bool = False,
    device: torch.device | str | None = None,
) -> Tensor:
    """Anchors of all cells of a feature map, with centres at (x * stride, y * stride).

    Args:
        grid: (H, W) of the feature map.
        stride: of the feature map, in pixels.
        sizes: square roots of the areas of the anchors, in pixels.
        ratios: height / width.
        whole: whether centres are half a stride to the right and below instead, and corners
            rounded, see `whole_anchors`.
        device: of the result.

    Returns:
        (H W A, 4), float32, row by row; the A anchors of a cell stand together, see `cell_anchors`.

    Example:
        >>> level_anchors((1, 2), 4, [8], ratios=[1])
        tensor([[-4., -4.,  4.,  4.],
                [ 0., -4.,  8.,  4.]])
    """
    height, width = (
        torch.arange(cells, dtype=torch.float32, device=device) * stride for cells in grid
    )
    y, x = torch.meshgrid(height, width, indexing="ij")
    centres = torch.stack([x, y, x, y], dim=2).reshape(-1, 1, 4)
    of_cell = cell_anchors(sizes, ratios, device)
    if whole:
        of_cell = whole_anchors(of_cell, stride)
    return (centres + of_cell).reshape(-1, 4)


def whole_anchors(anchors: Tensor, stride: int) -> Tensor:
    """Anchors in the middle of a cell, with whole numbers of pixels.

    Args:
        anchors: around (0, 0), (A, 4).
        stride: of the cell, in pixels.

    Source:
        mmdetection 1, AnchorGenerator: it rounds the first and the last pixel of an anchor, half to
        even; here a box ends behind its last pixel.

    Example:
        >>> whole_anchors(torch.tensor([[-16.0, -16, 16, 16], [-22.6, -11.3, 22.6, 11.3]]), 4)
        tensor([[-14., -14.,  18.,  18.],
                [-21.,  -9.,  25.,  13.]])
    """
    ends = torch.tensor([0.0, 0, 1, 1]).to(anchors)
    return (anchors - ends + stride / 2).round() + ends
