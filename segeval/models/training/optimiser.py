"""Optimisers whose parameter groups have the rates and the weight decay that papers give them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import SGD

from segeval.models.config import ScheduleConfig
from segeval.models.networks.backbone.norms import BatchNorm

NORMS = (BatchNorm, nn.GroupNorm, nn.LayerNorm, nn.modules.batchnorm._BatchNorm)
"""Modules whose parameters decay as `ScheduleConfig.norm_decay` says."""

BACKBONE = "backbone."
"""Beginning of the names of parameters whose rate is the schedule's own."""


def make_optimiser(model: nn.Module, schedule: ScheduleConfig) -> SGD:
    """SGD with momentum over what is to be trained.

    Args:
        model: parameters that ask for no gradient are left out.
        schedule: momentum, weight decay of weights and of norms, and the factor of the rate of
            everything but the backbone.

    Returns:
        Up to four groups: backbone or not, norm or not. Each has a "factor" of its rate; see
        `set_rate`.

    Source:
        Chen et al. 2017, DeepLabV3: ten times the rate for the new layers. No decay of norms:
        Goyal et al. 2017, section 5.
    """
    groups: dict[tuple[bool, bool], list[nn.Parameter]] = {}
    for name, parameter, is_norm in _parameters(model):
        groups.setdefault((name.startswith(BACKBONE), is_norm), []).append(parameter)
    return SGD(
        [
            {
                "params": parameters,
                "factor": 1.0 if in_backbone else schedule.head_rate,
                "weight_decay": schedule.norm_decay if is_norm else schedule.weight_decay,
            }
            for (in_backbone, is_norm), parameters in groups.items()
        ],
        lr=schedule.learning_rate,
        momentum=schedule.momentum,
    )


def set_rate(optimiser: SGD, rate: float) -> None:
    """Give every group its rate.

    Args:
        optimiser: of `make_optimiser`.
        rate: of a group whose factor is 1.
    """
    for group in optimiser.param_groups:
        group["lr"] = rate * group["factor"]


def load_momentum(optimiser: SGD, state: dict[str, Any]) -> None:
    """Take over what an earlier optimiser has gathered, and keep one's own settings.

    Args:
        optimiser: of the same parameters.
        state: the earlier one's `state_dict`.
    """
    own = [
        {name: value for name, value in group.items() if name != "params"}
        for group in optimiser.param_groups
    ]
    optimiser.load_state_dict(state)
    for group, settings in zip(optimiser.param_groups, own, strict=True):
        group.update(settings)


def limit_gradients(optimiser: SGD, most: float | None) -> Tensor:
    """Shrink all gradients alike until their common norm is no more than the limit.

    Args:
        optimiser: whose parameters have gradients.
        most: the limit; None leaves them as they are.

    Returns:
        The norm before, a scalar; not finite if a gradient is not, and then nothing is changed.
    """
    gradients = [
        parameter.grad
        for group in optimiser.param_groups
        for parameter in group["params"]
        if parameter.grad is not None
    ]
    norm = torch.nn.utils.get_total_norm(gradients)
    if most is not None and bool(torch.isfinite(norm)) and float(norm) > most:
        for gradient in gradients:
            gradient.mul_(most / norm.to(gradient.device))
    return norm


def _parameters(model: nn.Module) -> Iterator[tuple[str, nn.Parameter, bool]]:
    """Each parameter that is trained, once: its name, itself, whether it is of a norm."""
    seen: set[int] = set()
    for prefix, module in model.named_modules():
        for name, parameter in module.named_parameters(prefix, recurse=False):
            if parameter.requires_grad and id(parameter) not in seen:
                seen.add(id(parameter))
                yield name, parameter, isinstance(module, NORMS)
