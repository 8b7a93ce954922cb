"""Norms of the backbone: frozen, over the batch of one or all processes, or over groups."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from segeval.errors import InputError
from segeval.models.ops.processes import is_shared, sums_over_processes

EPSILON = 1e-5
"""Added to the variance."""

GROUPS = 32
"""Groups of channels in group norm; fewer where 32 do not divide the channels."""


class FrozenBatchNorm(nn.Module):
    """Batch norm with four constant numbers per channel: buffers, not parameters.

    Args:
        channels: C.

    Example:
        >>> FrozenBatchNorm(2)(torch.full((1, 2, 1, 1), 3.0)).flatten()
        tensor([3.0000, 3.0000])
        >>> sum(each.numel() for each in FrozenBatchNorm(2).parameters())
        0
    """

    weight: Tensor
    bias: Tensor
    running_mean: Tensor
    running_var: Tensor

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.register_buffer("weight", torch.ones(channels))
        self.register_buffer("bias", torch.zeros(channels))
        self.register_buffer("running_mean", torch.zeros(channels))
        self.register_buffer("running_var", torch.ones(channels))

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) normalised, of the same type."""
        if not x.requires_grad:
            mean, variance = self.running_mean, self.running_var
            return functional.batch_norm(x, mean, variance, self.weight, self.bias, eps=EPSILON)
        scale = self.weight * (self.running_var + EPSILON).rsqrt()
        shift = self.bias - self.running_mean * scale
        # one pass, which keeps only the scale for the gradient
        return torch.addcmul(_per_channel(shift, x), x, _per_channel(scale, x))


class BatchNorm(nn.Module):
    """Batch norm that trains, with the same four names in its state as the frozen one.

    The statistics are those of a process's own images. torch's batch norm also counts batches and
    requires the count when loading a file without versions; the published files lack it.

    Args:
        channels: C.
        momentum: share of the newest batch in the running statistics.
    """

    running_mean: Tensor
    running_var: Tensor

    def __init__(self, channels: int, *, momentum: float = 0.1) -> None:
        super().__init__()
        self.momentum = momentum
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))
        self.register_buffer("running_mean", torch.zeros(channels))
        self.register_buffer("running_var", torch.ones(channels))

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) normalised by the batch in training, by running statistics otherwise."""
        return functional.batch_norm(
            x,
            self.running_mean,
            self.running_var,
            self.weight,
            self.bias,
            training=self.training,
            momentum=self.momentum,
            eps=EPSILON,
        )


class StatisticsNorm(BatchNorm):
    """Batch norm with constant statistics, in training too; its weight and bias train.

    Args:
        channels: C.
    """

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) normalised by the running statistics, which never change."""
        mean, variance = self.running_mean, self.running_var
        return functional.batch_norm(x, mean, variance, self.weight, self.bias, eps=EPSILON)


class SyncBatchNorm(BatchNorm):
    """Batch norm whose statistics in training are those of the images of all processes.

    In a single process it is `BatchNorm`.

    Args:
        channels: C.
        momentum: share of the newest batch in the running statistics.
    """

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) normalised by all images in training, by running statistics otherwise."""
        return self._by_all_processes(x) if self.training and is_shared() else super().forward(x)

    def _by_all_processes(self, x: Tensor) -> Tensor:
        """(B, C, H, W) normalised by the images of all processes, which may differ in number."""
        wide = x.float()
        count = wide.new_full((1,), wide.numel() / wide.shape[1])
        sums = sums_over_processes(torch.cat([wide.sum((0, 2, 3)), count]))
        mean, number = sums[:-1] / sums[-1], sums[-1].detach()
        distances = (wide - mean.reshape(1, -1, 1, 1)).square()
        variance = sums_over_processes(distances.sum((0, 2, 3))) / number
        with torch.no_grad():
            unbiased = variance * number / (number - 1).clamp(min=1)
            self.running_mean.lerp_(mean.to(self.running_mean), self.momentum)
            self.running_var.lerp_(unbiased.to(self.running_var), self.momentum)
        scale = self.weight * (variance + EPSILON).rsqrt()
        shift = self.bias - mean * scale
        return torch.addcmul(_per_channel(shift, x), x, _per_channel(scale, x))


class GroupNorm(nn.GroupNorm):
    """Group norm that also takes a group of a single number, which becomes the bias.

    PyTorch's own refuses one, which a narrow layer has on the 1 x 1 map of a small image.

    Example:
        >>> y = GroupNorm(2, 2)(torch.tensor([[[[3.0]], [[-1.0]]]]))
        >>> torch.allclose(y, torch.zeros_like(y), atol=1e-4)
        True
    """

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) to the same shape."""
        return torch.group_norm(x, self.num_groups, self.weight, self.bias, self.eps)


def norm_of(kind: str, channels: int) -> nn.Module:
    """The norm of some kind.

    Args:
        kind: "frozen", "statistics", "batch", "sync" or "group" (of 32 groups, or of as many as
            divide 32 and the channels).
        channels: C.

    Raises:
        InputError: for any other kind.
    """
    match kind:
        case "frozen":
            return FrozenBatchNorm(channels)
        case "statistics":
            return StatisticsNorm(channels)
        case "batch":
            return BatchNorm(channels)
        case "sync":
            return SyncBatchNorm(channels)
        case "group":
            return GroupNorm(math.gcd(GROUPS, channels), channels, eps=EPSILON)
    raise InputError(
        f"There is no norm {kind!r}. Choose one of: frozen, statistics, batch, sync, group.",
        code="unknown-norm",
        field="norm",
    )


def freeze_norms(module: nn.Module) -> None:
    """Replace every trained batch norm inside by a frozen one with the same numbers."""
    for name, child in list(module.named_children()):
        if isinstance(child, BatchNorm):
            frozen = FrozenBatchNorm(len(child.weight)).to(child.weight)
            frozen.load_state_dict(child.state_dict())
            setattr(module, name, frozen)
        else:
            freeze_norms(child)


def _per_channel(numbers: Tensor, x: Tensor) -> Tensor:
    return numbers.reshape(1, -1, 1, 1).to(x.dtype)
