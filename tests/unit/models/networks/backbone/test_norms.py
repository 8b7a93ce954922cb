"""Norms: what they compute, what they keep, what they train."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from segeval.errors import InputError
from segeval.models.networks.backbone import (
    BatchNorm,
    Conv,
    FrozenBatchNorm,
    freeze_norms,
    norm_of,
    norms,
)

NAMES = ["weight", "bias", "running_mean", "running_var"]


def numbers(channels: int, seed: int = 0) -> dict[str, Tensor]:
    """A norm's state that is far from the first one."""
    drawn = torch.rand(4, channels, generator=torch.Generator().manual_seed(seed)) + 0.1
    return dict(zip(NAMES, drawn, strict=True))


def test_a_frozen_norm_is_batch_norm_in_evaluation() -> None:
    frozen, torchs = FrozenBatchNorm(6), nn.BatchNorm2d(6).eval()
    frozen.load_state_dict(numbers(6))
    torchs.load_state_dict(numbers(6), strict=False)
    x = torch.randn(2, 6, 5, 4) * 3
    assert torch.equal(frozen(x), torchs(x))
    x.requires_grad_()  # another way, which keeps less for the gradient
    torch.testing.assert_close(frozen(x), torchs(x), atol=1e-6, rtol=1e-5)


def test_a_frozen_norm_is_the_same_in_training_and_trains_nothing() -> None:
    frozen, x = FrozenBatchNorm(6), torch.randn(2, 6, 5, 4)
    frozen.load_state_dict(numbers(6))
    expected = frozen.eval()(x)
    assert torch.equal(frozen.train()(x), expected)
    assert list(frozen.parameters()) == []
    for name, each in numbers(6).items():
        assert torch.equal(frozen.state_dict()[name], each)


def test_a_frozen_norm_adds_epsilon_to_the_variance() -> None:
    frozen = FrozenBatchNorm(1)
    frozen.running_var.zero_()
    assert frozen(torch.ones(1, 1, 1, 1)).item() == pytest.approx(1e-5**-0.5)


def test_the_gradient_passes_a_frozen_norm() -> None:
    frozen, x = FrozenBatchNorm(2), torch.ones(1, 2, 1, 1, requires_grad=True)
    frozen.weight.copy_(torch.tensor([2.0, -3.0]))
    frozen(x).sum().backward()
    assert x.grad is not None
    torch.testing.assert_close(x.grad.flatten(), torch.tensor([2.0, -3.0]), atol=1e-4, rtol=0)


def test_features_of_little_precision_keep_their_type() -> None:
    x = torch.randn(1, 6, 3, 3).bfloat16()
    assert FrozenBatchNorm(6)(x).dtype == torch.bfloat16


@pytest.mark.parametrize("training", [True, False])
def test_a_trained_norm_is_that_of_torch(training: bool) -> None:
    ours, torchs = BatchNorm(6).train(training), nn.BatchNorm2d(6).train(training)
    ours.load_state_dict(numbers(6))
    torchs.load_state_dict(numbers(6), strict=False)
    x = torch.randn(3, 6, 5, 4)
    assert torch.equal(ours(x), torchs(x))
    assert torch.equal(ours.running_mean, torchs.get_buffer("running_mean"))
    assert torch.equal(ours.running_var, torchs.get_buffer("running_var"))


@pytest.mark.parametrize("kind", ["frozen", "batch"])
def test_states_hold_four_names_and_no_count(kind: str) -> None:
    norm = norm_of(kind, 6)
    assert list(norm.state_dict()) == NAMES
    norm.load_state_dict(numbers(6))  # a plain dict, without versions


def test_group_norm_has_32_groups() -> None:
    norm = norm_of("group", 64)
    x = norm(torch.randn(2, 64, 3, 3) * 5 + 2).reshape(2, 32, -1)
    torch.testing.assert_close(x.mean(2), torch.zeros(2, 32), atol=1e-5, rtol=0)
    assert list(norm.state_dict()) == ["weight", "bias"]


def test_group_norm_of_one_number_in_each_group_is_its_bias() -> None:
    """So that a narrow model takes images of a single cell, alone in their batch."""
    norm = norm_of("group", 32)
    nn.init.constant_(dict(norm.named_parameters())["bias"], 0.5)
    x = (2.0 ** (torch.arange(32) % 5)).view(1, 32, 1, 1).requires_grad_()  # exact products
    found = norm(x)
    found.sum().backward()
    assert found.flatten().tolist() == [0.5] * 32
    assert x.grad is not None
    assert not x.grad.any()


