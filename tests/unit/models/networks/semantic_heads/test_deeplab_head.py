"""DeepLabV3: its names and shapes, its looks at the features, another stride in inference."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn
from torch.nn import functional

from segeval.models.networks.backbone import BatchNorm
from segeval.models.networks.semantic_heads import DeepLabHead

NORM = "running_mean", "running_var", "weight", "bias"


def head_of(width: int, **settings: Any) -> DeepLabHead:
    settings = {"norm": "batch", "rates": (1, 2, 3)} | settings
    return DeepLabHead(5, channels=16, stride=16, width=width, **settings)


def small(**settings: Any) -> DeepLabHead:
    torch.manual_seed(0)
    head = head_of(8, **settings)
    nn.init.normal_(head.predictor.weight)
    for module in head.modules():
        if isinstance(module, BatchNorm):
            nn.init.uniform_(module.running_mean)
            nn.init.uniform_(module.running_var, 0.5, 2)
    return head


def test_names_and_shapes() -> None:
    with torch.device("meta"):
        head = DeepLabHead(19, channels=2048, stride=16, norm="batch")
    found = {name: tuple(each.shape) for name, each in head.state_dict().items()}
    expected: dict[str, tuple[int, ...]] = {
        "predictor.weight": (19, 256, 1, 1),
        "predictor.bias": (19,),
        "aspp.convs.4.1.weight": (256, 2048, 1, 1),
        "aspp.convs.4.1.bias": (256,),
    }
    for name, inputs, side in [
        ("aspp.convs.0", 2048, 1),
        ("aspp.convs.1", 2048, 3),
        ("aspp.convs.2", 2048, 3),
        ("aspp.convs.3", 2048, 3),
        ("aspp.project", 1280, 1),
    ]:
        expected[f"{name}.weight"] = (256, inputs, side, side)
        for part in NORM:
            expected[f"{name}.norm.{part}"] = (256,)
    assert found == expected


def test_its_looks_have_the_published_dilations() -> None:
    with torch.device("meta"):
        convs = DeepLabHead(19, channels=2048, stride=16, norm="batch").aspp.convs
    assert [each.dilation for each in convs[:4]] == [(1, 1), (6, 6), (12, 12), (18, 18)]


def test_five_looks_are_put_together() -> None:
    aspp, x = small().eval().aspp, torch.randn(2, 16, 6, 7)
    weights = aspp.state_dict()
    mean = x.mean((2, 3), keepdim=True)
    mean = functional.conv2d(mean, weights["convs.4.1.weight"], weights["convs.4.1.bias"])
    looks = []
    for place, rate in enumerate((1, 1, 2, 3)):
        weight = weights[f"convs.{place}.weight"]
        seen = functional.conv2d(x, weight, padding=rate if place else 0, dilation=rate)
        norm = [weights[f"convs.{place}.norm.{part}"] for part in NORM]
        looks.append(functional.batch_norm(seen, *norm).relu())
    expected = aspp.project(torch.cat([*looks, mean.relu().expand(-1, -1, 6, 7)], dim=1)).relu()
    torch.testing.assert_close(aspp(x), expected)


def test_at_half_the_stride_the_same_weights_see_the_same() -> None:
    head, coarse = small().eval(), {"res5": torch.randn(2, 16, 6, 7)}
    fine = {"res5": functional.interpolate(coarse["res5"], scale_factor=2, mode="nearest")}
    expected = functional.interpolate(head(coarse), scale_factor=2, mode="nearest")
    assert not torch.allclose(head(fine), expected, atol=1e-2)
    head.dilate(8)
    torch.testing.assert_close(head(fine), expected, atol=1e-5, rtol=1e-4)
    head.dilate(16)
    torch.testing.assert_close(
        head(coarse), expected[:, :, ::2, ::2].contiguous(), atol=1e-5, rtol=1e-4
    )


def test_one_image_is_enough_to_train_on() -> None:
    head = small()
    head({"res5": torch.randn(1, 16, 3, 3)}).square().sum().backward()
    for name, each in head.named_parameters():
        assert each.grad is not None, name
        assert each.grad.isfinite().all(), name


@pytest.mark.parametrize("norm", ["group", "frozen"])
def test_norms_that_do_not_look_at_the_batch(norm: str) -> None:
    head = head_of(32, norm=norm, dropout=0)
    x = torch.randn(2, 16, 5, 5)
    both, alone = head({"res5": x}), head({"res5": x[:1]})
    torch.testing.assert_close(both[:1], alone, atol=1e-5, rtol=1e-4)


def test_dropout_is_of_training_and_of_the_generator() -> None:
    head, features = small(dropout=0.5), torch.rand(4, 16, 20, 20)
    first, again, other = (
        head.aspp(features, torch.Generator().manual_seed(seed)) for seed in (1, 1, 2)
    )
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    head.aspp.dropout = 0
    whole = head.aspp(features)
    kept = first != 0
    torch.testing.assert_close(first[kept], 2 * whole[kept])
    share = kept.sum() / (whole != 0).sum()
    assert abs(share - 0.5) < 0.02
    head.aspp.dropout = 0.5
    head.eval()
    assert torch.equal(head.aspp(features), head.aspp(features))
