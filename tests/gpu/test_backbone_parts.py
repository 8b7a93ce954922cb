"""Res2Net, global context and balanced pyramids give on a GPU what they give on the CPU."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from segeval.models import component

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="torch finds no CUDA device here"),
]

GPU = torch.device("cuda")


@pytest.fixture(autouse=True)
def _full_precision() -> Iterator[None]:
    before = torch.backends.cudnn.allow_tf32
    torch.backends.cudnn.allow_tf32 = False
    yield
    torch.backends.cudnn.allow_tf32 = before


def a_map(*shape: int, scale: float = 1.0) -> Tensor:
    return scale * torch.randn(*shape, generator=torch.Generator().manual_seed(0))


def levels() -> dict[str, Tensor]:
    sides = ((64, 96), (32, 48), (16, 24), (8, 12), (4, 6))
    return {f"p{2 + place}": a_map(2, 32, *side) for place, side in enumerate(sides)}


def part(kind: str, **settings: Any) -> nn.Module:
    """A component whose last layers say something."""
    torch.manual_seed(0)
    found: nn.Module = component(kind, **settings)
    for each in found.parameters():
        if not each.any():
            nn.init.normal_(each, std=0.1)
    return found


def outputs(module: nn.Module, given: Any, device: torch.device) -> list[Tensor]:
    """What a module gives on a device, and the gradient of its input."""
    module = copy.deepcopy(module).to(device)
    maps = given if isinstance(given, dict) else {"x": given}
    inputs = {name: each.to(device).requires_grad_() for name, each in maps.items()}
    found = module(inputs if isinstance(given, dict) else inputs["x"])
    maps_out = list(found.values()) if isinstance(found, dict) else [found]
    torch.stack([(each * each).sum() for each in maps_out]).sum().backward()
    gradients = [each.grad for each in inputs.values() if each.grad is not None]
    return [each.detach().cpu() for each in (*maps_out, *gradients)]


@pytest.mark.parametrize(
    ("kind", "settings", "given"),
    [
        ("global-context", {"channels": 32}, a_map(2, 32, 30, 40)),
        ("non-local", {"channels": 32}, a_map(2, 32, 30, 40)),
        ("res2net-block", {"inputs": 64, "planes": 32, "stride": 2}, a_map(2, 64, 30, 40)),
        ("res2net-block", {"inputs": 64, "planes": 16, "deformable": 2}, a_map(2, 64, 30, 40)),
        ("balanced-pyramid", {"channels": 32, "balance_blocks": 2}, levels()),
        ("balanced-pyramid", {"channels": 32, "balance": "conv"}, levels()),
        ("res2net", {"depth": 14, "base_channels": 16, "context": 4}, a_map(2, 3, 64, 96)),
    ],
)
def test_a_part_and_its_gradient(kind: str, settings: dict[str, Any], given: Any) -> None:
    module = part(kind, **settings)
    for there, here in zip(
        outputs(module, given, GPU), outputs(module, given, torch.device("cpu")), strict=True
    ):
        assert (there - here).norm() <= 1e-3 * here.norm()


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
@torch.no_grad()
def test_large_numbers_do_not_overflow_in_mixed_precision(dtype: torch.dtype) -> None:
    """Logits of these maps exceed the 65,504 that float16 holds."""
    block: Any = part("non-local", channels=64).to(GPU)
    x = a_map(1, 64, 20, 30, scale=200).to(GPU)
    theta, phi = (layer(x).flatten(2) for layer in (block.theta, block.phi))
    assert (theta.transpose(1, 2) @ phi).abs().amax() > 65_504
    with torch.autocast("cuda", dtype):
        assert block(x).isfinite().all()
