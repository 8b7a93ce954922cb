"""Parameter groups, their rates, and the limit of gradients."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from segeval.models.config import ScheduleConfig
from segeval.models.training.optimiser import limit_gradients, make_optimiser, set_rate
from tests.tiny_training import tiny_model


def groups(model: nn.Module, schedule: ScheduleConfig) -> dict[str, tuple[float, float]]:
    """Factor and decay of each parameter."""
    names = {id(each): name for name, each in model.named_parameters()}
    return {
        names[id(each)]: (group["factor"], group["weight_decay"])
        for group in make_optimiser(model, schedule).param_groups
        for each in group["params"]
    }


def test_norms_do_not_decay_and_what_is_above_the_backbone_has_another_rate() -> None:
    assert groups(tiny_model(), ScheduleConfig(head_rate=10, weight_decay=0.5)) == {
        "backbone.0.weight": (1, 0.5),
        "backbone.0.bias": (1, 0.5),
        "backbone.1.weight": (1, 0),
        "backbone.1.bias": (1, 0),
        "head.weight": (10, 0.5),
        "head.bias": (10, 0.5),
    }


def test_positions_that_a_transformer_learns_decay_as_norms_do() -> None:
    model = nn.Module()
    model.backbone = nn.Linear(1, 1)
    model.backbone.register_parameter("absolute_pos_embed", nn.Parameter(torch.zeros(1)))
    schedule = ScheduleConfig(optimiser="adamw", weight_decay=0.05, betas=(0.8, 0.9))
    assert groups(model, schedule) == {
        "backbone.weight": (1, 0.05),
        "backbone.bias": (1, 0.05),
        "backbone.absolute_pos_embed": (1, 0),
    }
    optimiser = make_optimiser(model, schedule)
    assert isinstance(optimiser, torch.optim.AdamW)
    assert optimiser.defaults["betas"] == (0.8, 0.9)


def test_what_asks_for_no_gradient_is_left_out() -> None:
    model = tiny_model()
    model.backbone.requires_grad_(requires_grad=False)
    assert groups(model, ScheduleConfig()).keys() == {"head.weight", "head.bias"}


def test_a_weight_that_two_modules_share_is_trained_once() -> None:
    layer = nn.Linear(2, 2)
    optimiser = make_optimiser(nn.Sequential(layer, layer), ScheduleConfig())
    assert [len(group["params"]) for group in optimiser.param_groups] == [2]


def test_a_rate_is_multiplied_by_the_factor_of_each_group() -> None:
    optimiser = make_optimiser(tiny_model(), ScheduleConfig(head_rate=10))
    set_rate(optimiser, 0.5)
    assert sorted(group["lr"] for group in optimiser.param_groups) == [0.5, 0.5, 5]


@pytest.mark.parametrize(("most", "factor"), [(None, 1), (5.0, 1), (1.0, 0.2)])
def test_gradients_are_limited_together(most: float | None, factor: float) -> None:
    model = nn.Linear(2, 1, bias=False)
    optimiser = make_optimiser(model, ScheduleConfig())
    model.weight.grad = torch.tensor([[3.0, 4.0]])
    assert float(limit_gradients(optimiser, most)) == 5
    assert model.weight.grad.tolist() == [pytest.approx([3 * factor, 4 * factor])]


def test_gradients_that_are_no_numbers_are_told_and_not_changed() -> None:
    model = nn.Linear(2, 1, bias=False)
    optimiser = make_optimiser(model, ScheduleConfig())
    model.weight.grad = torch.tensor([[torch.inf, 4.0]])
    assert not limit_gradients(optimiser, 1.0).isfinite()
    assert model.weight.grad.tolist() == [[torch.inf, 4.0]]


def test_a_point_head_keeps_the_rate_of_the_backbone() -> None:
    model = nn.ModuleDict(
        {
            "backbone": nn.Linear(1, 1),
            "coarse_sem_seg_head": nn.Linear(1, 1),
            "point_head": nn.Linear(1, 1),
        }
    )
    wrapped = nn.ModuleDict({"sem_seg_head": model})
    for each in (model, wrapped):
        made = make_optimiser(each, ScheduleConfig(head_rate=10.0))
        factors = {
            id(parameter): group["factor"]
            for group in made.param_groups
            for parameter in group["params"]
        }
        assert factors[id(model["point_head"].weight)] == 1
        assert factors[id(model["coarse_sem_seg_head"].weight)] == 10
