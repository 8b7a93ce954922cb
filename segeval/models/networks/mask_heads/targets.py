"""Targets and shared losses of mask heads.

Boxes of one object share its bitmap, which is never copied.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from segeval.models.networks.batches import MaskSample
from segeval.models.ops import points_in_image, roi_align


def of_class(logits: Tensor, classes: Tensor) -> Tensor:
    """The logits of each box's class, (N, ...) of (N, K, ...); K = 1 serves all classes.

    Example:
        >>> of_class(torch.tensor([[1.0, 2.0], [3.0, 4.0]]), torch.tensor([1, 0]))
        tensor([2., 3.])
    """
    if logits.shape[1] == 1:
        return logits[:, 0]
    return logits[torch.arange(len(logits), device=logits.device), classes]


@torch.no_grad()
def grid_targets(sample: MaskSample, side: int, *, soft: bool = False) -> Tensor:
    """The covered share of each cell, (N, side, side): 0 or 1, or in [0, 1] if soft."""
    found = [
        roi_align(mask[:, None].float(), box, which, side, scale=1)[:, 0]
        for box, mask, which in zip(sample.boxes, sample.masks, sample.objects, strict=True)
    ]
    covered = torch.cat(found)
    return covered if soft else (covered >= 0.5).float()


@torch.no_grad()
def point_targets(points: Tensor, sample: MaskSample) -> Tensor:
    """Bitmaps at points (N, P, 2) of the boxes, between their pixels, (N, P) in [0, 1]."""
    counts = [len(each) for each in sample.boxes]
    columns = points.split(counts), sample.boxes, sample.masks, sample.objects
    found = [
        _between_pixels(mask, which, points_in_image(some, box, (mask.shape[1], mask.shape[2])))
        for some, box, mask, which in zip(*columns, strict=True)
    ]
    return torch.cat(found)


def mask_loss(logits: Tensor, classes: Tensor, targets: Tensor) -> Tensor:
    """Mean binary cross-entropy of the logits of each box's class.

    Args:
        logits: (N, K, ...).
        classes: int64, (N,).
        targets: in [0, 1], (N, ...).

    Returns:
        A number; without boxes 0, with zero gradients.
    """
    if len(logits) == 0:
        return 0 * logits.sum()
    chosen = of_class(logits, classes)
    return functional.binary_cross_entropy_with_logits(chosen.float(), targets)


def _between_pixels(masks: Tensor, which: Tensor, places: Tensor) -> Tensor:
    """Masks (m, H, W) at places (n, P, 2) in [0, 1]², bilinear, 0 beyond the border.

    It rounds exactly like `sample_points`, which would need a copy of the mask for every box.
    """
    height, width = masks.shape[1:]
    pixels = (2 * places - 1 + 1) * (places.new_tensor([width, height]) / 2) - 0.5
    corner = pixels.floor()
    beside, below = (pixels - corner).unbind(-1)
    column, row = corner.long().unbind(-1)
    total = torch.zeros_like(beside)
    for down, part in ((0, 1 - below), (1, below)):
        for across, share in ((0, 1 - beside), (1, beside)):
            y, x = row + down, column + across
            inside = (y >= 0) & (y < height) & (x >= 0) & (x < width)
            y, x = y.clamp(0, height - 1), x.clamp(0, width - 1)
            total += masks[which[:, None], y, x].float() * inside * part * share
    return total
