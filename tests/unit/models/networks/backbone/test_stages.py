"""Backbones stage by stage: what `forward` does in one go."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from segeval.models import component
from segeval.models.networks.protocols import Staged

BACKBONES: dict[str, dict[str, Any]] = {
    "resnet": {"depth": 14, "context": 4},
    "res2net": {"depth": 14, "deformable": 1},
    "swin": {
        "embed": 8,
        "depths": (2, 2, 2, 2),
        "heads": (1, 2, 2, 4),
        "window": 3,
        "drop_path": 0.0,
    },
}


@pytest.mark.parametrize("kind", BACKBONES)
def test_the_stem_and_all_stages_are_the_backbone(kind: str) -> None:
    torch.manual_seed(0)
    backbone: Staged = component(kind, **BACKBONES[kind])
    assert isinstance(backbone, Staged)
    image = torch.rand(2, 3, 64, 96)
    with torch.no_grad():
        whole = backbone(image)
        x = backbone.stem(image)
        for number, (name, seen) in enumerate(whole.items()):
            assert (x.shape[0], x.ndim) == (2, 4)
            found, x = backbone.stage(number, x)
            assert torch.equal(found, seen), name
            assert found.shape[1] == backbone.channels[name]
            assert found.shape[2:] == (64 // backbone.strides[name], 96 // backbone.strides[name])


@pytest.mark.parametrize("kind", BACKBONES)
def test_a_stage_takes_more_than_the_last_one_gave(kind: str) -> None:
    torch.manual_seed(0)
    backbone: Staged = component(kind, **BACKBONES[kind])
    with torch.no_grad():
        _, x = backbone.stage(0, backbone.stem(torch.rand(1, 3, 64, 64)))
        more = torch.zeros_like(x)
        more[..., 0, 0] = 5
        one, other = backbone.stage(1, x), backbone.stage(1, x + more)
    assert not torch.equal(one[0], other[0])
    assert not torch.equal(one[1], other[1])
