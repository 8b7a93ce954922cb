"""The running mean of weights."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from segeval.errors import InputError
from segeval.models.training.ema import WeightAverage
from tests.tiny_training import tiny_model


def with_weight(model: nn.Linear, value: float) -> nn.Linear:
    nn.init.constant_(model.weight, value)
    return model


def test_the_mean_decays_more_slowly_the_longer_it_runs() -> None:
    model = with_weight(nn.Linear(1, 1), 0)
    average = WeightAverage(model, 0.5)
    found = []
    for _ in range(3):
        average.update(with_weight(model, 1))
        found.append(average.weights["weight"].item())
    # decays 1/10, 2/11 and 3/12 of what is missing to 1
    assert found == pytest.approx([0.9, 1 - 0.1 * 2 / 11, 1 - 0.1 * 2 / 11 / 4])


def test_the_decay_is_never_more_than_asked_for() -> None:
    model = with_weight(nn.Linear(1, 1), 0)
    average = WeightAverage(model, 0.5)
    average.load(average.weights, 1000)
    average.update(with_weight(model, 1))
    assert average.weights["weight"].item() == 0.5


def test_statistics_of_norms_are_averaged_too() -> None:
    model = tiny_model()
    average = WeightAverage(model, 0.0)
    model(torch.rand(2, 3, 8, 8))
    average.update(model)
    now = model.state_dict()["backbone.1.running_mean"]
    assert torch.equal(average.weights["backbone.1.running_mean"], now)


def test_the_model_has_the_mean_inside_of_the_context_only() -> None:
    model = with_weight(nn.Linear(1, 1), 0)
    average = WeightAverage(model, 0.9)
    with_weight(model, 1)
    inside: list[float] = []

    def leave_early() -> None:
        with average.inside(model):
            inside.append(model.weight.item())
            raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="stop"):
        leave_early()
    assert inside == [0]
    assert model.weight.item() == 1


@pytest.mark.parametrize("decay", [-0.1, 1.0])
def test_a_decay_outside_of_its_range_is_refused(decay: float) -> None:
    with pytest.raises(InputError, match=r"expected 0 to below 1, such as 0\.999"):
        WeightAverage(nn.Linear(1, 1), decay)
