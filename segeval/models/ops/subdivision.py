"""Masks from coarse to fine, with new predictions only at uncertain points.

Source: Kirillov et al. 2020, PointRend, section 3.1, figure 4.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional

from segeval.models.ops.points import (
    Uncertainty,
    cell_centres,
    class_uncertainty,
    grid_points,
    mask_uncertainty,
)

Predict = Callable[[Tensor], Tensor]
"""From points (B, N, 2) of boxes to logits of each box's class, (B, N); from points of images to
logits of all classes, (B, K, N)."""


def first_grid(side: int, steps: int, points: int) -> tuple[int, int]:
    """The side of the first grid that `subdivide` predicts, and the number of steps after it.

    Example:
        >>> first_grid(7, 5, 784), first_grid(7, 5, 195), first_grid(13, 5, 4900)
        ((28, 3), (7, 5), (52, 3))
    """
    while steps > 0 and 4 * side * side <= points:
        side, steps = 2 * side, steps - 1
    return side, steps


@torch.no_grad()
def subdivide(
    predict: Predict,
    boxes: int,
    *,
    side: int = 7,
    steps: int = 5,
    points: int = 784,
    device: torch.device | str | None = None,
) -> Tensor:
    """Mask logits of boxes at side x 2^steps, from a few predicted points.

    While the next grid has at most `points` cells, it is predicted whole; of these steps only the
    last one has to run. Each later step doubles the map by interpolation and predicts its most
    uncertain cells. Logits of other than the predicted class are never needed, since the point head
    always reads those of the coarse head.

    Args:
        predict: the point head.
        boxes: B.
        side: of the coarse mask.
        steps: number of doublings of the side.
        points: N, the most points predicted in one step.
        device: of the points.

    Returns:
        Logits, (B, 1, S, S) with S = side x 2^steps, in the type of `predict`.

    Example:
        >>> def disc(points):  # inside of a circle
        ...     return 0.16 - ((points - 0.5) ** 2).sum(-1)
        >>> masks = subdivide(disc, 2)
        >>> masks.shape
        torch.Size([2, 1, 224, 224])
        >>> round(float((masks > 0).float().mean()), 2)  # 0.16 pi
        0.5
    """
    side, steps = first_grid(side, steps, points)
    if boxes == 0:
        return torch.zeros(0, 1, side << steps, side << steps, device=device)
    cells = grid_points(side, device).expand(boxes, -1, -1)
    logits = predict(cells).reshape(boxes, 1, side, side)
    for _ in range(steps):
        logits = _finer(logits, lambda where: predict(where).unsqueeze(1), mask_uncertainty, points)
    return logits


@torch.no_grad()
def subdivide_classes(
    coarse: Tensor, predict: Predict, *, steps: int = 2, points: int = 8192
) -> Tensor:
    """Logits of all classes of whole images at 2^steps times the coarse resolution.

    It starts from the coarse logits; a grid is predicted whole only if it has at most `points`
    cells.

    Args:
        coarse: (B, K, h, w), of two classes or more.
        predict: the point head, of all classes.
        steps: number of doublings of the resolution.
        points: N, the most points predicted in one step of an image.

    Returns:
        (B, K, 2^steps h, 2^steps w), of the coarse logits' type.

    Source:
        PointRend, sections 3.1 and 5. Uncertainty is the difference of two logits, as in the
        published models; the paper says probabilities, which give another order.

    Example:
        >>> def halves(points):  # class 0 at the left of x = 0.4, class 1 at the right
        ...     return torch.stack([0.4 - points[..., 0], points[..., 0] - 0.4], dim=1)
        >>> subdivide_classes(torch.zeros(1, 2, 1, 5), halves, steps=1, points=20).argmax(1)
        tensor([[[0, 0, 0, 0, 1, 1, 1, 1, 1, 1],
                 [0, 0, 0, 0, 1, 1, 1, 1, 1, 1]]])
    """
    for _ in range(steps):
        coarse = _finer(coarse, predict, class_uncertainty, points)
    return coarse


def _finer(logits: Tensor, predict: Predict, uncertainty: Uncertainty, points: int) -> Tensor:
    """From (B, C, h, w) to (B, C, 2h, 2w): doubled, then predicted where uncertain."""
    doubled = functional.interpolate(logits, scale_factor=2, mode="bilinear", align_corners=False)
    size = doubled.shape[2], doubled.shape[3]
    flat = doubled.flatten(2)
    place = uncertainty(flat).topk(min(points, flat.shape[2]), dim=1).indices
    found = predict(cell_centres(place, size)).to(flat.dtype)
    flat.scatter_(2, place.unsqueeze(1).expand_as(found), found)
    return flat.reshape(doubled.shape)
