"""The losses of SOLO: Dice of masks, focal of classes."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor
from torch.nn import functional

from segeval.models.config.parts.solo import SOLOConfig
from segeval.models.networks.components import register_component

EPSILON = 0.001
"""Added to both sums of squares of the Dice loss."""


def dice_loss(chances: Tensor, targets: Tensor) -> Tensor:
    """1 - 2 Σpq / (Σp² + .001 + Σq² + .001) of each mask.

    Args:
        chances: probabilities p of N masks, (N, ...).
        targets: q, 0 or 1, (N, ...).

    Returns:
        (N,), in [0, 1].

    Source:
        Milletari et al. 2016, V-Net, section 3, with the squares of Wang et al. 2020, SOLO,
        equation 6.

    Example:
        >>> p, q = torch.tensor([[0.9, 0.8, 0.1, 0.2]]), torch.tensor([[1.0, 1, 0, 0]])
        >>> dice_loss(p, q)
        tensor([0.0291])
    """
    p, q = chances.flatten(1), targets.to(chances).flatten(1)
    both, own, truth = ((a * b).sum(1) for a, b in ((p, q), (p, p), (q, q)))
    return 1 - 2 * both / ((own + EPSILON) + (truth + EPSILON))


def focal_loss(logits: Tensor, targets: Tensor, *, alpha: float, gamma: float) -> Tensor:
    """The focal loss of each logit.

    Args:
        logits: of any shape.
        targets: 0 or 1, of the same shape.
        alpha: weight of the targets 1; that of the others is 1 - alpha.
        gamma: power by which small errors weigh less.

    Source:
        Lin et al. 2017, Focal Loss for Dense Object Detection, equation 5.

    Example:
        >>> focal_loss(torch.tensor([0.0]), torch.tensor([1.0]), alpha=0.25, gamma=2.0)
        tensor([0.0433])
    """
    targets = targets.to(logits)
    entropy = functional.binary_cross_entropy_with_logits(logits, targets, reduction="none")
    chances = logits.sigmoid()
    wrong = torch.where(targets > 0, 1 - chances, chances)
    weights = torch.where(targets > 0, alpha, 1 - alpha)
    return weights * wrong.pow(gamma) * entropy


@register_component("dice-loss")
def dice_loss_of() -> Callable[[Tensor, Tensor], Tensor]:
    """From probabilities and targets of masks to the loss of each; see `dice_loss`."""
    return dice_loss


@register_component("focal-loss")
def focal_loss_of(
    *, alpha: float = SOLOConfig.alpha, gamma: float = SOLOConfig.gamma
) -> Callable[[Tensor, Tensor], Tensor]:
    """From logits and targets to the loss of each; see `focal_loss`."""
    return partial(focal_loss, alpha=alpha, gamma=gamma)
