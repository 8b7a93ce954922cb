"""Non-maximum suppression: of boxes that overlap much, the best stays."""

from __future__ import annotations

import torch
from torch import Tensor

from segeval.models.ops.boxes import box_iou

BLOCK = 512
"""Boxes that are compared with all others at once: memory grows with their number alone."""


def nms(boxes: Tensor, scores: Tensor, threshold: float) -> Tensor:
    """Places of the boxes that stay, best score first.

    A box is removed if its IoU with a better one that stays is above the threshold. Equal scores
    stand in the order given.

    Args:
        boxes: x0, y0, x1, y1, (N, 4).
        scores: (N,).
        threshold: IoU.

    Returns:
        int64, (M,), the same as torchvision's compiled operator gives.

    Example:
        >>> boxes = torch.tensor([[0.0, 0, 4, 4], [0, 0, 4, 3], [8, 8, 9, 9]])
        >>> nms(boxes, torch.tensor([0.6, 0.9, 0.3]), 0.5)
        tensor([1, 2])
    """
    order = scores.argsort(descending=True, stable=True)
    boxes = boxes[order].float()
    stays = torch.ones(len(boxes), dtype=torch.bool, device=boxes.device)
    for start in range(0, len(boxes), BLOCK):
        block = slice(start, start + BLOCK)
        above = box_iou(boxes[block], boxes[start:]) > threshold  # (block, the rest)
        above = above.cpu()
        own = stays[block].cpu()
        for place in range(len(own)):  # within a block one after the other
            if own[place]:
                own[place + 1 :] &= ~above[place, place + 1 : len(own)]
        stays[block] = own.to(boxes.device)
        removed = above[own][:, len(own) :].any(0)
        stays[start + len(own) :] &= ~removed.to(boxes.device)
    return order[stays]


def class_wise_nms(boxes: Tensor, scores: Tensor, classes: Tensor, threshold: float) -> Tensor:
    """The same for each class on its own: boxes of different classes never remove each other.

    Args:
        boxes: (N, 4).
        scores: (N,).
        classes: int64, (N,).
        threshold: IoU.

    Returns:
        int64, (M,), best score first.
    """
    kept = [
        rows[nms(boxes[rows], scores[rows], threshold)]
        for each in classes.unique()
        for rows in [torch.where(classes == each)[0]]
    ]
    if not kept:
        return classes.new_zeros(0)
    found = torch.cat(kept).sort().values
    return found[scores[found].argsort(descending=True, stable=True)]
