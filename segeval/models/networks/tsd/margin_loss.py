"""Controllable margin loss: a head has to be better than another one by a margin.

Source: Song et al. 2020, Revisiting the Sibling Head in Object Detector (TSD), section 3.3.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from torch import Tensor

from segeval.models.config.parts.tsd import TSDConfig
from segeval.models.networks.components import register_component
from segeval.models.ops.boxes import paired_iou


def margin_loss(other: Tensor, own: Tensor, margin: float) -> Tensor:
    """What each number lacks to be `margin` above that of another head, or to be 1.

    Args:
        other: probabilities or IoU of the other head, in [0, 1], of any shape; they get no
            gradient.
        own: those that shall be higher, of the same shape.
        margin: in [0, 1].

    Example:
        >>> import torch
        >>> margin_loss(torch.tensor([0.5, 0.9, 0.3]), torch.tensor([0.6, 0.95, 0.9]), 0.2)
        tensor([0.1000, 0.0500, 0.0000])
    """
    aim = (other.detach() + margin).clamp(max=1)
    return (aim - own).clamp(min=0)


def iou_margin_loss(other: Tensor, own: Tensor, truth: Tensor, margin: float) -> Tensor:
    """`margin_loss` of the IoU of boxes with the truth, (N,).

    Args:
        other: boxes of the other head, (N, 4); they get no gradient.
        own: those that shall be better, (N, 4).
        truth: (N, 4).
        margin: in [0, 1].
    """
    return margin_loss(paired_iou(other, truth), paired_iou(own, truth), margin)


@register_component("margin-loss")
def margin_loss_of(*, margin: float = TSDConfig.margin) -> Callable[[Tensor, Tensor], Tensor]:
    """From the numbers of the other head and its own to the loss of each, see `margin_loss`."""
    return partial(margin_loss, margin=margin)


@register_component("iou-margin-loss")
def iou_margin_loss_of(
    *, margin: float = TSDConfig.margin
) -> Callable[[Tensor, Tensor, Tensor], Tensor]:
    """From boxes of the other head, its own, and the truth to the loss of each."""
    return partial(iou_margin_loss, margin=margin)
