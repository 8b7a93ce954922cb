"""Swin as transformers has it, with our weights: the same maps.

It does not shift the windows of a map that is no larger than one, as published classifiers do not;
published detectors and ours do, so maps are larger here.
"""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from segeval.models import component

pytestmark = pytest.mark.filterwarnings("ignore")  # what transformers warns of at its import

SETTINGS: dict[str, Any] = {
    "embed": 8, "depths": (2, 2, 3, 2), "heads": (1, 2, 4, 4), "window": 2, "drop_path": 0.0,
}  # fmt: skip

PARTS = (
    ("patch_embed.proj", "swin.embeddings.patch_embeddings.projection"),
    ("patch_embed.norm", "swin.embeddings.norm"),
    ("layers.", "swin.encoder.layers."),
    (".attn.relative_position", ".attention.relative_position_bias.relative_position"),
    (".attn.proj", ".attention.o_proj"),
    (".norm1", ".layernorm_before"),
    (".norm2", ".layernorm_after"),
)
"""Parts of our names, and of theirs."""


def their_weights(weights: dict[str, Tensor]) -> dict[str, Tensor]:
    """Our weights by their names; queries, keys and values are three layers there."""
    found = {}
    for ours, weight in weights.items():
        name = ours
        for part, theirs in PARTS:
            name = name.replace(part, theirs)
        if name.startswith("norm"):
            name = f"hidden_states_norms.stage{int(name[4]) + 1}{name[5:]}"
        if ".attn.qkv" in name:
            for letter, part_of_it in zip("qkv", weight.chunk(3), strict=True):
                found[name.replace("attn.qkv", f"attention.{letter}_proj")] = part_of_it
        else:
            found[name] = weight
    return found


@pytest.fixture(scope="module")
def both() -> tuple[Any, Any]:
    """Our network and theirs, in float64."""
    pytest.importorskip("transformers", reason="transformers is not installed")
    from transformers import SwinBackbone, SwinConfig

    torch.manual_seed(0)
    ours = component("swin", **SETTINGS)
    for each in ours.parameters():
        torch.nn.init.normal_(each, std=0.3)
    config = SwinConfig(
        embed_dim=SETTINGS["embed"],
        depths=list(SETTINGS["depths"]),
        num_heads=list(SETTINGS["heads"]),
        window_size=SETTINGS["window"],
        out_features=[f"stage{number}" for number in (1, 2, 3, 4)],
        attn_implementation="eager",  # whose softmax is the one place with less than 64 bits
    )
    theirs = SwinBackbone(config)
    report = theirs.load_state_dict(their_weights(ours.state_dict()), strict=False)
    assert not report.unexpected_keys
    unused = ("swin.layernorm.weight", "swin.layernorm.bias")
    assert set(report.missing_keys) == set(unused)  # of the classifier
    return ours.double().eval(), theirs.double().eval()


@pytest.mark.parametrize("size", [(96, 128), (124, 100), (99, 161)])
def test_maps_of_any_size_are_those_of_transformers(both: Any, size: tuple[int, int]) -> None:
    ours, theirs = both
    image = torch.randn(2, 3, *size, dtype=torch.float64)
    with torch.no_grad():
        found, expected = ours(image), theirs(image).feature_maps
    for (name, had), has in zip(found.items(), expected, strict=True):
        # their softmax has 32 bits
        assert torch.allclose(had, has, rtol=0, atol=2e-5), name
        assert float(had.abs().mean()) > 0.1
