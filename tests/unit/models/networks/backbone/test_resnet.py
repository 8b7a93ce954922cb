"""Names, shapes and numbers of the published models, and what the modules compute."""

from __future__ import annotations

from math import prod
from typing import Any, TypeGuard

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from segeval.errors import InputError
from segeval.models import component, public_names
from segeval.models.config import BackboneConfig
from segeval.models.costs.flops import shapes_only
from segeval.models.files.families import TORCHVISION, family_of
from segeval.models.files.torchvision_names import of_torchvision
from segeval.models.networks.backbone import FPN, BatchNorm, Conv, DeepStem, FrozenBatchNorm, ResNet

Shapes = dict[str, tuple[int, ...]]

NORM = ("weight", "bias", "running_mean", "running_var")
BLOCKS = {50: (3, 4, 6, 3), 101: (3, 4, 23, 3)}

REST: Shapes = {
    "rpn_head.conv.weight": (256, 256, 3, 3), "rpn_head.conv.bias": (256,),
    "rpn_head.objectness_logits.weight": (3, 256, 1, 1), "rpn_head.objectness_logits.bias": (3,),
    "rpn_head.anchor_deltas.weight": (12, 256, 1, 1), "rpn_head.anchor_deltas.bias": (12,),
    "box_head.fc1.weight": (1024, 12544), "box_head.fc1.bias": (1024,),
    "box_head.fc2.weight": (1024, 1024), "box_head.fc2.bias": (1024,),
    "box_predictor.cls_score.weight": (81, 1024), "box_predictor.cls_score.bias": (81,),
    "box_predictor.bbox_pred.weight": (320, 1024), "box_predictor.bbox_pred.bias": (320,),
    "coarse_head.reduce_spatial_dim_conv.weight": (256, 256, 2, 2),
    "coarse_head.reduce_spatial_dim_conv.bias": (256,),
    "coarse_head.fc1.weight": (1024, 12544), "coarse_head.fc1.bias": (1024,),
    "coarse_head.fc2.weight": (1024, 1024), "coarse_head.fc2.bias": (1024,),
    "coarse_head.prediction.weight": (3920, 1024), "coarse_head.prediction.bias": (3920,),
    "point_head.fc1.weight": (256, 336, 1), "point_head.fc1.bias": (256,),
    "point_head.fc2.weight": (256, 336, 1), "point_head.fc2.bias": (256,),
    "point_head.fc3.weight": (256, 336, 1), "point_head.fc3.bias": (256,),
    "point_head.predictor.weight": (80, 336, 1), "point_head.predictor.bias": (80,),
}  # fmt: skip
"""The other parts of PointRend on COCO: with them the sums must be the published ones."""