def test_group_norm_is_that_of_torch() -> None:
    x = torch.randn(2, 48, 3, 5)
    assert torch.equal(norm_of("group", 48)(x), nn.GroupNorm(16, 48)(x))


def test_group_norm_of_few_channels_has_fewer_groups() -> None:
    assert [norm_of("group", channels).num_groups for channels in (16, 48)] == [16, 16]


def test_frozen_norms_take_the_numbers_of_trained_ones() -> None:
    block = nn.Sequential(Conv(3, 6, 1, norm="batch"), nn.Sequential(Conv(6, 6, 1, norm="batch")))
    block(torch.randn(2, 3, 5, 5))
    before, x = block.state_dict(), torch.randn(1, 3, 5, 5)
    expected = block.eval()(x)
    freeze_norms(block)
    torch.testing.assert_close(block.train()(x), expected)
    assert list(block.state_dict()) == list(before)
    assert [name for name, _ in block.named_parameters()] == ["0.weight", "1.0.weight"]


def test_an_unknown_norm_is_named() -> None:
    with pytest.raises(
        InputError, match=r"no norm 'layer'. Choose one of: frozen, statistics, bat"
    ):
        norm_of("layer", 3)


def test_frozen_statistics_leave_weight_and_bias_to_train() -> None:
    norm, x = norm_of("statistics", 6).train(), torch.randn(2, 6, 5, 4)
    with torch.no_grad():
        for number, each in enumerate(norm.state_dict().values()):
            each.copy_(torch.rand(6) + number)
    frozen = norm_of("frozen", 6)
    frozen.load_state_dict(norm.state_dict())
    before = {name: each.clone() for name, each in norm.state_dict().items()}
    assert torch.equal(norm(x), frozen(x))
    norm(x).square().sum().backward()
    assert [name for name, _ in norm.named_parameters()] == ["weight", "bias"]
    grads = [each.grad for each in norm.parameters() if each.grad is not None]
    assert [float(each.abs().min()) > 0 for each in grads] == [True, True]
    assert all(torch.equal(before[name], each) for name, each in norm.state_dict().items())


def test_only_the_norm_of_all_processes_asks_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def of_two_equal_processes(numbers: torch.Tensor) -> torch.Tensor:
        asked.append(len(numbers))
        return 2 * numbers

    monkeypatch.setattr(norms, "is_shared", lambda: True)
    monkeypatch.setattr(norms, "sums_over_processes", of_two_equal_processes)
    x = torch.randn(2, 6, 5, 4)
    own = norm_of("batch", 6)(x)
    assert asked == []
    torch.testing.assert_close(norm_of("sync", 6)(x), own)
    assert asked == [7, 6]  # sums and their number, then squares
    norm_of("sync", 6).eval()(x)
    assert asked == [7, 6]


def test_in_one_process_the_statistics_of_all_are_those_of_its_own_images() -> None:
    x = torch.randn(2, 6, 5, 4)
    own, shared = norm_of("batch", 6), norm_of("sync", 6)
    assert torch.equal(own(x), shared(x))
    assert all(
        torch.equal(one, two)
        for one, two in zip(own.state_dict().values(), shared.state_dict().values(), strict=True)
    )


def test_an_unknown_distribution_is_named() -> None:
    with pytest.raises(InputError, match="no distribution 'he' of weights"):
        Conv(3, 3, 1, fill="he")


def test_first_weights_have_the_variance_of_their_distribution() -> None:
    msra, xavier = Conv(64, 256, 3), Conv(64, 256, 3, fill="xavier")
    assert msra.weight.var().item() == pytest.approx(2 / (256 * 9), rel=0.02)
    assert xavier.weight.var().item() == pytest.approx(1 / (64 * 9), rel=0.02)
    bound = (3 / (64 * 9)) ** 0.5
    assert 0.99 * bound < xavier.weight.abs().max().item() <= bound
    assert msra.bias is not None
    assert not msra.bias.any()


def test_a_frozen_norm_keeps_no_map_for_the_gradient() -> None:
    kept: list[int] = []

    def keep(tensor: Tensor) -> Tensor:
        kept.append(tensor.numel())
        return tensor

    frozen, x = FrozenBatchNorm(6), torch.randn(2, 6, 5, 4, requires_grad=True)
    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        frozen(x)
    assert kept == [6]
