"""Swin transformer: recorded numbers, published counts, windows, freezing."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from segeval import InputError
from segeval.models import component
from segeval.models.config import ScheduleConfig
from segeval.models.costs.flops import counting, shapes_only
from segeval.models.networks.backbone import FPN, Swin
from segeval.models.networks.backbone.window_attention import WindowAttention, Windows
from segeval.models.networks.product import Product
from segeval.models.networks.random_layers import DropPath
from segeval.models.training.optimiser import make_optimiser
from tests.fill_rule import fill, record, recorded, wave
from tests.softmaxes import Softmaxes

SMALL = {"embed": 4, "depths": (2, 2, 2, 2), "heads": (1, 2, 2, 4), "window": 3}


def costs(network: nn.Module, height: int, width: int) -> tuple[int, int]:
    """Multiply-adds of layers, and of products."""
    with counting(network) as runs, torch.no_grad():
        network(torch.zeros(1, 3, height, width))
    products = {name for name, each in network.named_modules() if isinstance(each, Product)}
    found = [0, 0]
    for run in runs:
        found[run.layer in products] += run.multiply_adds
    return found[0], found[1]


def small(**settings: Any) -> Swin:
    swin: Swin = component("swin", **SMALL, **settings)
    return swin


def test_the_maps_of_a_small_swin_are_the_recorded_ones() -> None:
    swin = fill(small(), "swin")
    maps: Mapping[str, Tensor] = swin(wave(1, 3, 40, 52))
    expected = {
        "res2": ((1, 4, 10, 13), (-7.264689, 0.8776476)),
        "res3": ((1, 8, 5, 7), (-3.515432, 0.8107285)),
        "res4": ((1, 16, 3, 4), (2.371978, 0.8963659)),
        "res5": ((1, 32, 2, 2), (0.09094324, 0.8442257)),
    }
    assert maps.keys() == expected.keys()
    for name, (shape, numbers) in expected.items():
        assert tuple(maps[name].shape) == shape
        assert record(maps[name])[:2] == recorded(*numbers), name


@pytest.mark.parametrize(
    ("size", "window", "detector", "classifier"),
    [
        ("t", 7, 27_520_698, 28_288_354),
        ("s", 7, 48_838_602, 49_606_258),
        ("b", 7, 86_745_016, 87_768_224),
        ("l", 7, 194_998_164, 196_532_476),
        ("l", 12, 195_201_204, None),
    ],
)
def test_the_published_sizes_have_as_many_parameters(
    size: str, window: int, detector: int, classifier: int | None
) -> None:
    with shapes_only():
        swin = component("swin", swin=size, window=window)
    parameters = sum(each.numel() for each in swin.parameters())
    assert parameters == detector
    # a classifier has one norm, and a class of ImageNet from the last channels
    norms, width = 2 * (1 + 2 + 4) * swin.channels["res2"], swin.channels["res5"]
    assert classifier in {None, parameters - norms + 1000 * (width + 1)}


@pytest.mark.parametrize(
    ("size", "window", "side", "layers", "whole"),
    [
        ("t", 7, 224, 4_349_657_088, 4_489_798_656),  # "4.5G"
        ("s", 7, 224, None, 8_740_107_264),  # "8.7G"
        ("b", 7, 224, None, 15_429_922_816),  # "15.4G"
        ("l", 7, 224, None, 34_474_223_616),  # "34.5G"
        ("b", 12, 384, None, 47_082_110_976),  # "47.1G"
        ("l", 12, 384, None, 103_917_551_616),  # "103.9G"
    ],
)
def test_an_image_of_a_classifier_costs_as_much_as_the_authors_say(
    size: str, window: int, side: int, layers: int | None, whole: int
) -> None:
    with shapes_only():
        found = costs(component("swin", swin=size, window=window), side, side)
    assert sum(found) == whole
    assert layers is None or found == (layers, whole - layers)


@pytest.mark.parametrize(
    ("size", "image", "expected"),
    [
        ("t", (800, 1344), (95_907_151_872, 3_186_376_704)),
        ("l", (800, 1344), (754_003_869_696, 10_621_255_680)),
        ("l", (1408, 1408), (1_379_176_316_928, 19_230_742_272)),
    ],
)
def test_padded_windows_cost_as_much_as_others(
    size: str, image: tuple[int, int], expected: tuple[int, int]
) -> None:
    with shapes_only():
        assert costs(component("swin", swin=size), *image) == expected


def test_it_carries_a_pyramid_as_a_resnet_does() -> None:
    pyramid = FPN(small(), channels=8)
    maps = pyramid(torch.zeros(2, 3, 64, 96))
    assert {name: tuple(each.shape[2:]) for name, each in maps.items()} == {
        "p2": (16, 24), "p3": (8, 12), "p4": (4, 6), "p5": (2, 3), "p6": (1, 2),
    }  # fmt: skip


@pytest.mark.parametrize("size", [(6, 6), (7, 10), (2, 2), (1, 5)])
@pytest.mark.parametrize("shifted", [False, True])
def test_a_place_sees_those_of_its_window_and_no_others(
    size: tuple[int, int], shifted: bool
) -> None:
    window, (height, width) = 3, size
    shift = window // 2 if shifted else 0
    windows = Windows(height, width, window, shifted=shifted)
    numbers = torch.arange(1.0, height * width + 1).reshape(1, height, width, 1)
    cut = windows.cut(numbers)[..., 0].long()
    assert torch.equal(windows.joined(windows.cut(numbers)), numbers)
    seen = set()
    for number, places in enumerate(cut):
        for query, one in enumerate(places.tolist()):
            for key, other in enumerate(places.tolist()):
                is_apart = windows.apart is not None and bool(windows.apart[number, query, key])
                if one and other and not is_apart:  # 0 is padding
                    seen.add((one - 1, other - 1))

    def tile(place: int) -> tuple[int, int]:
        return (place // width - shift) // window, (place % width - shift) // window

    every = range(height * width)
    assert seen == {(a, b) for a in every for b in every if tile(a) == tile(b)}


def test_attention_is_the_weighted_mean_of_what_a_place_sees() -> None:
    torch.manual_seed(0)
    attention = WindowAttention(4, 2, 2).double()
    nn.init.normal_(attention.relative_position_bias_table)
    nn.init.normal_(attention.qkv.weight)
    x = torch.randn(2, 4, 4, dtype=torch.float64)
    apart = torch.zeros(2, 4, 4, dtype=torch.bool)
    apart[1, 0, 3] = True
    found = attention(x, apart)
    with torch.no_grad():
        for number in range(2):
            mixed = torch.zeros(4, 4, dtype=torch.float64)
            for head in range(2):
                part = slice(2 * head, 2 * head + 2)
                query, key, value = (each[:, part] for each in attention.qkv(x[number]).split(4, 1))
                for a in range(4):
                    logits = torch.stack([
                        query[a] @ key[b] / math.sqrt(2)
                        + attention.relative_position_bias_table[
                            3 * (a // 2 - b // 2 + 1) + a % 2 - b % 2 + 1, head
                        ]
                        - 100 * apart[number, a, b]
                        for b in range(4)
                    ])  # fmt: skip
                    mixed[a, part] = logits.softmax(0) @ value
            assert torch.allclose(attention.proj(mixed), found[number], rtol=0, atol=1e-12)


def test_in_16_bits_the_softmax_has_32() -> None:
    swin = small()
    image = torch.ones(1, 3, 32, 32)
    with Softmaxes() as softmaxes, torch.autocast("cpu", torch.bfloat16):
        swin(image)
    with Softmaxes() as others:
        maps = swin.bfloat16()(image.bfloat16())
    assert softmaxes.found == others.found == [torch.float32] * 8
    assert {each.dtype for each in maps.values()} == {torch.bfloat16}


def test_an_image_is_padded_to_whole_patches() -> None:
    swin = small().eval()
    image = torch.rand(1, 3, 30, 33)
    padded = torch.zeros(1, 3, 32, 36)
    padded[:, :, :30, :33] = image
    for had, has in zip(swin(image).values(), swin(padded).values(), strict=True):
        assert torch.equal(had, has)


def test_blocks_are_dropped_more_the_later_they_come() -> None:
    swin = small(drop_path=0.7)
    rates = [each.rate for each in swin.modules() if isinstance(each, DropPath)]
    assert rates == pytest.approx([number / 10 for number in range(8)], abs=1e-7)


@pytest.mark.parametrize("stages", range(6))
def test_frozen_stages_neither_train_nor_drop_anything(stages: int) -> None:
    swin = small(drop_path=0.5).train()
    swin.freeze(stages)
    parts = [swin.patch_embed, *swin.layers]
    for number, part in enumerate(parts):
        is_trained = {each.requires_grad for each in part.parameters()}
        assert is_trained == {number >= stages}
    drops = [[each.rate for each in part.modules() if isinstance(each, DropPath)] for part in parts]
    assert all(not any(rates) for rates in drops[:stages])
    assert all(all(rates[-1:]) for rates in drops[max(stages, 1) :])
    assert all(swin.get_submodule(f"norm{each}").weight.requires_grad for each in range(4))


def test_a_number_of_frozen_stages_that_it_lacks_is_refused() -> None:
    with pytest.raises(InputError, match="number of frozen stages is 6, expected 0 to 5"):
        small().freeze(6)


def test_norms_and_positions_do_not_decay_and_biases_of_layers_do() -> None:
    swin = small()
    schedule = ScheduleConfig(optimiser="adamw", weight_decay=0.05, norm_decay=0.0)
    optimiser = make_optimiser(nn.ModuleDict({"backbone": swin}), schedule)
    decay = {
        id(each): group["weight_decay"]
        for group in optimiser.param_groups
        for each in group["params"]
    }
    for name, each in swin.named_parameters():
        is_free = "norm" in name or name.endswith("relative_position_bias_table")
        assert decay[id(each)] == (0.0 if is_free else 0.05), name
    assert decay[id(swin.get_parameter("layers.0.blocks.0.attn.qkv.bias"))] == 0.05