def table(depth: int, groups: int, width: int) -> Shapes:
    """The published entries of backbone and pyramid."""
    shapes: Shapes = {}

    def conv(name: str, *shape: int) -> None:
        shapes[f"{name}.weight"] = shape
        shapes.update({f"{name}.norm.{each}": shape[:1] for each in NORM})

    conv("bottom_up.stem.conv1", 64, 3, 7, 7)
    inputs, middle = 64, groups * width
    for stage, blocks in zip(range(2, 6), BLOCKS[depth], strict=True):
        outputs = 64 << stage
        conv(f"bottom_up.res{stage}.0.shortcut", outputs, inputs, 1, 1)
        for block in range(blocks):
            name = f"bottom_up.res{stage}.{block}"
            conv(f"{name}.conv1", middle, inputs, 1, 1)
            conv(f"{name}.conv2", middle, middle // groups, 3, 3)
            conv(f"{name}.conv3", outputs, middle, 1, 1)
            inputs = outputs
        shapes[f"fpn_lateral{stage}.weight"] = (256, outputs, 1, 1)
        shapes[f"fpn_output{stage}.weight"] = (256, 256, 3, 3)
        shapes[f"fpn_lateral{stage}.bias"] = shapes[f"fpn_output{stage}.bias"] = (256,)
        middle *= 2
    return shapes


def stages_of(backbone: ResNet) -> list[tuple[str, Any]]:
    return [(name, backbone.get_submodule(name)) for name in backbone.channels]


def on_paper(depth: Any = 50, groups: int = 1, width: int = 64, norm: Any = "frozen") -> FPN:
    """The modules without their numbers."""
    with torch.device("meta"):
        return FPN(
            ResNet(BackboneConfig(depth=depth, groups=groups, width_per_group=width, norm=norm))
        )


MODELS = [(50, 1, 64), (101, 1, 64), (101, 32, 8), (101, 64, 4)]


@pytest.mark.parametrize("norm", ["frozen", "batch"])
@pytest.mark.parametrize(("depth", "groups", "width"), MODELS)
def test_every_name_and_shape_is_the_published_one(
    depth: int, groups: int, width: int, norm: str
) -> None:
    found = on_paper(depth, groups, width, norm).state_dict()
    expected = table(depth, groups, width)
    assert {name: tuple(each.shape) for name, each in found.items()} == expected


@pytest.mark.parametrize(("depth", "groups", "width", "entries", "numbers"), [
    (50, 1, 64, 311, 60_161_792), (101, 32, 8, 566, 123_246_336),
])  # fmt: skip
def test_entries_and_parameters_are_as_many_as_published(
    depth: int, groups: int, width: int, entries: int, numbers: int
) -> None:
    backbone = on_paper(depth, groups, width)
    rest = sum(map(prod, REST.values()))
    assert len(backbone.state_dict()) + len(REST) == entries
    assert sum(each.numel() for each in backbone.parameters()) + rest == numbers


def test_the_numbers_of_r50_and_its_pyramid() -> None:
    frozen, trained = on_paper(), on_paper(norm="batch")
    statistics = 26_560  # channels that are normalised
    assert sum(each.numel() for each in frozen.parameters()) == 26_799_296
    assert sum(each.numel() for each in frozen.buffers()) == 4 * statistics
    assert sum(each.numel() for each in trained.parameters()) == 26_799_296 + 2 * statistics


@pytest.mark.parametrize("stride_in_1x1", [True, False])
def test_strides_are_those_it_states(stride_in_1x1: bool) -> None:
    image = torch.rand(1, 3, 64, 96)
    fpn = FPN(ResNet(BackboneConfig(stride_in_1x1=stride_in_1x1)), channels=32)
    with torch.no_grad():
        maps, levels = fpn.bottom_up(image), fpn(image)
    assert fpn.bottom_up.strides == {"res2": 4, "res3": 8, "res4": 16, "res5": 32}
    assert fpn.strides == {"p2": 4, "p3": 8, "p4": 16, "p5": 32, "p6": 64}
    for name, stride in fpn.bottom_up.strides.items():
        channels = fpn.bottom_up.channels[name]
        assert maps[name].shape == (1, channels, 64 // stride, 96 // stride)
    for name, stride in fpn.strides.items():
        assert levels[name].shape == (1, 32, -(-64 // stride), -(-96 // stride))


@pytest.mark.parametrize("stride_in_1x1", [True, False])
def test_the_stride_is_where_it_is_asked_for(stride_in_1x1: bool) -> None:
    with torch.device("meta"):
        backbone = ResNet(BackboneConfig(stride_in_1x1=stride_in_1x1))
    strided = {
        name.rsplit(".", 1)[1]
        for name, each in backbone.named_modules()
        if isinstance(each, Conv) and each.stride == (2, 2) and name.startswith("res")
    }
    assert strided == {"shortcut", "conv1" if stride_in_1x1 else "conv2"}


def test_resnext_101_64x4d_has_the_names_and_the_size_of_torchvision_s() -> None:
    settings = {"depth": 101, "groups": 64, "width_per_group": 4, "stride_in_1x1": False}
    with shapes_only():
        plain, moved = (component("resnet", **settings, deformable=each) for each in (0, 1))
    count = sum(each.numel() for each in plain.parameters())
    norms = 2 * sum(len(each.weight) for each in plain.modules() if is_norm(each))
    classifier = 1000 * (2048 + 1)
    assert count == 81_203_392 == 83_455_272 - classifier - norms
    offsets = {name: each.numel() for name, each in moved.named_parameters() if "offset" in name}
    assert sum(offsets.values()) == 5_143_068
    assert sum(each.numel() for each in moved.parameters()) == 86_346_460 == count + 5_143_068
    names = public_names("resnet")
    shapes = {names(name): tuple(each.shape) for name, each in plain.state_dict().items()}
    assert shapes["layer1.0.conv2.weight"] == (256, 4, 3, 3)
    assert shapes["layer4.2.bn3.running_var"] == (2048,)
    assert shapes["layer3.0.downsample.0.weight"] == (1024, 512, 1, 1)
    assert [of_torchvision(name) for name in shapes] == list(plain.state_dict())
    assert family_of(shapes) == TORCHVISION


def is_norm(module: nn.Module) -> TypeGuard[FrozenBatchNorm]:
    return isinstance(module, FrozenBatchNorm)


def plain(part: Conv, x: Tensor, norm: nn.Module) -> Tensor:
    """A convolution and a batch norm in evaluation, from functions of torch."""
    state = norm.state_dict()
    x = functional.conv2d(x, part.weight, None, part.stride, part.padding, 1, part.groups)
    return functional.batch_norm(
        x, state["running_mean"], state["running_var"], state["weight"], state["bias"]
    )


def test_a_block_adds_its_three_convolutions_to_what_came_in() -> None:
    torch.manual_seed(0)
    backbone = ResNet(BackboneConfig(groups=32, width_per_group=4, stride_in_1x1=False))
    for norm in backbone.modules():
        if isinstance(norm, FrozenBatchNorm):
            for each in norm.buffers():
                each.uniform_(0.5, 1.5)
    conv = {name: each for name, each in backbone.named_modules() if isinstance(each, Conv)}

    def run(name: str, x: Tensor) -> Tensor:
        norm = conv[name].norm
        assert norm is not None
        return plain(conv[name], x, norm)

    image = torch.rand(1, 3, 64, 64)
    with torch.no_grad():
        maps = backbone(image)
        x = functional.max_pool2d(run("stem.conv1", image).relu(), 3, 2, 1)
        for place in range(3):
            name = f"res2.{place}"
            short = run(f"{name}.shortcut", x) if place == 0 else x
            x = run(f"{name}.conv1", x).relu()
            x = run(f"{name}.conv2", x).relu()
            x = (run(f"{name}.conv3", x) + short).relu()
    torch.testing.assert_close(maps["res2"], x, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("norm", ["frozen", "batch"])
def test_frozen_stages_do_not_train(norm: Any) -> None:
    backbone = ResNet(BackboneConfig(norm=norm))
    names = list(backbone.state_dict())
    backbone.freeze(2)
    frozen = {
        name.split(".")[0] for name, each in backbone.named_parameters() if not each.requires_grad
    }
    assert frozen == {"stem", "res2"}
    assert all(each.requires_grad for each in backbone.res3.parameters())
    for part in (backbone.stem, backbone.res2):
        assert not any(isinstance(each, BatchNorm) for each in part.modules())
    assert list(backbone.state_dict()) == names
    assert any(isinstance(each, BatchNorm) for each in backbone.res3.modules()) == (norm == "batch")


def test_no_stage_is_frozen_if_none_is_asked_for() -> None:
    with torch.device("meta"):
        backbone = ResNet()
    backbone.freeze(0)
    assert all(each.requires_grad for each in backbone.parameters())


def test_deformable_convolutions_are_in_the_last_three_stages() -> None:
    with torch.device("meta"):
        names = ResNet(BackboneConfig(deformable=2)).state_dict()
    offsets = [name.split(".")[0] for name in names if name.endswith("conv2_offset.bias")]
    assert offsets == ["res3"] * 4 + ["res4"] * 6 + ["res5"] * 3
    assert "res3.0.conv2.weight" in names
    assert "res3.0.conv2.norm.weight" in names
    assert "res3.0.conv2.bias" not in names


def test_every_parameter_of_a_deformable_backbone_gets_a_gradient() -> None:
    fpn = FPN(ResNet(BackboneConfig(deformable=1, norm="batch")), channels=32)
    sum(each.sum() for each in fpn(torch.rand(2, 3, 64, 64)).values()).backward()
    assert [name for name, each in fpn.named_parameters() if each.grad is None] == []


@pytest.mark.parametrize(("settings", "message"), [
    ({"depth": 34}, "ResNet: backbone.depth is 34, expected 14 or 26 or 50 or 101 or 152"),
    ({"deformable": 3}, "deformable is 3, expected 0 or 1 or 2"),
    ({"deformable_stages": ("res6",)}, "some of res2, res3, res4, res5"),
    ({"norm": "none"}, "'frozen' or 'statistics' or 'batch' or 'sync' or 'group'"),
])  # fmt: skip
def test_unknown_settings_are_named(settings: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        ResNet(BackboneConfig(**settings))  # type: ignore[arg-type]


@pytest.mark.parametrize("stages", [-1, 6])
def test_a_number_of_frozen_stages_that_do_not_exist(stages: int) -> None:
    with torch.device("meta"):
        backbone = ResNet()
    with pytest.raises(InputError, match=f"frozen stages is {stages}, expected 0 to 5"):
        backbone.freeze(stages)


@pytest.mark.parametrize("stride_in_1x1", [True, False])
@pytest.mark.parametrize(("output_stride", "strides", "dilations"), [
    (32, [4, 8, 16, 32], [1, 1, 1, (1, 2, 4)]),
    (16, [4, 8, 16, 16], [1, 1, 1, (2, 4, 8)]),
    (8, [4, 8, 8, 8], [1, 1, 2, (4, 8, 16)]),
])  # fmt: skip
def test_the_last_stages_keep_the_output_stride_by_dilation(
    output_stride: int, strides: list[int], dilations: list[Any], stride_in_1x1: bool
) -> None:
    backbone = ResNet(
        BackboneConfig(output_stride=16, multi_grid=(1, 2, 4), stride_in_1x1=stride_in_1x1)
    )
    backbone.dilate(output_stride)
    with torch.no_grad():
        maps = backbone(torch.rand(1, 3, 64, 96))
    assert list(backbone.strides.values()) == strides
    assert [64 // each.shape[2] for each in maps.values()] == strides
    for (name, stage), expected in zip(stages_of(backbone), dilations, strict=True):
        found = [block.conv2.dilation[0] for block in stage]
        assert found == list(expected if name == "res5" else [expected] * len(found))


def test_dilation_of_twice_is_each_second_cell_without_its_stride() -> None:
    """Stage res5 at stride 16 sees, at every second cell, what it sees at stride 32."""
    torch.manual_seed(0)
    backbone, x = ResNet(), torch.rand(1, 1024, 12, 12)
    with torch.no_grad():
        strided = backbone.res5(x)
        backbone.dilate(16)
        dense = backbone.res5(x)
    torch.testing.assert_close(dense[:, :, ::2, ::2], strided, atol=1e-3, rtol=1e-4)


def test_the_deep_stem_has_three_convolutions() -> None:
    with torch.device("meta"):
        state = ResNet(BackboneConfig(depth=101, deep_stem=True)).state_dict()
    shapes = {name: tuple(each.shape) for name, each in state.items() if each.dim() == 4}
    assert shapes["stem.conv1.weight"] == (64, 3, 3, 3)
    assert shapes["stem.conv2.weight"] == (64, 64, 3, 3)
    assert shapes["stem.conv3.weight"] == (128, 64, 3, 3)
    assert shapes["res2.0.conv1.weight"] == (64, 128, 1, 1)
    with torch.no_grad():
        assert DeepStem()(torch.rand(1, 3, 32, 64)).shape == (1, 128, 8, 16)


def test_an_output_stride_that_does_not_exist() -> None:
    with torch.device("meta"), pytest.raises(InputError, match="output stride is 4, expected 8"):
        ResNet().dilate(4)
