"""Sums over the processes that train together."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, distributed


def is_shared() -> bool:
    """Whether several processes train together."""
    known = distributed.is_available() and distributed.is_initialized()
    return known and distributed.get_world_size() > 1


class _Sums(torch.autograd.Function):
    """Sums over processes, whose gradients are sums over processes too."""

    @staticmethod
    def forward(_: Any, numbers: Tensor) -> Tensor:
        summed = numbers.clone()
        distributed.all_reduce(summed)
        return summed

    @staticmethod
    def backward(_: Any, gradient: Tensor) -> Tensor:
        summed = gradient.contiguous().clone()
        distributed.all_reduce(summed)
        return summed


def sums_over_processes(numbers: Tensor) -> Tensor:
    """Sums over all processes, in every process, through which gradients flow."""
    summed: Tensor = _Sums.apply(numbers)
    return summed
