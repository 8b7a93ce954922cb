"""Families of names: whose they are, and what each name is called here."""

from __future__ import annotations

import pytest
import torch

from segeval.models.files.families import MSRA, TORCHVISION, UNKNOWN, family_of, translated


@pytest.mark.parametrize(
    ("name", "ours"),
    [
        ("conv1_w", "stem.conv1.weight"),
        ("res_conv1_bn_s", "stem.conv1.norm.weight"),
        ("res2_0_branch2a_w", "res2.0.conv1.weight"),
        ("res5_2_branch2c_bn_b", "res5.2.conv3.norm.bias"),
        ("fc1000_b", None),
        ("res2_0_branch2a_lr", None),
    ],
)
def test_names_of_msra(name: str, ours: str | None) -> None:
    assert MSRA.our_name(name) == ours


@pytest.mark.parametrize(
    ("name", "ours"),
    [
        ("conv1.weight", "stem.conv1.weight"),
        ("bn1.running_mean", "stem.conv1.norm.running_mean"),
        ("layer4.2.bn3.bias", "res5.2.conv3.norm.bias"),
        ("layer2.0.downsample.0.weight", "res3.0.shortcut.weight"),
        ("layer2.0.downsample.1.weight", "res3.0.shortcut.norm.weight"),
        ("fc.weight", None),
    ],
)
def test_names_of_torchvision(name: str, ours: str | None) -> None:
    assert TORCHVISION.our_name(name) == ours
    assert family_of(["layer1.0.conv1.weight", name]) == TORCHVISION


def test_names_that_nobody_gives_are_unknown() -> None:
    family = family_of(["encoder.layer.0.weight"])
    assert family == UNKNOWN
    assert family.our_name("encoder.layer.0.weight") is None


def test_the_first_public_head_of_mask_scoring_counts_background_first() -> None:
    place = "roi_heads.maskiou."
    found = translated({
        f"{place}feature_extractor.maskiou_fc1.bias": torch.arange(3.0),
        f"{place}predictor.maskiou.bias": torch.arange(3.0),
    }).weights  # fmt: skip
    assert {name: each.tolist() for name, each in found.items()} == {
        "roi_heads.mask_iou_head.maskiou_fc1.bias": [0, 1, 2],
        "roi_heads.mask_iou_head.maskiou.bias": [1, 2],
    }
