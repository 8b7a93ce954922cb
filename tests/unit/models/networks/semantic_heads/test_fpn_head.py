"""SemanticFPN: its names and shapes, its strides, and what it computes."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from segeval.models.networks.semantic_heads import SemanticFPNHead

P2_TO_P5 = {"p2": 4, "p3": 8, "p4": 16, "p5": 32}
P3_TO_P5 = {"p3": 8, "p4": 16, "p5": 32}


def pyramid(channels: int, size: tuple[int, int] = (64, 96)) -> dict[str, Tensor]:
    generator = torch.Generator().manual_seed(0)
    return {
        name: torch.randn(2, channels, size[0] // stride, size[1] // stride, generator=generator)
        for name, stride in P2_TO_P5.items()
    }


def small(levels: dict[str, int] = P2_TO_P5) -> SemanticFPNHead:
    return SemanticFPNHead(5, levels=levels, channels=8, norm="group", width=32)


def published(convolutions: list[str]) -> dict[str, tuple[int, ...]]:
    shapes: dict[str, tuple[int, ...]] = {
        "predictor.weight": (19, 128, 1, 1),
        "predictor.bias": (19,),
    }
    for name in convolutions:
        inputs = 256 if name.endswith(".0") else 128
        shapes |= {
            f"{name}.weight": (128, inputs, 3, 3),
            f"{name}.norm.weight": (128,),
            f"{name}.norm.bias": (128,),
        }
    return shapes


@pytest.mark.parametrize(
    ("levels", "convolutions"),
    [
        (P2_TO_P5, ["p2.0", "p3.0", "p4.0", "p4.2", "p5.0", "p5.2", "p5.4"]),
        (P3_TO_P5, ["p3.0", "p4.0", "p5.0", "p5.2"]),
    ],
)
def test_names_and_shapes(levels: dict[str, int], convolutions: list[str]) -> None:
    with torch.device("meta"):
        head = SemanticFPNHead(19, levels=levels, channels=256, norm="group")
    found = {name: tuple(each.shape) for name, each in head.state_dict().items()}
    assert found == published(convolutions)


@pytest.mark.parametrize(("levels", "stride"), [(P2_TO_P5, 4), (P3_TO_P5, 8)])
def test_logits_have_the_stride_of_the_finest_level(levels: dict[str, int], stride: int) -> None:
    head = small(levels)
    assert head.stride == stride
    assert head(pyramid(8)).shape == (2, 5, 64 // stride, 96 // stride)


def test_levels_are_convolved_normalised_doubled_and_summed() -> None:
    torch.manual_seed(0)
    head = small()
    for each in head.parameters():
        if each.ndim == 1:
            torch.nn.init.normal_(each)  # norms and biases that do something
    weights, features = head.state_dict(), pyramid(8)

    def layer(x: Tensor, name: str) -> Tensor:
        x = functional.conv2d(x, weights[f"{name}.weight"], padding=1)
        scale, shift = weights[f"{name}.norm.weight"], weights[f"{name}.norm.bias"]
        return functional.group_norm(x, 32, scale, shift, 1e-5).relu()

    def doubled(x: Tensor) -> Tensor:
        return functional.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)

    total = layer(features["p2"], "p2.0") + doubled(layer(features["p3"], "p3.0"))
    total = total + doubled(layer(doubled(layer(features["p4"], "p4.0")), "p4.2"))
    x = doubled(layer(doubled(layer(features["p5"], "p5.0")), "p5.2"))
    total = total + doubled(layer(x, "p5.4"))
    expected = functional.conv2d(total, weights["predictor.weight"], weights["predictor.bias"])
    torch.testing.assert_close(head(features), expected, atol=1e-4, rtol=1e-4)


def test_features_are_left_as_they_are() -> None:
    features = pyramid(8)
    before = {name: each.clone() for name, each in features.items()}
    small()(features)
    assert all(torch.equal(features[name], each) for name, each in before.items())


def test_images_of_a_batch_do_not_touch_each_other() -> None:
    head, features = small(), pyramid(8)
    alone = head({name: each[1:] for name, each in features.items()})
    torch.testing.assert_close(head(features)[1:], alone, atol=1e-5, rtol=1e-4)
