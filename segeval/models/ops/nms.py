"""Non-maximum suppression: of boxes that overlap much, the best is kept."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from segeval.models.ops.boxes import box_iou

BLOCK = 512
"""Boxes compared with all others at once, which keeps memory linear in the number of boxes."""

TOGETHER = 1024
"""Most boxes compared across classes at once; more are compared class by class."""


def nms(boxes: Tensor, scores: Tensor, threshold: float) -> Tensor:
    """Indices of the kept boxes, best score first.

    A box is removed if its IoU with a better kept one is above the threshold. Equal scores keep the
    given order.

    Args:
        boxes: x0, y0, x1, y1, (N, 4).
        scores: (N,).
        threshold: IoU.

    Returns:
        int64, (M,), as from torchvision's compiled operator.

    Example:
        >>> boxes = torch.tensor([[0.0, 0, 4, 4], [0, 0, 4, 3], [8, 8, 9, 9]])
        >>> nms(boxes, torch.tensor([0.6, 0.9, 0.3]), 0.5)
        tensor([1, 2])
    """
    return _best(boxes, scores, None, threshold)


def class_wise_nms(boxes: Tensor, scores: Tensor, classes: Tensor, threshold: float) -> Tensor:
    """`nms` within each class: boxes of different classes never remove each other.

    Args:
        boxes: (N, 4).
        scores: (N,).
        classes: int64, (N,).
        threshold: IoU.

    Returns:
        int64, (M,), best score first.

    Example:
        >>> boxes = torch.tensor([[0.0, 0, 4, 4], [0, 0, 4, 3], [0, 0, 4, 4]])
        >>> class_wise_nms(boxes, torch.tensor([0.6, 0.9, 0.3]), torch.tensor([0, 0, 1]), 0.5)
        tensor([1, 2])
    """
    if len(boxes) <= TOGETHER:
        return _best(boxes, scores, classes, threshold)
    kept = [
        rows[nms(boxes[rows], scores[rows], threshold)]
        for each in classes.unique()
        for rows in [torch.where(classes == each)[0]]
    ]
    found = torch.cat(kept).sort().values
    return found[scores[found].argsort(descending=True, stable=True)]


def _best(boxes: Tensor, scores: Tensor, classes: Tensor | None, threshold: float) -> Tensor:
    """Indices of the kept boxes, best score first."""
    order = scores.argsort(descending=True, stable=True)
    boxes, limit = boxes[order].float(), _single(threshold)
    classes = None if classes is None else classes[order]
    stays = np.ones(len(boxes), np.bool_)
    for start in range(0, len(boxes), BLOCK):
        stop = min(start + BLOCK, len(boxes))
        near = box_iou(boxes[start:stop], boxes[start:]) > limit  # (block, itself and the rest)
        if classes is not None:
            near &= classes[start:stop, None] == classes[start:]
        removes = near.cpu().numpy()
        for place in range(start, stop):
            if stays[place]:
                stays[place + 1 :] &= ~removes[place - start, place + 1 - start :]
    return order[torch.from_numpy(stays).to(order.device)]


def _single(threshold: float) -> float:
    """The largest float32 that is at most the threshold.

    The compiled operator compares a float32 IoU with a float64 threshold, where 3 / 5 is above 0.6.
    torch would round the threshold to the same float32.
    """
    nearest = np.float32(threshold)
    return float(nearest if float(nearest) <= threshold else np.nextafter(nearest, np.float32(-1)))
