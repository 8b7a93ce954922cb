"""Label maps as targets: labels at points, and the loss of logits against labels."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from segeval.models.ops.resizing import resized


@torch.no_grad()
def labels_at(labels: Tensor, points: Tensor) -> Tensor:
    """The label of the pixel that holds each point.

    Args:
        labels: label maps, int64, (B, H, W).
        points: (x, y) in [0, 1]² of the maps, (B, N, 2).

    Returns:
        int64, (B, N), as from `sample_points` in mode "nearest", except that points on the border
        of the map belong to its last pixels.

    Example:
        >>> labels_at(torch.tensor([[[1, 2, 255]]]), torch.tensor([[[0.5, 0.9], [1.0, 1.0]]]))
        tensor([[  2, 255]])
    """
    height, width = labels.shape[1:]
    x, y = points.float().unbind(-1)
    column = (x * width - 0.5).round().long().clamp(0, width - 1)
    row = (y * height - 0.5).round().long().clamp(0, height - 1)
    return labels.flatten(1).gather(1, row * width + column)


def pixel_loss(logits: Tensor, labels: Tensor, ignore: int = 255) -> Tensor:
    """`label_loss` of logits (B, K, h, w) resized to their label maps (B, H, W)."""
    size = labels.shape[1], labels.shape[2]
    return label_loss(resized(logits.float(), size), labels, ignore)


def label_loss(logits: Tensor, labels: Tensor, ignore: int = 255) -> Tensor:
    """Mean cross-entropy of labelled pixels or points.

    Args:
        logits: (B, K, ...).
        labels: 0 to K - 1 or `ignore`, int64, (B, ...).
        ignore: label without loss.

    Returns:
        A number. Without labels it is 0, with zero gradients, where a plain mean would turn all
        weights into NaN.

    Example:
        >>> logits = torch.zeros(1, 4, 3)
        >>> label_loss(logits, torch.tensor([[0, 3, 255]]))  # the logarithm of 4
        tensor(1.3863)
        >>> label_loss(logits, torch.tensor([[255, 255, 255]]))
        tensor(0.)
    """
    total = functional.cross_entropy(logits.float(), labels, ignore_index=ignore, reduction="sum")
    return total / (labels != ignore).sum().clamp(min=1)
