"""Boxes as x0, y0, x1, y1 in pixels, and as the deltas of a box head.

Source: Girshick 2015, Fast R-CNN, with the weights and the limit of detectron2.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

LARGEST_SCALE = math.log(1000 / 16)
"""Largest logarithm of the growth of a side: from 16 pixels to 1000."""

Weights = tuple[float, float, float, float]


def box_iou(boxes: Tensor, others: Tensor) -> Tensor:
    """IoU of every pair, without "+1" for the sides.

    Args:
        boxes: (N, 4).
        others: (M, 4).

    Returns:
        (N, M); 0 where both are empty.

    Example:
        >>> box_iou(torch.tensor([[0.0, 0, 2, 2]]), torch.tensor([[1.0, 0, 3, 2], [5, 5, 6, 6]]))
        tensor([[0.3333, 0.0000]])
    """
    return paired_iou(boxes[:, None], others[None])


def paired_iou(boxes: Tensor, others: Tensor) -> Tensor:
    """IoU of each box with the other one in its place, as of `box_iou`.

    Args:
        boxes: (..., 4).
        others: (..., 4).

    Returns:
        Of the shape that both have in common, with a gradient where boxes overlap.

    Example:
        >>> paired_iou(torch.tensor([[0.0, 0, 2, 2]]), torch.tensor([[1.0, 0, 3, 2]]))
        tensor([0.3333])
    """
    low = torch.maximum(boxes[..., :2], others[..., :2])
    high = torch.minimum(boxes[..., 2:], others[..., 2:])
    shared = (high - low).clamp(min=0).prod(-1)
    union = _areas(boxes) + _areas(others) - shared
    overlap = shared > 0
    return torch.where(overlap, shared / torch.where(overlap, union, 1), 0)


def clip_boxes(boxes: Tensor, size: tuple[int, int]) -> Tensor:
    """Boxes clipped to an image of `size` (H, W), (..., 4).

    Example:
        >>> clip_boxes(torch.tensor([[-5.0, 10.0, 90.0, 70.0]]), (60, 80))
        tensor([[ 0., 10., 80., 60.]])
    """
    height, width = size
    x = boxes[..., 0::2].clamp(0, width)
    y = boxes[..., 1::2].clamp(0, height)
    return torch.stack([x[..., 0], y[..., 0], x[..., 1], y[..., 1]], dim=-1)


def mirror_boxes(boxes: Tensor, width: float) -> Tensor:
    """Boxes in the mirror image of an image of `width` pixels, (..., 4)."""
    x0, y0, x1, y1 = boxes.unbind(-1)
    return torch.stack([width - x1, y0, width - x0, y1], dim=-1)


def move_boxes(
    boxes: Tensor, before: tuple[int, int], after: tuple[int, int], *, mirrored: bool = False
) -> Tensor:
    """Boxes of an image in another view of it.

    Args:
        boxes: (N, 4).
        before: (H, W) of the image.
        after: (H, W) of the other view.
        mirrored: whether the other view is mirrored.

    Example:
        >>> box = torch.tensor([[1.0, 0.0, 3.0, 2.0]])
        >>> move_boxes(box, (4, 4), (8, 8), mirrored=True)
        tensor([[2., 0., 6., 4.]])
    """
    high, wide = after[0] / before[0], after[1] / before[1]
    boxes = boxes * boxes.new_tensor([wide, high, wide, high])
    return mirror_boxes(boxes, after[1]) if mirrored else boxes


def encode_boxes(boxes: Tensor, targets: Tensor, weights: Weights = (1, 1, 1, 1)) -> Tensor:
    """The deltas dx, dy, dw, dh that move boxes onto targets, (N, 4).

    Args:
        boxes: (N, 4), none of them empty.
        targets: (N, 4).
        weights: of the four numbers.

    Example:
        >>> box = torch.tensor([[0.0, 0.0, 10.0, 20.0]])
        >>> encode_boxes(box, torch.tensor([[5.0, 0.0, 15.0, 20.0]]))
        tensor([[0.5000, 0.0000, 0.0000, 0.0000]])
    """
    centre, side = _centre_and_side(boxes)
    target_centre, target_side = _centre_and_side(targets)
    deltas = torch.cat([(target_centre - centre) / side, torch.log(target_side / side)], dim=1)
    return deltas * deltas.new_tensor(weights)


def decode_boxes(boxes: Tensor, deltas: Tensor, weights: Weights = (1, 1, 1, 1)) -> Tensor:
    """Boxes moved and scaled by predicted deltas.

    Args:
        boxes: (N, 4).
        deltas: dx, dy, dw, dh for one or more classes, (N, 4 K).
        weights: of the four numbers.

    Returns:
        float32, (N, 4 K).

    Example:
        >>> box = torch.tensor([[0.0, 0.0, 4.0, 2.0]])
        >>> target = torch.tensor([[1.0, 1.0, 3.0, 5.0]])
        >>> decode_boxes(box, encode_boxes(box, target))
        tensor([[1., 1., 3., 5.]])
    """
    centre, side = _centre_and_side(boxes.float())
    moves = (
        deltas.float().reshape(len(boxes), deltas.shape[1] // 4, 4)
        / deltas.new_tensor(weights).float()
    )
    centres = centre[:, None] + moves[..., :2] * side[:, None]
    sides = moves[..., 2:].clamp(max=LARGEST_SCALE).exp() * side[:, None]
    return torch.cat([centres - sides / 2, centres + sides / 2], dim=2).reshape(deltas.shape)


def _areas(boxes: Tensor) -> Tensor:
    return (boxes[..., 2:] - boxes[..., :2]).prod(-1)


def _centre_and_side(boxes: Tensor) -> tuple[Tensor, Tensor]:
    side = boxes[:, 2:] - boxes[:, :2]
    return boxes[:, :2] + side / 2, side
