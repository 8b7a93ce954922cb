"""Heads that also learn from the maps of an assistant, the first of two backbones.

Source: Liang et al. 2021, CBNetV2, section 3.3: the same heads learn from both; proposals of the
lead are looked at in both.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from torch import Tensor

from segeval.models.networks.protocols import Assisted, Backbone, PyramidNetwork


def looks_of(
    network: Backbone | PyramidNetwork, images: Tensor
) -> list[tuple[dict[str, Tensor], float]]:
    """What heads learn from: maps by name, and the factor of the losses on them.

    Args:
        network: a backbone, or a pyramid on one.
        images: (B, 3, H, W), normalised.

    Returns:
        Those of an assistant, if there is one, then those that predict.
    """
    return network.looks(images) if isinstance(network, Assisted) else [(network(images), 1.0)]


def losses_of_looks(
    losses: Sequence[Mapping[str, Tensor]], weights: Sequence[float]
) -> dict[str, Tensor]:
    """Losses of all looks by name: the lead's keep theirs, the assistant's end in "_assistant".

    Args:
        losses: of each look, those of the lead last.
        weights: their factors.

    Example:
        >>> import torch
        >>> losses_of_looks([{"loss_cls": torch.ones(())}, {"loss_cls": torch.ones(())}], [0.5, 1])
        {'loss_cls_assistant': tensor(0.5000), 'loss_cls': tensor(1.)}
    """
    *assistants, lead = losses
    found = {
        f"{name}_assistant": weight * loss
        for each, weight in zip(assistants, weights, strict=False)
        for name, loss in each.items()
    }
    return found | dict(lead)
