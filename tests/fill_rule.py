"""Weights and inputs by rule, so that any program can compute the same recorded numbers.

A weight with public name n and flat index i gets b = sin(i + s), where s is the sum of the code
points of n, scaled by what it is; an input is a cosine.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from segeval.models import public_names


def fill(module: nn.Module, kind: str | Callable[[str], str]) -> nn.Module:
    """The module in float64 and inference mode, its weights and statistics by rule.

    Args:
        module: that `component` built.
        kind: of the component, or its public names.
    """
    names = public_names(kind) if isinstance(kind, str) else kind
    module.double().eval()
    with torch.no_grad():
        for name, weight in module.state_dict().items():
            if weight.is_floating_point():
                weight.copy_(filled(names(name), tuple(weight.shape)))
    return module


def filled(name: str, shape: tuple[int, ...]) -> Tensor:
    """The weight with a public name."""
    number = math.prod(shape)
    wave = torch.sin(torch.arange(number, dtype=torch.float64) + sum(map(ord, name)))
    last = name.rpartition(".")[2]
    if last == "running_var":
        wave = 1 + 0.5 * wave
    elif len(shape) >= 2:
        wave = wave * math.sqrt(2 * shape[0] / number)
    elif last == "weight":
        wave = 1 + 0.1 * wave
    else:
        wave = 0.1 * wave
    return wave.reshape(shape)


def wave(*shape: int, phase: float = 0) -> Tensor:
    """The input X(shape, phase)."""
    places = torch.arange(math.prod(shape), dtype=torch.float64)
    return torch.cos(0.37 * places + phase).reshape(shape)


def record(x: Tensor) -> tuple[float, ...]:
    """Sum, mean of the absolute values, first, middle and last number."""
    flat = x.detach().flatten()
    middle = flat[len(flat) // 2]
    return tuple(map(float, (flat.sum(), flat.abs().mean(), flat[0], middle, flat[-1])))


def recorded(*numbers: float, within: float = 1e-6) -> object:
    """Recorded numbers of seven digits, to compare with; tolerance is relative."""
    return pytest.approx(numbers, rel=within, abs=0)
