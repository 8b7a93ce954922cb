"""Features of boxes, averaged over samples between the pixels.

Source: He et al. 2017, Mask R-CNN, section 3, with the sample positions and borders of
torchvision's compiled operator; cells that move are those of Dai et al. 2017, Deformable
Convolutional Networks, section 2.2.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

NUMBERS = 1 << 22
"""Most numbers read at once; sixteen times as many on a GPU."""


def roi_align(
    features: Tensor,
    boxes: Tensor,
    image: Tensor,
    side: int,
    *,
    scale: float,
    samples: int = 0,
    offsets: Tensor | None = None,
) -> Tensor:
    """Features in a grid of side x side cells of every box.

    Args:
        features: (B, C, H, W).
        boxes: x0, y0, x1, y1 in pixels of the image, (N, 4).
        image: index of the image of each box, int64, (N,).
        side: cells along each side.
        scale: of the features, 1 / stride.
        samples: along each side of a cell; 0 for as many as the cell has pixels, rounded up. An
            empty or non-finite box then has no samples and reads 0.
        offsets: x, y in pixels of the image by which the samples of each cell move, row by row,
            (N, side, side, 2), or (N, 1, 1, 2) for all cells of a box alike; None for none. They
            have a gradient. What lies outside of the features reads 0.

    Returns:
        (N, C, side, side). Corners of boxes lie between pixels (aligned=True): half a pixel is
        subtracted.

    Example:
        >>> features = torch.arange(16.0).reshape(1, 1, 4, 4)
        >>> box = torch.tensor([[0.0, 0.0, 4.0, 4.0]])
        >>> roi_align(features, box, torch.zeros(1, dtype=torch.int64), 2, scale=1)
        tensor([[[[ 2.5000,  4.5000],
                  [10.5000, 12.5000]]]])
    """
    scaled = boxes.float() * scale - 0.5
    sides = scaled[:, 2:] - scaled[:, :2]
    moves = None if offsets is None else offsets.float() * scale
    counts = (sides / side).ceil().long()  # samples per cell, (N, 2) as x, y
    if samples:
        counts = torch.full_like(counts, samples)
    counts = counts * scaled.isfinite().all(1, keepdim=True)
    channels, height, width = features.shape[1:]
    pixels = features.float().permute(0, 2, 3, 1).reshape(-1, channels)
    out = features.new_zeros(len(boxes), side, side, channels)
    most = NUMBERS << 4 if features.is_cuda else NUMBERS
    for pair in counts[(counts > 0).all(1)].unique(dim=0):  # boxes without samples stay 0
        rows = torch.where((counts == pair).all(1))[0]
        across, down = (int(number) for number in pair)
        per_line = side * side * across * (channels + 12)  # 4 places and weights per sample
        for some in rows.split(max(1, most // (per_line * down))):
            x = _positions(scaled[some, 0], sides[some, 0], side, across)[:, None]
            y = _positions(scaled[some, 1], sides[some, 1], side, down)[:, :, None]
            if moves is not None:
                x, y = x + moves[some, :, :, :1], y + moves[some, :, :, 1:]
            lines = y.split(max(1, most // per_line), dim=3)  # several only for a very large box
            found = [
                _bilinear(pixels, (height, width), image[some], each, x).sum(dim=3)
                for each in lines
            ]
            out[some] = (sum(found[1:], found[0]) / (across * down)).to(out.dtype)
    return out.permute(0, 3, 1, 2)


def _positions(start: Tensor, length: Tensor, side: int, samples: int) -> Tensor:
    """Positions of samples along one axis of N boxes, (N, side, samples)."""
    cell = (length / side)[:, None, None]
    cells = torch.arange(side, device=start.device)[:, None]
    within = torch.arange(samples, device=start.device) + 0.5
    # in the operator's order: the last bit decides masks that are half covered
    return start[:, None, None] + cells * cell + within * cell / samples


def _bilinear(pixels: Tensor, size: tuple[int, int], image: Tensor, y: Tensor, x: Tensor) -> Tensor:
    """Features at all crossings of samples in a cell, (N, side, side, P Q, C).

    Args:
        pixels: of all images, row by row, (B H W, C).
        size: (H, W).
        image: of each box, (N,).
        y: (N, side, side or 1, P).
        x: (N, side or 1, side, Q).
    """
    row, above = _neighbours(y, size[0])
    column, beside = _neighbours(x, size[1])
    row = image[:, None, None, None, None] * size[0] + row
    # of (N, side, side, P, Q, 2, 2)
    along_y, along_x = (..., None, slice(None), None), (..., None, slice(None), None, slice(None))
    place = row[along_y] * size[1] + column[along_x]
    weight = above[along_y] * beside[along_x]
    # a sample is a bag: the weighted sum of four pixels
    found = functional.embedding_bag(
        place.reshape(-1, 4), pixels, mode="sum", per_sample_weights=weight.reshape(-1, 4)
    )
    return found.reshape(*place.shape[:3], -1, pixels.shape[1])


def _neighbours(position: Tensor, size: int) -> tuple[Tensor, Tensor]:
    """The pixels on both sides of each position and their weights, (..., 2) each.

    Positions more than a cell outside of the map read 0.
    """
    inside = (position >= -1) & (position <= size)
    position = position.clamp(min=0)
    # places that a diverged model moved to NaN have features of NaN, from a pixel of the map
    known = position.nan_to_num(nan=0.0).clamp(max=size)
    first = known.floor().long().clamp(max=size - 1)
    second = (first + 1).clamp(max=size - 1)
    share = torch.where(first < size - 1, position - first, torch.zeros_like(position))
    weights = torch.stack([1 - share, share], dim=-1) * inside.unsqueeze(-1)
    return torch.stack([first, second], dim=-1), weights
