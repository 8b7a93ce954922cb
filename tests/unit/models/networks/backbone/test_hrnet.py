"""HRNet: the recorded numbers, published counts and names, and its place in other models."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

from segeval.errors import FormatError
from segeval.models import component, public_names
from segeval.models.config import Config, changed
from segeval.models.costs.flops import cost_of, counting, shapes_only
from segeval.models.networks.backbone import HRNet
from segeval.models.networks.batches import Batch
from segeval.models.networks.building import build
from segeval.models.networks.rcnn import MaskRCNN
from tests.fill_rule import fill, record, recorded, wave

SMALL: dict[str, Any] = {"width": 2, "modules": (1, 1, 1), "blocks": 1, "bottlenecks": 1}

NORMS = (
    "bn2", "layer1.0.downsample.1", "transition1.0.1", "transition3.3.0.1", "last_layer.1",
    "stage4.0.fuse_layers.3.0.2.1", "stage2.0.fuse_layers.0.1.1",
)  # fmt: skip
CONVOLUTIONS = (
    "conv1", "layer1.0.conv3", "transition1.1.0.0", "transition2.2.0.0", "last_layer.0",
    "stage3.0.branches.2.0.conv2", "stage4.0.fuse_layers.3.0.1.0", "stage2.0.fuse_layers.1.0.0.0",
)  # fmt: skip


def parameters(module: nn.Module) -> int:
    return sum(each.numel() for each in module.parameters())


def test_the_small_network_has_the_recorded_numbers() -> None:
    network = component("hrnet", **SMALL, classes=2)
    assert parameters(network) == 142_424
    numbers = record(fill(network, "hrnet")(wave(1, 3, 64, 96)))
    assert numbers == recorded(154.4395, 0.2038829, -0.001962695, 0.3433217, 0.4243009)


@pytest.mark.parametrize(
    ("width", "classes", "count", "costs"),
    [
        (48, 19, 65_859_379, {(1024, 2048): 747_513_053_184}),
        (48, 2, 65_847_122, {(256, 608): 55_360_413_696, (112, 112): 4_598_055_168}),
        (18, 2, 9_636_512, {(256, 608): 10_895_270_016, (112, 112): 897_260_028}),
    ],
)
def test_parameters_and_multiply_adds_are_the_published_ones(
    width: int, classes: int, count: int, costs: dict[tuple[int, int], int]
) -> None:
    with shapes_only():
        network = component("hrnet", width=width, classes=classes).eval()
        assert parameters(network) == count
        for size, multiply_adds in costs.items():
            with counting(network) as runs:
                network(torch.zeros(1, 3, *size))
            assert cost_of(runs).multiply_adds == multiply_adds


def test_weights_are_named_as_in_the_authors_files() -> None:
    names = {public_names("hrnet")(name) for name in component("hrnet", **SMALL).state_dict()}
    statistics = ("weight", "bias", "running_mean", "running_var")
    assert {f"{norm}.{each}" for norm in NORMS for each in statistics} <= names
    assert {f"{convolution}.weight" for convolution in CONVOLUTIONS} <= names
    assert {"last_layer.0.bias", "last_layer.3.bias"} <= names
    assert "conv1.bias" not in names
    assert len(names) == len(component("hrnet", **SMALL).state_dict())


def test_other_stages_of_a_module_are_numbered_as_in_the_authors_files() -> None:
    name = public_names("hrnet")
    assert name("backbone.stage4.2.branches.3.1.conv1.norm.running_var") == (
        "stage4.2.branches.3.1.bn1.running_var"
    )


def small(name: str, **sections: Any) -> Config:
    backbone = {"kind": "hrnet", **SMALL}
    return changed(Config(), name, classes=3, backbone=backbone, **sections)


def test_it_is_a_backbone_of_detectors() -> None:
    model = build(small("objects", mask={"kind": "conv"}))
    assert isinstance(model, MaskRCNN)
    assert isinstance(model.backbone.bottom_up, HRNet)  # type: ignore[attr-defined]
    assert model.backbone.strides == {"p2": 4, "p3": 8, "p4": 16, "p5": 32, "p6": 64}
    assert model.eval()(torch.zeros(1, 3, 64, 64), [(64, 64)])[0].boxes.shape[1] == 4


def test_with_its_own_head_it_is_a_semantic_model() -> None:
    model = build(small("labels", task="semantic", semantic={"kind": "concat"}))
    images = torch.rand(2, 3, 64, 96)
    assert model.eval()(images).shape == (2, 3, 64, 96)
    labels = torch.zeros(2, 64, 96, dtype=torch.int64)
    losses = model.train().losses(Batch(images, ((64, 96),) * 2, labels, ("a", "b")))
    losses["loss_sem_seg"].backward()
    assert all(each.grad is not None for each in model.parameters())


def test_labels_that_are_all_ignored_give_no_gradient() -> None:
    model = build(small("labels", task="semantic", semantic={"kind": "concat"}))
    labels = torch.full((2, 64, 64), 255)
    batch = Batch(torch.rand(2, 3, 64, 64), ((64, 64),) * 2, labels, ("a", "b"))
    model.losses(batch)["loss_sem_seg"].backward()
    assert not any(each.grad is None or each.grad.any() for each in model.parameters())


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"width": 0}, "backbone.width is 0, expected 1 or more"),
        ({"modules": [1, 4]}, r"backbone.modules is \[1, 4\], expected a list of 3 whole numbers"),
        ({"norm": "frozen"}, "backbone.norm is 'frozen', expected 'sync' or 'batch'"),
    ],
)
def test_sizes_that_make_no_sense_are_refused(settings: Any, words: str) -> None:
    with pytest.raises(FormatError, match=words):
        changed(small("mine"), "mine", backbone=settings)
