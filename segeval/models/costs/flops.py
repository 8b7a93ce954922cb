"""Multiply-adds and activations of networks, counted while they run.

Convolutions, fully connected layers and `Product`s count; biases, norms, ReLU, softmax,
interpolation and RoIAlign do not. With tensors that have only shapes (`shapes_only`), counting
takes almost no time.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.overrides import TorchFunctionMode

from segeval.models.networks.backbone.deformable import DeformableConv
from segeval.models.networks.product import Product
from segeval.models.networks.protocols import MaskHead, Pyramid

LAYERS = nn.Conv1d | nn.Conv2d | nn.ConvTranspose2d | nn.Linear | DeformableConv | Product
"""Layers that are counted."""


@dataclass(frozen=True)
class LayerRun:
    """One run of one layer.

    Attributes:
        layer: its name in the network.
        multiply_adds: a product and its sum count as one.
        inputs: numbers in the input, without the offsets of a deformable convolution; of a product
            those of its first factor.
        outputs: numbers in the output.
    """

    layer: str
    multiply_adds: int
    inputs: int
    outputs: int


@dataclass(frozen=True)
class Cost:
    """The cost of running a network.

    Attributes:
        multiply_adds: of all runs of all layers.
        activations: numbers in the input of the first layer and in the output of every layer. A
            layer that runs several times counts once, with its largest output, as in one step
            of PointRend's subdivision.

    Source:
        Kirillov et al. 2020, PointRend, table 2. The paper does not define activations; this
        definition gives its numbers.
    """

    multiply_adds: int
    activations: int


@contextmanager
def counting(network: nn.Module) -> Iterator[list[LayerRun]]:
    """A context whose value lists every run of a layer.

    Args:
        network: with the layers to watch.

    Example:
        >>> with counting(nn.Sequential(nn.Linear(3, 2))) as runs:
        ...     _ = nn.Linear(3, 2)(torch.zeros(5, 3))
        >>> runs
        []
        >>> network = nn.Sequential(nn.Linear(3, 2))
        >>> with counting(network) as runs:
        ...     _ = network(torch.zeros(5, 3))
        >>> runs
        [LayerRun(layer='0', multiply_adds=30, inputs=15, outputs=10)]
    """
    runs: list[LayerRun] = []
    hooks = [
        layer.register_forward_hook(partial(_add_run, runs, name))
        for name, layer in network.named_modules()
        if isinstance(layer, LAYERS)
    ]
    try:
        yield runs
    finally:
        for hook in hooks:
            hook.remove()


def cost_of(runs: Sequence[LayerRun]) -> Cost:
    """The total cost of some runs.

    Args:
        runs: in order of time.
    """
    largest: dict[str, int] = {}
    for run in runs:
        largest[run.layer] = max(run.outputs, largest.get(run.layer, 0))
    first = runs[0].inputs if runs else 0
    return Cost(sum(run.multiply_adds for run in runs), first + sum(largest.values()))


@contextmanager
def shapes_only() -> Iterator[None]:
    """A context in which tensors have only shapes: torch's meta device.

    It skips drawing weights and sampling features, which torch does in Python there and which would
    take most of the time. `torch.where(condition)`, which the device refuses, finds nothing.
    """
    with torch.device("meta"), _ShapesOnly():
        yield


DRAWS = (Tensor.normal_, Tensor.uniform_, nn.init.normal_, nn.init.uniform_)
"""Functions that draw numbers; on the meta device the first call imports torch's compiler."""


class _ShapesOnly(TorchFunctionMode):
    """Replaces what the meta device does slowly or refuses."""

    def __torch_function__(
        self, func: Any, types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        if func is functional.grid_sample:
            features, places = args[:2]
            return features.new_empty(*features.shape[:2], *places.shape[1:3])
        if func in DRAWS:
            return args[0] if args else (kwargs or {})["tensor"]
        if func is torch.where and len(args) == 1:
            return tuple(torch.zeros(0, dtype=torch.int64) for _ in args[0].shape)
        return func(*args, **(kwargs or {}))


@torch.no_grad()
def head_cost(head: MaskHead, pyramid: Pyramid) -> Cost:
    """The cost of one box's mask, from a run of the head on its device.

    Args:
        head: a module of any kind.
        pyramid: its input.

    Source:
        Kirillov et al. 2020, PointRend, table 2: 0.5 B, 34 B and 0.9 B multiply-adds, 0.5 M, 33 M
        and 0.7 M activations.

    Example:
        >>> from segeval.models.config import MaskConfig
        >>> from segeval.models.networks.mask_heads import ConvHead, PointRendHead
        >>> from segeval.models.networks.protocols import Levels
        >>> head_cost(ConvHead(MaskConfig(kind="conv"), 80, Levels(256)), Levels(256))
        Cost(multiply_adds=529858560, activations=514304)
        >>> head_cost(PointRendHead(MaskConfig(), 80, Levels(256)), Levels(256))
        Cost(multiply_adds=924286976, activations=733520)
    """
    if not isinstance(head, nn.Module):
        raise TypeError(f"The head is a {type(head).__name__}, expected a module.")
    device = next(head.parameters()).device
    level = torch.zeros(1, pyramid.channels, 16, 16, device=device)
    box = torch.tensor([[0.0, 0.0, 48.0, 48.0]], device=device)
    category = torch.zeros(1, dtype=torch.int64, device=device)
    with counting(head) as runs:
        head.predict(dict.fromkeys(pyramid.strides, level), [box], [category])
    return cost_of(runs)


def _add_run(
    runs: list[LayerRun], name: str, layer: nn.Module, inputs: tuple[Any, ...], output: Tensor
) -> None:
    """Count a run, as a forward hook."""
    given = inputs[0].numel()
    if isinstance(layer, Product):
        runs.append(LayerRun(name, given * inputs[1].shape[-1], given, output.numel()))
        return
    weight: Tensor = layer.weight  # type: ignore[assignment]
    # Products per number of the output, or of the input if the convolution is transposed.
    products = weight[0].numel()
    counted = given if isinstance(layer, nn.ConvTranspose2d) else output.numel()
    runs.append(LayerRun(name, products * counted, given, output.numel()))
