"""A metric as tensors: its numbers for torchmetrics, its bytes for a `state_dict`."""

from __future__ import annotations

from typing import Any

import torch

from segeval.errors import FormatError
from segeval.metrics.loop.growing import GrowingMetric

Tensors = dict[str, torch.Tensor]
"""Numbers by name, scalars."""


def as_tensors(numbers: dict[str, float], device: torch.device) -> Tensors:
    """Numbers by name as scalars on a device, float64."""
    kind = torch.float32 if device.type == "mps" else torch.float64  # which mps has not
    return {name: torch.tensor(value, dtype=kind, device=device) for name, value in numbers.items()}


def as_bytes(metric: GrowingMetric) -> torch.Tensor:
    """Settings and images of a metric, uint8."""
    return torch.frombuffer(bytearray(metric.to_bytes()), dtype=torch.uint8)


def from_bytes(metric: GrowingMetric, saved: Any) -> Any:
    """A metric like the one given, with the images that `as_bytes` kept.

    Raises:
        FormatError: for something else.
        MismatchError: for a metric of other settings.
    """
    if not isinstance(saved, torch.Tensor) or saved.dtype != torch.uint8:
        what = saved.dtype if isinstance(saved, torch.Tensor) else type(saved).__name__
        text = f"the state of a metric is of the type {what}, expected a tensor of uint8"
        raise FormatError(f"{text}, as `state_dict` gave it.", code="type")
    found = metric.empty()
    found.merge(metric.from_bytes(saved.cpu().numpy().tobytes()))
    return found
