"""Matrix NMS of masks, and the NMS of points before it.

`segeval.ensemble.matrix_nms` is the same rule for predictions of files, as a kernel over runs. This
one works on tensors of any device; `sigma` is a factor here, as in the published program, and a
divisor there, as in that of soft NMS.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor
from torch.nn import functional

from segeval.metrics.choices import check_choice
from segeval.models.config.parts.solo import SOLOConfig
from segeval.models.networks.components import register_component

DECAYS = ("gaussian", "linear")
"""How overlaps lower scores."""


def point_nms(scores: Tensor) -> Tensor:
    """Scores of cells, 0 where the cell above, to the left or between has a higher one.

    Args:
        scores: (..., S, S), 0 or more.

    Example:
        >>> point_nms(torch.tensor([[0.1, 0.5, 0.4], [0.6, 0.2, 0.3], [0.3, 0.3, 0.7]]))
        tensor([[0.1000, 0.5000, 0.0000],
                [0.6000, 0.0000, 0.0000],
                [0.0000, 0.0000, 0.7000]])
    """
    # windows of 2 x 2 that end in a cell; the last row and column of windows end beyond the grid
    grids = scores.reshape(1, -1, *scores.shape[-2:])
    most = functional.max_pool2d(grids, kernel_size=2, stride=1, padding=1)[..., :-1, :-1]
    return scores * (most == grids).reshape(scores.shape)


@torch.no_grad()
def matrix_nms(
    masks: Tensor,
    classes: Tensor,
    scores: Tensor,
    *,
    decay: str = SOLOConfig.decay,
    sigma: float = SOLOConfig.decay_sigma,
) -> Tensor:
    """The scores of masks, each lowered by the better masks of its class that it overlaps.

    A mask i lowers a worse one j by f(IoU of both) / f(its own highest IoU with a better one), so
    that a mask which is itself a copy lowers little. The strongest decay counts.

    Args:
        masks: bool, (N, H, W), best score first.
        classes: of each, (N,).
        scores: (N,).
        decay: f: "gaussian", exp(-sigma IoU²), or "linear", 1 - IoU.
        sigma: of the Gaussian.

    Returns:
        (N,), in the same order.

    Raises:
        InputError: for another decay.

    Source:
        Wang et al. 2020, SOLOv2, section 3.3.

    Example:
        >>> masks = torch.tensor([[[True, True, True, True]], [[True, True, True, False]]])
        >>> matrix_nms(masks, torch.tensor([0, 0]), torch.tensor([0.8, 0.8]), decay="linear")
        tensor([0.8000, 0.2000])
    """
    check_choice("decay", decay, DECAYS)
    if not len(masks):
        return scores
    iou = _pairwise_iou(masks, scores.dtype)
    # of each mask with the better ones of its class
    iou = (iou * (classes[:, None] == classes)).triu(diagonal=1)
    own = iou.max(dim=0).values[:, None]
    if decay == "gaussian":
        factors = torch.exp(sigma * (own.square() - iou.square()))
    else:
        # a mask that is itself a copy lowers nothing
        factors = torch.where(own < 1, (1 - iou) / (1 - own), torch.ones_like(iou))
    return scores * factors.min(dim=0).values.clamp(max=1)


def _pairwise_iou(masks: Tensor, dtype: torch.dtype) -> Tensor:
    """IoU of all pairs of N masks, (N, N); 0 for empty ones."""
    flat = masks.flatten(1).float()  # which counts up to 2^24 cells exactly
    shared = (flat @ flat.T).to(dtype)
    areas = shared.diagonal()
    return shared / (areas[:, None] + areas - shared).clamp(min=1)


@register_component("point-nms")
def point_nms_of() -> Callable[[Tensor], Tensor]:
    """From scores of cells to those that stay; see `point_nms`."""
    return point_nms


@register_component("matrix-nms")
def matrix_nms_of(
    *, decay: str = SOLOConfig.decay, sigma: float = SOLOConfig.decay_sigma
) -> Callable[[Tensor, Tensor, Tensor], Tensor]:
    """From masks, classes and scores to new scores; see `matrix_nms`."""
    return partial(matrix_nms, decay=decay, sigma=sigma)
