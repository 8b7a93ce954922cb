"""Balanced feature pyramid: recorded numbers, what each level gets, counts, names, wide logits."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from torch import Tensor

from segeval import FormatError, InputError
from segeval.models import build, component, public_names
from segeval.models.config import Config, changed, config_from_dict
from segeval.models.costs.flops import counting, shapes_only
from segeval.models.files.mmdetection_names import of_mmdetection
from segeval.models.networks.backbone import FPN, Balance, ResNet
from segeval.models.networks.product import Product
from tests.fill_rule import fill, record, recorded, wave
from tests.softmaxes import Softmaxes

SIZES = ((16, 24), (8, 12), (4, 6), (2, 3), (1, 2))


def levels() -> dict[str, Tensor]:
    """Five levels of four channels, by the rule of the records."""
    return {f"p{2 + place}": wave(1, 4, *size, phase=place) for place, size in enumerate(SIZES)}


def test_a_non_local_block_computes_the_recorded_numbers() -> None:
    block = fill(component("non-local", channels=4), "non-local")
    found = record(block(wave(1, 4, 4, 6)))
    assert found == recorded(4.078353, 0.6226335, 0.9786343, 0.3793427, -0.7126972)


@pytest.mark.parametrize(
    ("balance", "blocks", "sums"),
    [
        ("average", 1, (551.4451, 30.74810, 7.798082)),
        ("non-local", 1, (514.4714, 28.43724, 7.606846)),
        ("non-local", 2, (538.7180, 29.95265, 7.733246)),
    ],
)
def test_a_balanced_pyramid_computes_the_recorded_numbers(
    balance: str, blocks: int, sums: tuple[float, ...]
) -> None:
    settings = {"channels": 4, "balance": balance, "balance_blocks": blocks}
    pyramid = fill(component("balanced-pyramid", **settings), "balanced-pyramid")
    found = pyramid(levels())
    assert [tuple(each.shape[2:]) for each in found.values()] == list(SIZES)
    assert tuple(found[name].sum().item() for name in ("p2", "p4", "p6")) == recorded(*sums)


def test_levels_are_pooled_by_windows_that_may_overlap_and_repeated() -> None:
    """p3 of 3 cells to 2: windows of cells 0, 1 and 1, 2; p5 of 1 cell twice."""
    pyramid = component("balanced-pyramid", channels=1, balance="average", balance_level="p4")
    given = {"p3": [1.0, 6, 2], "p4": [3.0, 0], "p5": [9.0]}
    found = pyramid({
        name: torch.tensor(each).reshape(1, 1, 1, -1) for name, each in given.items()
    })  # fmt: skip
    # mean (6 + 3 + 9) / 3 = 6 and (6 + 0 + 9) / 3 = 5; nearest of 2 for 3 cells is 0, 0, 1
    assert {name: each.flatten().tolist() for name, each in found.items()} == {
        "p3": [7, 12, 7], "p4": [9, 5], "p5": [15],
    }  # fmt: skip


def test_equal_levels_are_doubled() -> None:
    pyramid = component("balanced-pyramid", channels=2, balance="average")
    same = {name: torch.full_like(each[:, :2], 3) for name, each in levels().items()}
    assert all(torch.equal(each, torch.full_like(each, 6)) for each in pyramid(same).values())


def test_a_convolution_takes_the_place_of_the_mean() -> None:
    """The centre of the kernel is -1 or 2, so that ReLU keeps the second channel."""
    pyramid = component("balanced-pyramid", channels=2, balance="conv")
    with torch.no_grad():
        pyramid.refine.conv.weight.zero_()[:, :, 1, 1] = torch.tensor([[-1.0, 0], [0, 2]])
        same = {
            name: torch.full((1, 2, *size), 3.0) for name, size in zip("abcde", SIZES, strict=True)
        }
        pyramid.level = "c"
        found = pyramid(same)
    for each in found.values():
        assert each[:, 0].unique().tolist() == [3]
        assert each[:, 1].unique().tolist() == [9]


def test_it_starts_from_uniform_weights_and_not_from_zero() -> None:
    torch.manual_seed(0)
    block = component("balanced-pyramid", channels=64).refine
    limit = math.sqrt(6 / (64 + 64))  # Xavier's, of as many inputs as outputs
    for layer in (block.g, block.theta, block.phi, block.conv_out):
        assert not layer.bias.any()
        assert 0.95 * limit < layer.weight.abs().max() <= limit
        assert layer.weight.std().item() == pytest.approx(limit / math.sqrt(3), rel=0.05)


@pytest.mark.parametrize(("settings", "places"), [
    ({}, ("refine.",)),
    ({"balance_blocks": 2}, ("refine.0.", "refine.1.")),
])  # fmt: skip
def test_it_has_the_names_of_mmdetection(settings: dict[str, Any], places: tuple[str, ...]) -> None:
    names = public_names("balanced-pyramid")
    own = list(component("balanced-pyramid", channels=4, **settings).state_dict())
    public = {names(name) for name in own}
    layers = ("g", "theta", "phi", "conv_out")
    parts = ("weight", "bias")
    assert public == {
        f"{place}{each}.conv.{part}" for place in places for each in layers for part in parts
    }
    model = [of_mmdetection(f"neck.1.{names(name)}") for name in own]
    assert model == [f"backbone.balance.{name}" for name in own]
    assert of_mmdetection("neck.0.lateral_convs.1.conv.bias") == "backbone.fpn_lateral3.bias"
    assert of_mmdetection("neck.1.refine.conv.bias") == "backbone.balance.refine.conv.bias"


def test_a_block_has_as_many_parameters_and_costs_as_much_as_its_formulas_say() -> None:
    with shapes_only(), torch.no_grad():
        block = component("non-local", channels=256)
        with counting(block) as runs:
            block(torch.zeros(1, 256, 88, 88))  # p4 of 1408 x 1408 pixels
    assert sum(each.numel() for each in block.parameters()) == 4 * (256 * 256 + 256) == 263_168
    kinds = dict(block.named_modules())
    products = sum(run.multiply_adds for run in runs if isinstance(kinds[run.layer], Product))
    assert products == 2 * 256 * (88 * 88) ** 2 == 30_704_402_432
    assert sum(run.multiply_adds for run in runs) - products == 2_030_043_136


def test_logits_are_wide_where_the_network_is_narrow() -> None:
    """Sums of 300 x 300 overflow 16 bits; all places are alike, so each is added to itself."""
    block = component("non-local", channels=2)
    with torch.no_grad():
        for layer in (block.theta, block.phi, block.g, block.conv_out):
            layer.weight.copy_(torch.eye(2).reshape(2, 2, 1, 1))
    x = torch.full((1, 2, 3, 4), 300.0)
    x[:, 1] = -300
    with Softmaxes() as narrow:
        with torch.autocast("cpu", torch.float16):
            found = block(x)
        half = block.half()(x.half())
    assert narrow.found == [torch.float32] * 2
    assert half.dtype == torch.float16
    for each in (found, half):
        assert torch.allclose(each.float(), 2 * x, rtol=2e-3)
    with Softmaxes() as double:
        assert block.double()(x.double()).dtype == torch.float64
    assert double.found == [torch.float64]


def test_every_level_learns_from_every_other_and_so_does_the_block() -> None:
    pyramid = component("balanced-pyramid", channels=4)
    given = {name: each.float().requires_grad_() for name, each in levels().items()}
    for name in given:
        (pyramid(given)[name] * torch.rand(1)).sum().backward()
        for other, each in given.items():
            assert each.grad is not None
            assert each.grad.any(), (name, other)
            each.grad = None
    assert all(each.grad is not None and each.grad.any() for each in pyramid.parameters())


def test_a_level_of_one_cell_is_balanced() -> None:
    pyramid = component("balanced-pyramid", channels=2)
    given = {
        f"p{2 + place}": torch.rand(1, 2, side, side) for place, side in enumerate((8, 4, 2, 1, 1))
    }
    assert [tuple(each.shape[2:]) for each in pyramid(given).values()] == [
        (8, 8), (4, 4), (2, 2), (1, 1), (1, 1),
    ]  # fmt: skip


SMALL = changed(
    Config(), "small", backbone={"depth": 14}, pyramid={"channels": 8}, boxes={"width": 8}
)


def pyramid_in(config: Config) -> FPN:
    pyramid = build(config).backbone
    assert isinstance(pyramid, FPN)
    return pyramid


def test_a_feature_pyramid_carries_it() -> None:
    torch.manual_seed(0)
    plain = pyramid_in(SMALL)
    pyramid = pyramid_in(changed(SMALL, "balanced", pyramid={"balance": "non-local"}))
    assert isinstance(pyramid.balance, Balance)
    assert (pyramid.channels, pyramid.strides) == (plain.channels, plain.strides)
    missing, unexpected = pyramid.load_state_dict(plain.state_dict(), strict=False)
    assert not unexpected
    assert all(name.startswith("balance.refine.") for name in missing)
    image = torch.rand(2, 3, 64, 96)
    with torch.no_grad():
        expected = pyramid.balance(plain(image))
        for name, each in pyramid(image).items():
            assert torch.equal(each, expected[name])


def test_a_semantic_head_that_reads_one_level_trains_all_of_a_balanced_pyramid() -> None:
    semantic = {"task": "semantic", "classes": 3, "semantic": {"levels": ["p3"]}}
    plain, balanced = (
        pyramid_in(changed(SMALL, balance, pyramid={"balance": balance}, **semantic))
        for balance in ("none", "average")
    )
    assert not plain.get_parameter("fpn_output2.bias").requires_grad
    layers = {name: each for name, each in balanced.named_parameters() if name.startswith("fpn")}
    assert all(each.requires_grad for each in layers.values())
    maps = balanced(torch.rand(1, 3, 64, 64))
    (maps["p3"] * torch.rand(1, 8, 8, 8)).sum().backward()
    assert [name for name, each in layers.items() if each.grad is None] == []


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            {"pyramid": {"balance": "mean"}},
            "mine: pyramid.balance is 'mean', expected 'none' or 'average' or 'conv' or",
        ),
        ({"pyramid": {"balance_level": "p7"}}, "mine: pyramid.balance_level is 'p7', expected"),
        (
            {"pyramid": {"balance_blocks": 0}},
            "mine: pyramid.balance_blocks is 0, expected 1 to 100.",
        ),
        (
            {"task": "semantic", "semantic": {"kind": "deeplab"}, "pyramid": {"balance": "conv"}},
            "mine: pyramid.balance is 'conv', expected \"none\": this semantic head reads no",
        ),
    ],
)
def test_impossible_settings_are_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(FormatError) as problem:
        config_from_dict(settings, base=Config(), source="mine")
    assert problem.value.message.startswith(message)


def test_a_balance_or_a_level_that_does_not_exist_is_refused() -> None:
    with pytest.raises(
        InputError, match=r"no balance 'mean'\. Choose one of: average, conv, non-local"
    ):
        component("balanced-pyramid", channels=4, balance="mean")
    with pytest.raises(
        InputError, match=r"pyramid\.balance_level has 'p8', expected levels of this"
    ):
        FPN(ResNet(), balance=lambda channels: Balance(channels, balance_level="p8"))
