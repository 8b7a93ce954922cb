"""Multiply-adds and activations: Table 2 of the paper, counted from the modules as they run."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from segeval.models.config import MaskConfig
from segeval.models.costs.flops import Cost, cost_of, counting, head_cost, shapes_only
from segeval.models.networks.backbone.conv import Conv
from segeval.models.networks.backbone.deformable import DeformableConv
from segeval.models.networks.mask_heads import ConvHead, PointRendHead
from segeval.models.networks.product import Product
from segeval.models.networks.protocols import Levels

LEVELS = Levels(256)


@pytest.mark.parametrize(
    ("output", "multiply_adds", "activations"),
    [
        # four convolutions of 9 C C r r, then 4 C C r r, then C K (2 r)²
        (28, 462_422_016 + 51_380_224 + 16_056_320, 514_304),
        (56, 4 * 529_858_560, 4 * 514_304),
        (112, 16 * 529_858_560, 16 * 514_304),
        (224, 33_910_947_840, 32_915_456),
    ],
)
def test_four_convolutions_cost_what_the_paper_says(
    output: Any, multiply_adds: int, activations: int
) -> None:
    with shapes_only():
        assert head_cost(ConvHead(MaskConfig(output=output), 80, LEVELS), LEVELS) == Cost(
            multiply_adds, activations
        )


def test_pointrend_costs_what_the_paper_says() -> None:
    coarse = 256 * 256 * 4 * 7 * 7 + 12_544 * 1024 + 1024 * 1024 + 1024 * 80 * 7 * 7
    point = 3 * (256 + 80) * 256 + (256 + 80) * 80
    assert (coarse, point) == (30_752_768, 284_928)
    with shapes_only():
        cost = head_cost(PointRendHead(MaskConfig(), 80, LEVELS), LEVELS)
    assert cost == Cost(coarse + 3_136 * point, 733_520)
    assert cost.multiply_adds == 924_286_976


def test_each_subdivision_step_costs_as_many_points() -> None:
    with shapes_only():
        costs = [
            head_cost(PointRendHead(MaskConfig(subdivision_steps=steps), 80, LEVELS), LEVELS)
            for steps in (2, 3, 4, 5)
        ]
    added = [later.multiply_adds - cost.multiply_adds for cost, later in itertools.pairwise(costs)]
    assert added == [784 * 284_928] * 3
    assert {cost.activations for cost in costs} == {733_520}


def test_real_numbers_cost_the_same_as_shapes_alone() -> None:
    narrow = Levels(8)
    small = MaskConfig(levels=("p2", "p3"), coarse_channels=8, coarse_width=16)
    heads: list[Callable[[], ConvHead | PointRendHead]] = [
        lambda: ConvHead(MaskConfig(), 3, narrow),
        lambda: PointRendHead(small, 3, narrow),
    ]
    for make in heads:
        with shapes_only():
            shapes = head_cost(make(), narrow)
        assert head_cost(make(), narrow) == shapes


@pytest.mark.parametrize(
    "layer",
    [
        nn.Conv2d(6, 4, 3, stride=2, padding=1, groups=2),
        nn.Conv2d(6, 4, 3, padding=2, dilation=2),
        Conv(6, 4, 3, norm="frozen"),
        nn.ConvTranspose2d(6, 4, 2, stride=2),
        nn.ConvTranspose2d(6, 4, 3, groups=2),
        nn.Sequential(nn.Flatten(2), nn.Conv1d(6, 5, 1)),
        nn.Sequential(nn.Flatten(), nn.Linear(6 * 7 * 9, 5)),
    ],
)
def test_layers_cost_half_the_operations_that_torch_counts(layer: nn.Module) -> None:
    images = torch.zeros(2, 6, 7, 9)
    with counting(layer) as runs, FlopCounterMode(display=False) as counter:
        layer(images)
    assert 2 * cost_of(runs).multiply_adds == counter.get_total_flops()


def test_a_deformable_convolution_costs_as_much_as_a_plain_one() -> None:
    images = torch.zeros(1, 4, 6, 6)
    deformable, plain = DeformableConv(4, 8, 3, groups=2), nn.Conv2d(4, 8, 3, padding=1, groups=2)
    with counting(deformable) as runs:
        deformable(images, torch.zeros(1, deformable.offset_channels, 6, 6))
    with counting(plain) as expected:
        plain(images)
    assert cost_of(runs) == cost_of(expected)
    assert cost_of(runs).multiply_adds == 36 * 8 * 2 * 9


@pytest.mark.parametrize(
    ("first", "second"), [((3, 4), (4, 5)), ((2, 6, 3, 4), (2, 6, 4, 5)), ((2, 3, 4), (4, 5))]
)
def test_a_product_costs_each_number_of_its_first_factor_once_a_column_of_the_second(
    first: tuple[int, ...], second: tuple[int, ...]
) -> None:
    product = Product()
    with counting(product) as runs, FlopCounterMode(display=False) as counter:
        result = product(torch.zeros(first), torch.zeros(second))
    numbers = torch.zeros(first).numel()
    assert cost_of(runs) == Cost(numbers * 5, numbers + result.numel())
    assert 2 * cost_of(runs).multiply_adds == counter.get_total_flops()


def test_a_layer_that_runs_twice_holds_its_largest_output_once() -> None:
    layer = nn.Linear(3, 2)
    with counting(layer) as runs:
        layer(torch.zeros(5, 3))
        layer(torch.zeros(7, 3))
    assert cost_of(runs) == Cost(multiply_adds=(5 + 7) * 6, activations=5 * 3 + 7 * 2)


def test_after_counting_nothing_is_counted() -> None:
    layer = nn.Linear(3, 2)
    with counting(layer) as runs:
        pass
    layer(torch.zeros(5, 3))
    assert cost_of(runs) == Cost(0, 0)


def test_counting_ends_when_the_network_fails() -> None:
    layer = nn.Linear(3, 2)
    with pytest.raises(RuntimeError), counting(layer):
        layer(torch.zeros(5, 4))
    assert not layer._forward_hooks
