"""Res2Net: recorded numbers, published counts, what its parts see, freezing."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from segeval import FormatError, InputError
from segeval.models import component, public_names
from segeval.models.config import Config, Res2NetConfig, changed, config_from_dict
from segeval.models.costs.flops import counting, shapes_only
from segeval.models.files.res2net_names import of_res2net
from segeval.models.networks.backbone import FPN, BatchNorm
from tests.fill_rule import fill, record, recorded, wave
from tests.published_weights import res2net


def test_a_block_computes_the_recorded_numbers() -> None:
    block = fill(component("res2net-block", inputs=32, planes=8), "res2net-block")
    found = record(block(wave(1, 32, 5, 7)))
    assert found == recorded(378.7290, 0.3381509, 0.9095630, 1.081130, 0.6799935)


def test_the_first_block_of_a_stage_computes_the_recorded_numbers() -> None:
    block = fill(component("res2net-block", inputs=8, planes=4, stride=2), "res2net-block")
    found = record(block(wave(1, 8, 5, 7)))
    assert found == recorded(26.59538, 0.1385176, 0.1135703, 0.4527233, 0.9850999)


@pytest.mark.parametrize(
    ("depth", "classifier", "backbone", "norms", "multiply_adds"),
    [
        (101, 45_225_920, 43_176_920, 119_188, 8_306_615_040),
        (50, 25_718_352, 23_669_352, 59_620, 4_494_807_040),
    ],
)
def test_it_has_as_many_parameters_as_published_and_costs_as_much(
    depth: int, classifier: int, backbone: int, norms: int, multiply_adds: int
) -> None:
    with shapes_only():
        trained, frozen = (
            component("res2net", depth=depth, norm=norm) for norm in ("statistics", "frozen")
        )
        with counting(frozen) as runs, torch.no_grad():
            frozen(torch.zeros(1, 3, 224, 224))
    found = sum(each.numel() for each in trained.parameters())
    assert found == backbone
    assert found + 1000 * 2049 == classifier
    assert found - sum(each.numel() for each in frozen.parameters()) == norms
    assert sum(run.multiply_adds for run in runs) + 1000 * 2048 == multiply_adds


def test_every_name_and_shape_is_that_of_the_authors() -> None:
    names = public_names("res2net")
    with shapes_only():
        own = component("res2net", depth=101).state_dict()
    assert {names(name): tuple(each.shape) for name, each in own.items()} == res2net()


def test_names_are_translated_back() -> None:
    names = public_names("res2net")
    with shapes_only():
        own = component("res2net", deformable=2, context=4).state_dict()
    assert [of_res2net(names(name)) for name in own] == list(own)
    assert names("res3.0.context.reduce.bias") == "layer2.0.context_block.channel_add_conv.0.bias"
    assert names("res3.0.offsets.2.bias") == "layer2.0.convs.2.conv_offset.bias"
    assert of_res2net("layer2.0.downsample.0.weight") == "res3.0.shortcut.weight"  # a ResNet's


def test_each_part_sees_what_the_one_before_it_gave() -> None:
    """Identities as convolutions: parts a, b, c become a, a + b and a + b + c; d stays."""
    block = component("res2net-block", inputs=16, planes=4, scale_width=16)
    with torch.no_grad():
        for conv in block.convs:
            nn.init.dirac_(conv.weight)
        kept = torch.eye(16)[[0, 4, 8, 12]].reshape(4, 16, 1, 1)
        block.conv1.weight.copy_(kept)
        block.conv3.weight.copy_(kept.transpose(0, 1))
        x = torch.zeros(1, 16, 2, 2)
        x[0, ::4, 0, 0] = torch.tensor([1.0, 2, 3, 4])
        found = block(x)[0, ::4, 0, 0] - x[0, ::4, 0, 0]
    assert torch.allclose(found, torch.tensor([1.0, 3, 6, 4]), atol=1e-3)


@pytest.mark.parametrize("stride", [1, 2])
def test_in_the_first_block_of_a_stage_parts_see_themselves_and_the_last_is_averaged(
    stride: int,
) -> None:
    torch.manual_seed(0)
    block = component("res2net-block", inputs=8, planes=16, stride=stride, norm="statistics")
    x = torch.rand(1, 8, 5, 7)
    with torch.no_grad():
        seen = block.conv1(x).relu().split(block.width, 1)
        parts = [conv(part).relu() for conv, part in zip(block.convs, seen, strict=False)]
        last = functional.pad(seen[-1], (1, 1, 1, 1)).unfold(2, 3, stride).unfold(3, 3, stride)
        parts.append(last.mean((4, 5)))  # the border counts as zeros
        short = x
        if stride == 2:
            short = functional.pad(x, (0, 1, 0, 1), value=torch.nan)
            short = short.unfold(2, 2, 2).unfold(3, 2, 2).flatten(4).nanmean(-1)
        expected = (block.conv3(torch.cat(parts, 1)) + block.shortcut(short)).relu()
        assert torch.allclose(block(x), expected, atol=1e-5)


def test_only_the_first_block_of_res2_depends_on_where_the_weights_are_from() -> None:
    torch.manual_seed(0)
    authors = component("res2net", depth=26)
    other = component("res2net", depth=26, pool_first=False)
    other.load_state_dict(authors.state_dict())
    pools = {name: each.pools for name, each in authors.named_modules() if hasattr(each, "pools")}
    assert [name for name, pooled in pools.items() if pooled] == [
        "res2.0", "res3.0", "res4.0", "res5.0",
    ]  # fmt: skip
    assert not other.res2[0].pools
    x = torch.rand(1, 64, 8, 8)
    with torch.no_grad():
        assert not torch.equal(authors.res2[0](x), other.res2[0](x))
        y = authors.res2[0](x)
        assert torch.equal(authors.res2[1](y), other.res2[1](y))
        assert torch.equal(authors.res3(y), other.res3(y))


def test_deformable_convolutions_have_as_many_offsets_as_published() -> None:
    with shapes_only():
        backbone = component("res2net", depth=101, deformable=1)
    found = {name: each.numel() for name, each in backbone.named_parameters() if "offsets" in name}
    assert sum(found.values()) == 1_568_484
    assert {name.split(".")[0] for name in found} == {"res3", "res4", "res5"}


@pytest.mark.parametrize("inputs", [16, 64])
def test_offsets_are_predicted_from_what_their_convolution_sees(inputs: int) -> None:
    torch.manual_seed(0)
    plain, moved = (
        component("res2net-block", inputs=inputs, planes=16, deformable=each) for each in (0, 1)
    )
    moved.load_state_dict(plain.state_dict(), strict=False)
    seen: list[list[Tensor]] = [[], []]
    for number, layers in enumerate((moved.offsets, moved.convs)):
        for layer in layers:
            layer.register_forward_pre_hook(lambda _, x, at=number: seen[at].append(x[0]))
    x = torch.rand(2, inputs, 6, 5)
    with torch.no_grad():
        found = moved(x)
        assert torch.allclose(found, plain(x), atol=1e-5)  # offsets begin at 0
    assert len(seen[0]) == 3
    assert all(map(torch.equal, *seen))


def test_it_carries_a_pyramid_and_every_parameter_learns() -> None:
    backbone = component("res2net", depth=14, deformable=2, context=4, norm="batch")
    for name, each in backbone.named_parameters():
        if ".context.expand" in name:
            nn.init.normal_(each)
    pyramid = FPN(backbone, channels=8)
    maps = pyramid(torch.rand(2, 3, 64, 96))
    assert {name: tuple(each.shape[2:]) for name, each in maps.items()} == {
        "p2": (16, 24), "p3": (8, 12), "p4": (4, 6), "p5": (2, 3), "p6": (1, 2),
    }  # fmt: skip
    sum(each.square().sum() for each in maps.values()).backward()
    assert [name for name, each in pyramid.named_parameters() if each.grad is None] == []


def test_a_small_one_has_fewer_channels_everywhere() -> None:
    backbone = component("res2net", depth=14, base_channels=16)
    assert backbone.channels == {"res2": 64, "res3": 128, "res4": 256, "res5": 512}
    assert backbone.stem.channels == 16
    assert [backbone.get_submodule(f"{name}.0").width for name in backbone.channels] == [
        6, 13, 26, 52,
    ]  # fmt: skip
    assert backbone(torch.rand(1, 3, 32, 32))["res5"].shape == (1, 512, 1, 1)


def test_frozen_stages_do_not_train() -> None:
    backbone = component("res2net", depth=14, norm="batch")
    backbone.freeze(2)
    frozen = {
        name.split(".")[0] for name, each in backbone.named_parameters() if not each.requires_grad
    }
    assert frozen == {"stem", "res2"}
    assert not any(isinstance(each, BatchNorm) for each in backbone.res2.modules())
    assert any(isinstance(each, BatchNorm) for each in backbone.res3.modules())


def test_norms_of_groups_have_as_many_as_divide_their_channels() -> None:
    with shapes_only():
        backbone = component("res2net", depth=14, norm="group")
    groups = {
        name: each.num_groups
        for name, each in backbone.named_modules()
        if isinstance(each, nn.GroupNorm)
    }
    assert {name: groups[name] for name in groups if "convs.0" in name} == {
        "res2.0.convs.0.norm": 2,  # of 26 channels
        "res3.0.convs.0.norm": 4,
        "res4.0.convs.0.norm": 8,
        "res5.0.convs.0.norm": 16,
    }
    assert {groups[name] for name in groups if "conv3" in name or "stem" in name} == {32}


def test_another_output_stride_is_refused() -> None:
    with shapes_only():
        backbone = component("res2net", depth=14)
    backbone.dilate(32)
    with pytest.raises(InputError, match="stride is 16, expected 32: Res2Net has no dilated conv"):
        backbone.dilate(16)


def test_a_block_without_channels_in_its_parts_is_refused() -> None:
    with pytest.raises(InputError, match="A block of 2 planes has parts of 2 x 26 / 64 channels"):
        component("res2net-block", inputs=8, planes=2)


RES2NET = changed(Config(), "r2", backbone={"kind": "res2net"})


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"depth": 152}, "mine: backbone.depth is 152, expected 14 or 26 or 50 or 101."),
        ({"scales": 1}, "mine: backbone.scales is 1, expected 2 to 64."),
        ({"scale_width": 0}, "mine: backbone.scale_width is 0, expected 1 or more, and at most"),
        (
            {"base_channels": 2},
            "mine: backbone.scale_width is 26, expected 64 or more when multiplied by backbone.bas",
        ),
        ({"groups": 32}, "mine: there is no setting backbone.groups."),
        ({"output_stride": 16}, "mine: there is no setting backbone.output_stride."),
    ],
)
def test_impossible_settings_are_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(FormatError) as problem:
        config_from_dict({"backbone": settings}, base=RES2NET, source="mine")
    assert problem.value.message.startswith(message)


def test_a_semantic_head_that_would_dilate_it_is_refused() -> None:
    semantic = {"task": "semantic", "semantic": {"kind": "deeplab"}}
    with pytest.raises(FormatError) as problem:
        config_from_dict(semantic, base=RES2NET, source="mine")
    assert problem.value.message == (
        "mine: semantic.test_output_stride is 16, expected 32: a Res2Net has no dilated "
        "convolutions."
    )
    semantic["semantic"] = {"kind": "deeplab", "test_output_stride": 32}
    assert config_from_dict(semantic, base=RES2NET).backbone == Res2NetConfig()


@pytest.mark.parametrize(
    ("settings", "label"),
    [
        ({}, "R2-50"),
        ({"depth": 101, "deformable": 1, "context": 4}, "R2-101+D+GC"),
        ({"scales": 8, "scale_width": 14}, "R2-50-14wx8s"),
    ],
)
def test_its_label_is_that_of_papers(settings: dict[str, Any], label: str) -> None:
    assert Res2NetConfig(**settings).label == label
