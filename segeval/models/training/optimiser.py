"""Optimisers with rates and weight decay per parameter group, as in papers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import SGD, AdamW, Optimizer

from segeval.models.config import ScheduleConfig
from segeval.models.networks.backbone.norms import BatchNorm

NORMS = (BatchNorm, nn.GroupNorm, nn.LayerNorm, nn.modules.batchnorm._BatchNorm)
"""Modules whose parameters decay by `ScheduleConfig.norm_decay`."""

POSITIONS = ("relative_position_bias_table", "absolute_pos_embed")
"""Names of parameters with the same decay: position embeddings of transformers."""

BACKBONE, POINT_HEAD = "backbone.", ".point_head."
"""Parts of the names of parameters with the schedule's own rate."""

Groups = list[dict[str, Any]]


def _sgd(groups: Groups, schedule: ScheduleConfig) -> Optimizer:
    return SGD(groups, lr=schedule.learning_rate, momentum=schedule.momentum)


def _adamw(groups: Groups, schedule: ScheduleConfig) -> Optimizer:
    return AdamW(groups, lr=schedule.learning_rate, betas=schedule.betas)


OPTIMISERS: dict[str, Callable[[Groups, ScheduleConfig], Optimizer]] = {
    "sgd": _sgd,
    "adamw": _adamw,
}
"""Makers of the optimisers that `ScheduleConfig.optimiser` can name."""


def make_optimiser(model: nn.Module, schedule: ScheduleConfig) -> Optimizer:
    """The optimiser of all trainable parameters.

    Args:
        model: its parameters without gradient are left out.
        schedule: kind of optimiser, weight decay of weights and of norms, and the factor of the
            rate above the backbone, which a point head does not have.

    Returns:
        Up to four parameter groups: with the schedule's own rate or another, of norms or of others.
        Each has the "factor" of its rate, see `set_rate`.

    Source:
        Chen et al. 2017, DeepLabV3: ten times the rate for new layers. Goyal et al. 2017, section
        5: no decay of norms. Loshchilov and Hutter 2019: AdamW; Liu et al. 2021, Swin: no decay of
        positions.
    """
    groups: dict[tuple[bool, bool], list[nn.Parameter]] = {}
    for name, parameter, is_norm in _parameters(model):
        has_own_rate = name.startswith(BACKBONE) or POINT_HEAD in f".{name}"
        groups.setdefault((has_own_rate, is_norm), []).append(parameter)
    return OPTIMISERS[schedule.optimiser](
        [
            {
                "params": parameters,
                "factor": 1.0 if has_own_rate else schedule.head_rate,
                "weight_decay": schedule.norm_decay if is_norm else schedule.weight_decay,
            }
            for (has_own_rate, is_norm), parameters in groups.items()
        ],
        schedule,
    )


def set_rate(optimiser: Optimizer, rate: float) -> None:
    """Give every group its rate.

    Args:
        optimiser: from `make_optimiser`.
        rate: of groups whose factor is 1.
    """
    for group in optimiser.param_groups:
        group["lr"] = rate * group["factor"]


def load_moments(optimiser: Optimizer, state: dict[str, Any]) -> None:
    """Copy the moments of an earlier optimiser, without its settings.

    Args:
        optimiser: of the same kind and for the same parameters.
        state: the `state_dict` of the earlier one.

    Raises:
        ValueError: if the moments are those of other parameters.
    """
    own = [
        {name: value for name, value in group.items() if name != "params"}
        for group in optimiser.param_groups
    ]
    optimiser.load_state_dict(state)
    for parameter, moments in optimiser.state.items():
        for name, value in moments.items():
            if isinstance(value, Tensor) and value.numel() > 1 and value.shape != parameter.shape:
                raise ValueError(
                    f"{name} of the optimiser has shape {tuple(value.shape)}, expected "
                    f"{tuple(parameter.shape)}"
                )
    for group, settings in zip(optimiser.param_groups, own, strict=True):
        group.update(settings)


def limit_gradients(optimiser: Optimizer, most: float | None) -> Tensor:
    """Scale all gradients by one factor to keep their common norm within a limit.

    Args:
        optimiser: of the parameters with the gradients.
        most: the limit; None for no limit.

    Returns:
        The norm before, a scalar. If it is not finite, as with any non-finite gradient, nothing
        changes.
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
    """Each trained parameter once: its name, itself, and whether it decays like norms."""
    seen: set[int] = set()
    for prefix, module in model.named_modules():
        for name, parameter in module.named_parameters(prefix, recurse=False):
            if parameter.requires_grad and id(parameter) not in seen:
                seen.add(id(parameter))
                decays_as_norms = isinstance(module, NORMS) or name.endswith(POSITIONS)
                yield name, parameter, decays_as_norms
