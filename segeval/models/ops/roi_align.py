"""Features of boxes, averaged over samples between the pixels.

Source: He et al. 2017, Mask R-CNN, section 3, with the sample positions and borders of the compiled
operator of torchvision.
"""

from __future__ import annotations

import torch
from torch import Tensor

NUMBERS = 1 << 25
"""Most numbers that are gathered at once."""


def roi_align(
    features: Tensor,
    boxes: Tensor,
    image: Tensor,
    side: int,
    *,
    scale: float,
    samples: int = 0,
) -> Tensor:
    """Features in a grid of side x side cells of every box.

    Args:
        features: (B, C, H, W).
        boxes: x0, y0, x1, y1 in pixels of the image, (N, 4).
        image: which of the B images each box is in, int64, (N,).
        side: cells along each side.
        scale: of the features, 1 / stride.
        samples: along each side of a cell; 0 takes as many as the cell has pixels, rounded up.

    Returns:
        (N, C, side, side). Corners of boxes lie between pixels (aligned=True): half a pixel is
        taken off.

    Example:
        >>> features = torch.arange(16.0).reshape(1, 1, 4, 4)
        >>> box = torch.tensor([[0.0, 0.0, 4.0, 4.0]])
        >>> roi_align(features, box, torch.zeros(1, dtype=torch.int64), 2, scale=1)
        tensor([[[[ 2.5000,  4.5000],
                  [10.5000, 12.5000]]]])
    """
    scaled = boxes.float() * scale - 0.5
    sides = scaled[:, 2:] - scaled[:, :2]
    counts = (sides / side).ceil().long()  # samples per cell, (N, 2) as x, y
    if samples:
        counts = torch.full_like(counts, samples)
    out = features.new_zeros(len(boxes), features.shape[1], side, side)
    for pair in counts[(counts > 0).all(1)].unique(dim=0):  # a box without samples stays 0
        rows = torch.where((counts == pair).all(1))[0]
        across, down = (int(number) for number in pair)
        per_box = features.shape[1] * side * side * across * down * 4
        for some in rows.split(max(1, NUMBERS // per_box)):
            x = _positions(scaled[some, 0], sides[some, 0], side, across)
            y = _positions(scaled[some, 1], sides[some, 1], side, down)
            found = _bilinear(features, image[some], y, x)
            cells = found.reshape(len(some), -1, side, down, side, across)
            out[some] = cells.mean(dim=(3, 5)).to(out.dtype)
    return out


def _positions(start: Tensor, length: Tensor, side: int, samples: int) -> Tensor:
    """Where samples lie along one axis of N boxes, (N, side x samples)."""
    cell = (length / side)[:, None, None]
    cells = torch.arange(side, device=start.device)[:, None]
    within = torch.arange(samples, device=start.device) + 0.5
    # in the operator's order: masks that are half covered are told by the last bit
    return (start[:, None, None] + cells * cell + within * cell / samples).flatten(1)


def _bilinear(features: Tensor, image: Tensor, y: Tensor, x: Tensor) -> Tensor:
    """Features at all crossings of y (N, P) and x (N, Q), (N, C, P, Q)."""
    height, width = features.shape[2:]
    (top, bottom, below), (left, right, beside) = _neighbours(y, height), _neighbours(x, width)
    channels = features.permute(0, 2, 3, 1)  # a pixel's channels lie together

    def at(row: Tensor, column: Tensor) -> Tensor:
        return channels[image[:, None, None], row[:, :, None], column[:, None, :]].float()

    below, beside = below[:, :, None, None], beside[:, None, :, None]
    upper = at(top, left) * (1 - beside) + at(top, right) * beside
    lower = at(bottom, left) * (1 - beside) + at(bottom, right) * beside
    found = upper * (1 - below) + lower * below
    inside = _inside(y, height)[:, :, None] & _inside(x, width)[:, None, :]
    return (found * inside[..., None]).permute(0, 3, 1, 2)


def _neighbours(position: Tensor, size: int) -> tuple[Tensor, Tensor, Tensor]:
    """The pixels on both sides of each position, and how far it is from the first."""
    position = position.clamp(min=0)
    first = position.floor().long().clamp(max=size - 1)
    second = (first + 1).clamp(max=size - 1)
    return (
        first,
        second,
        torch.where(first < size - 1, position - first, torch.zeros_like(position)),
    )


def _inside(position: Tensor, size: int) -> Tensor:
    """Whether positions are at most a cell outside of the map; beyond that features are 0."""
    return (position >= -1) & (position <= size)
