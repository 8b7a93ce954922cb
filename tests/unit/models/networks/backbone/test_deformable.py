"""Deformable convolution beside the plain one, and beside a loop over every tap."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from segeval.models.networks.backbone import Bottleneck, DeformableConv, deformable_conv


def draw(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float32)


def read(plane: Tensor, y: float, x: float) -> float:
    """Bilinear between four cells, of which those outside are zero."""
    total, (height, width) = 0.0, plane.shape
    for row in (math.floor(y), math.floor(y) + 1):
        for column in (math.floor(x), math.floor(x) + 1):
            if 0 <= row < height and 0 <= column < width:
                share = (1 - abs(y - row)) * (1 - abs(x - column))
                total += share * float(plane[row, column])
    return total


def by_loops(
    x: Tensor,
    offsets: Tensor,
    weight: Tensor,
    mask: Tensor,
    *,
    stride: int,
    padding: int,
    dilation: int,
    groups: int,
) -> Tensor:
    """Tap by tap, offsets (B, sets, side, side, 2, h, w) and mask (B, sets, side, side, h, w)."""
    rows, columns = offsets.shape[2:]
    side, channels = weight.shape[2], x.shape[1]
    sets = offsets.shape[1] // (2 * side * side)
    moved = offsets.reshape(len(x), sets, side, side, 2, rows, columns)
    factor = mask.reshape(len(x), sets, side, side, rows, columns)
    out = torch.zeros(len(x), len(weight), rows, columns)
    inputs, outputs = channels // groups, len(weight) // groups
    for b, o, h, w in torch.cartesian_prod(*map(torch.arange, out.shape)).tolist():
        for c in range(inputs):
            channel = o // outputs * inputs + c
            of = channel // (channels // sets)
            for i in range(side):
                for j in range(side):
                    dy, dx = moved[b, of, i, j, :, h, w].tolist()
                    value = read(
                        x[b, channel],
                        h * stride - padding + i * dilation + dy,
                        w * stride - padding + j * dilation + dx,
                    )
                    out[b, o, h, w] += weight[o, c, i, j] * value * factor[b, of, i, j, h, w]
    return out


@pytest.mark.parametrize(("stride", "padding", "dilation", "groups"), [
    (1, 1, 1, 1), (2, 1, 1, 2), (1, 2, 2, 4), (2, 0, 1, 1),
])  # fmt: skip
def test_no_offsets_is_plain_convolution(
    stride: int, padding: int, dilation: int, groups: int
) -> None:
    x, weight = draw(2, 8, 9, 7), draw(12, 8 // groups, 3, 3, seed=1)
    plain = functional.conv2d(x, weight, None, stride, padding, dilation, groups)
    found = deformable_conv(
        x,
        torch.zeros(2, 18, *plain.shape[2:]),
        weight,
        stride=stride,
        padding=padding,
        dilation=dilation,
        groups=groups,
    )
    torch.testing.assert_close(found, plain, atol=2e-5, rtol=1e-5)


@pytest.mark.parametrize(("down", "right"), [(1, 0), (0, 2), (-2, 1), (3, -3)])
def test_whole_offsets_shift_the_map(down: int, right: int) -> None:
    x, weight = draw(1, 4, 9, 8), draw(5, 4, 3, 3, seed=1)
    offsets = (
        torch.tensor([down, right]).float().repeat(9).reshape(1, 18, 1, 1).expand(-1, -1, 9, 8)
    )
    margin = functional.pad(x, (4, 4, 4, 4))  # what is shifted in is zero
    shifted = margin[:, :, 3 + down : 14 + down, 3 + right : 13 + right]
    found = deformable_conv(x, offsets, weight, padding=1)
    torch.testing.assert_close(found, functional.conv2d(shifted, weight), atol=2e-5, rtol=1e-5)


@pytest.mark.parametrize(("stride", "dilation", "groups", "sets"), [
    (1, 1, 1, 1), (2, 1, 2, 1), (1, 2, 1, 2), (2, 1, 4, 4),
])  # fmt: skip
def test_any_offsets_and_factors_are_those_of_plain_loops(
    stride: int, dilation: int, groups: int, sets: int
) -> None:
    x, weight = draw(2, 4, 6, 5), draw(4, 4 // groups, 3, 3, seed=1)
    height, width = -(-6 // stride), -(-5 // stride)
    offsets = 3 * draw(2, 18 * sets, height, width, seed=2)  # many read outside of the map
    mask = draw(2, 9 * sets, height, width, seed=3).sigmoid()
    found = deformable_conv(
        x,
        offsets,
        weight,
        mask=mask,
        stride=stride,
        padding=dilation,
        dilation=dilation,
        groups=groups,
    )
    expected = by_loops(
        x,
        offsets,
        weight,
        mask,
        stride=stride,
        padding=dilation,
        dilation=dilation,
        groups=groups,
    )
    torch.testing.assert_close(found, expected, atol=2e-5, rtol=1e-5)


def test_offsets_are_y_then_x_of_each_tap_in_rows() -> None:
    x = torch.arange(25.0).reshape(1, 1, 5, 5)
    offsets = torch.zeros(1, 18, 1, 1)
    offsets[0, 2 * 1] = 2  # y of the tap (0, 1), which then reads at (2, 1)
    weight = torch.zeros(1, 1, 3, 3)
    weight[0, 0, 0, 1] = 1
    assert deformable_conv(x[..., :3, :3], offsets, weight).item() == pytest.approx(x[0, 0, 2, 1])


def test_factors_of_one_are_version_1() -> None:
    x, weight, offsets = draw(1, 4, 6, 6), draw(4, 4, 3, 3, seed=1), draw(1, 18, 6, 6, seed=2)
    first = deformable_conv(x, offsets, weight, padding=1)
    second = deformable_conv(x, offsets, weight, mask=torch.ones(1, 9, 6, 6), padding=1)
    assert torch.equal(first, second)


def test_offsets_learn() -> None:
    x, weight = draw(1, 4, 6, 6), draw(4, 4, 3, 3, seed=1)
    offsets = (0.3 + torch.zeros(1, 18, 6, 6)).requires_grad_()
    deformable_conv(x, offsets, weight, padding=1).square().sum().backward()
    assert offsets.grad is not None
    assert bool(offsets.grad.abs().flatten(2).sum(2).all())


@pytest.mark.parametrize(("version", "numbers"), [(1, 18), (2, 27)])
def test_a_block_starts_as_a_plain_one(version: int, numbers: int) -> None:
    plain, moved = (
        Bottleneck(8, 4, 16, stride=2),
        Bottleneck(8, 4, 16, stride=2, deformable=version),
    )
    left_out = moved.load_state_dict(plain.state_dict(), strict=False)
    assert left_out.missing_keys == ["conv2_offset.weight", "conv2_offset.bias"]
    assert left_out.unexpected_keys == []
    assert moved.conv2_offset is not None
    assert moved.conv2_offset.weight.shape == (numbers, 4, 3, 3)
    if version == 2:  # the factors start at a half
        plain.conv2.weight.data /= 2
    x = draw(2, 8, 8, 8)
    torch.testing.assert_close(moved(x), plain(x), atol=1e-5, rtol=1e-5)


def test_factors_are_the_last_third_of_the_offset_channels() -> None:
    conv, x = DeformableConv(4, 4, 3, version=2), draw(1, 4, 5, 5)
    offsets = torch.zeros(1, 27, 5, 5)
    offsets[:, 18:] = -100  # sigmoid of it is 0
    assert not conv(x, offsets).any()
    offsets[:, 18:] = 100
    plain = functional.conv2d(x, conv.weight, padding=1)
    torch.testing.assert_close(conv(x, offsets), plain, atol=1e-4, rtol=1e-4)


def test_places_keep_their_precision_where_features_have_little() -> None:
    x = torch.arange(600.0).expand(1, 1, 1, 600).bfloat16()
    found = deformable_conv(x, torch.zeros(1, 2, 1, 600), torch.ones(1, 1, 1, 1).bfloat16())
    assert torch.equal(found, x)
