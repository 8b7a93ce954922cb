"""Smooth L1: the loss of boxes, quadratic for small differences.

Source: Girshick 2015, Fast R-CNN, equation 3, with the half width that mmdetection and detectron2
call beta.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor

from segeval.models.networks.components import register_component


def smooth_l1(differences: Tensor, beta: float) -> Tensor:
    """The loss of each difference d: d² / (2 beta) below beta, |d| - beta / 2 from there on.

    Args:
        differences: of any shape.
        beta: 0 or more; 0 gives |d|.

    Example:
        >>> smooth_l1(torch.tensor([0.05, -0.2, 1.5]), 1.0)
        tensor([0.0013, 0.0200, 1.0000])
    """
    distance = differences.abs()
    if beta == 0:
        return distance
    near = distance.square() / (2 * beta)
    return torch.where(distance < beta, near, distance - beta / 2)


@register_component("smooth-l1")
def smooth_l1_of(*, beta: float = 0.0) -> Callable[[Tensor], Tensor]:
    """From differences to the loss of each; `beta` as of `smooth_l1`."""
    return partial(smooth_l1, beta=beta)
