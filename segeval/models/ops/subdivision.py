"""Masks from coarse to fine: only uncertain points are predicted anew.

Source: Kirillov et al. 2020, PointRend, section 3.1, figure 4.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional

from segeval.models.ops.points import grid_points, mask_uncertainty

Predict = Callable[[Tensor], Tensor]
"""From points (B, N, 2) of the boxes to the logit of each box's class there, (B, N)."""


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

    As long as all cells of the next grid are no more than `points`, it is predicted whole: these
    steps cost nothing but the last of them. Then each step doubles the map by interpolation and
    predicts the most uncertain cells. Only the logits of the predicted class are kept: the coarse
    logits that the point head reads are always those of the coarse head, so that nothing else would
    ever be looked at.

    Args:
        predict: the point head.
        boxes: B.
        side: of the coarse mask.
        steps: how often the side doubles.
        points: N, the most points predicted in one step.
        device: of the points.

    Returns:
        Logits, (B, 1, S, S) with S = side x 2^steps, of the type that `predict` gives.

    Example:
        >>> def disc(points):  # inside of a circle
        ...     return 0.16 - ((points - 0.5) ** 2).sum(-1)
        >>> masks = subdivide(disc, 2)
        >>> masks.shape
        torch.Size([2, 1, 224, 224])
        >>> round(float((masks > 0).float().mean()), 2)  # 0.16 pi
        0.5
    """
    while steps > 0 and 4 * side * side <= points:
        side, steps = 2 * side, steps - 1
    if boxes == 0:
        return torch.zeros(0, 1, side << steps, side << steps, device=device)
    cells = grid_points(side, device).expand(boxes, -1, -1)
    logits = predict(cells).reshape(boxes, 1, side, side)
    for _ in range(steps):
        logits = functional.interpolate(
            logits, scale_factor=2, mode="bilinear", align_corners=False
        )
        side *= 2
        flat = logits.reshape(boxes, 1, side * side)
        place = mask_uncertainty(flat).topk(min(points, side * side), dim=1).indices
        found = predict(grid_points(side, device)[place])
        logits = flat.scatter(2, place.unsqueeze(1), found.unsqueeze(1).to(flat.dtype))
        logits = logits.reshape(boxes, 1, side, side)
    return logits
