"""Where masks are refined: near their boundaries, and the loss of RefineMask there.

Source: Zhang et al. 2021, RefineMask, sections 3.3 and 3.4, with the rules of its public code.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor
from torch.nn import functional

from segeval.models.networks.components import register_component
from segeval.models.ops.resizing import resized_by_corners, size_of

TRAIN_WIDTH, FUSION_WIDTH = 2, 1
"""w of the regions where a stage is trained, and where it replaces the one before it."""

WHOLE_STAGES = 2
"""First stages, which are trained everywhere."""


@torch.no_grad()
def boundary_region(masks: Tensor, width: int = FUSION_WIDTH) -> Tensor:
    """Cells of which more than a tenth of a window around them have another value.

    Beyond the mask is background: a mask that touches its border has a boundary there.

    Args:
        masks: bool, (N, S, S).
        width: w; the window has (2 w + 1)² cells.

    Returns:
        bool, (N, S, S).

    Example:
        >>> pixel = torch.zeros(1, 5, 5).bool()
        >>> pixel[0, 2, 2] = True
        >>> int(boundary_region(pixel, 1).sum()), int(boundary_region(pixel, 2).sum())
        (9, 1)
    """
    window = 2 * width + 1
    ones = functional.avg_pool2d(
        masks.float().unsqueeze(1), window, stride=1, padding=width, divisor_override=1
    ).squeeze(1)
    others = torch.where(masks, window**2 - ones, ones)
    return 10 * others > window**2


def fused(before: Tensor, logits: Tensor) -> Tensor:
    """The logits of a stage near the boundary of the mask before it, and elsewhere its own.

    Args:
        before: logits of the mask so far, (N, S, S).
        logits: of the stage, (N, 2S, 2S).

    Example:
        >>> fused(torch.full((1, 4, 4), -5.0), torch.full((1, 8, 8), 5.0)).round().unique()
        tensor([-5.])
    """
    region = _finer(boundary_region(before >= 0).to(logits.dtype), logits) >= 0.5
    return torch.where(region, logits, _finer(before, logits))


def fused_stages(logits: Sequence[Tensor]) -> Tensor:
    """The mask of all stages but the first: each refines the one before it.

    Args:
        logits: of each stage, (N, S, S), S doubling from stage to stage.
    """
    _, mask, *finer = logits
    for each in finer:
        mask = fused(mask, each)
    return mask


def stage_losses(logits: Sequence[Tensor], targets: Sequence[Tensor]) -> list[Tensor]:
    """The loss of each stage: cross-entropy over all cells, in later stages near boundaries.

    These are the boundaries of the mask so far and of its target, in the grid of the stage before.

    Args:
        logits: of each stage, (N, S, S), S doubling from stage to stage.
        targets: 0 or 1, of the same shapes.

    Returns:
        A mean for each stage; 0, with zero gradients, where there is no cell.
    """
    losses, mask = [], logits[0].detach()
    for stage, (own, target) in enumerate(zip(logits, targets, strict=True)):
        errors = functional.binary_cross_entropy_with_logits(own, target, reduction="none")
        if stage < WHOLE_STAGES:
            region = torch.ones_like(target)
        else:
            edges = boundary_region(mask >= 0, TRAIN_WIDTH) | boundary_region(
                targets[stage - 1] > 0, TRAIN_WIDTH
            )
            region = (_finer(edges.to(own.dtype), own) >= 0.5).to(own.dtype)
        losses.append((errors * region).sum() / region.sum().clamp(min=1))
        mask = own.detach() if stage < WHOLE_STAGES else fused(mask, own.detach())
    return losses


def stage_weights(stages: int) -> Tensor:
    """Weights of the losses of the stages, (stages,): they grow evenly to 1.

    Example:
        >>> stage_weights(4)
        tensor([0.2500, 0.5000, 0.7500, 1.0000])
    """
    return torch.arange(1, stages + 1) / stages


def _finer(maps: Tensor, like: Tensor) -> Tensor:
    """Maps (N, S, S) in the grid of others, bilinear between their outermost centres."""
    return resized_by_corners(maps.unsqueeze(1), size_of(like)).squeeze(1)


@register_component("boundary-region")
def region_of_boundary(*, width: int = FUSION_WIDTH) -> Callable[[Tensor], Tensor]:
    """From masks, bool, (N, S, S), to the cells near their boundary.

    Args:
        width: w.
    """
    return lambda masks: boundary_region(masks, width)


@register_component("refine-mask-fusion")
def fusion_of_stages() -> Callable[[Sequence[Tensor]], Tensor]:
    """From the logits of all stages, (N, S, S), to those of the mask."""
    return fused_stages


@register_component("refine-mask-losses")
def losses_of_refine_mask() -> Callable[[Sequence[Tensor], Sequence[Tensor]], list[Tensor]]:
    """From the logits and targets of all stages, (N, S, S), to the loss of each."""
    return stage_losses
