"""Levels of boxes, and features from them."""

from __future__ import annotations

import math
from importlib import import_module

import pytest
import torch

from segeval.models.ops import roi_align
from segeval.models.ops.pooling import box_levels, pool_boxes, pool_per_image


def square(side: float) -> list[float]:
    return [3.0, 3.0, 3.0 + side, 3.0 + side]


def test_a_box_goes_up_a_level_when_its_side_doubles() -> None:
    sides = [0, 1, 111, 112, 223, 224, 447, 448, 896, 5000]
    found = box_levels(torch.tensor([square(side) for side in sides]))
    assert found.tolist() == [2, 2, 2, 3, 3, 4, 4, 5, 5, 5]


def test_the_area_decides_not_the_longer_side() -> None:
    assert box_levels(torch.tensor([[0.0, 0, 896, 56]])).tolist() == [4]


def test_each_box_is_pooled_from_its_level() -> None:
    generator = torch.Generator().manual_seed(0)
    features = {
        f"p{k}": torch.rand(2, 3, 512 >> k, 512 >> k, generator=generator) for k in range(2, 6)
    }
    boxes = torch.tensor([square(side) for side in (450, 20, 240, 130, 30)])
    image = torch.tensor([0, 1, 1, 0, 0])
    found = pool_boxes(features, boxes, image)
    for row, level in enumerate([5, 2, 4, 3, 2]):
        own = roi_align(features[f"p{level}"], boxes[[row]], image[[row]], 7, scale=1 / 2**level)
        torch.testing.assert_close(found[[row]], own)


@pytest.mark.parametrize(("levels", "read"), [((2, 3, 4), (2, 3)), ((3, 4), (3,)), ((2,), (2,))])
def test_the_coarsest_of_several_levels_is_for_proposals_alone(
    levels: tuple[int, ...], read: tuple[int, ...]
) -> None:
    features = {f"p{k}": torch.full((2, 1, 512 >> k, 512 >> k), float(k)) for k in levels}
    strides = {f"p{k}": 1 << k for k in levels}
    boxes = [torch.tensor([square(side) for side in (400, 20)]), torch.zeros(0, 4)]
    found = pool_per_image(features, boxes, 3, strides)
    assert found.shape == (2, 1, 3, 3)
    assert found.amax((1, 2, 3)).tolist() == pytest.approx([read[-1], read[0]])


def test_boxes_are_pooled_from_their_image() -> None:
    features = {"p2": torch.arange(3.0)[:, None, None, None].expand(3, 1, 32, 32)}
    boxes = [torch.tensor([square(20)]), torch.zeros(0, 4), torch.tensor([square(9)] * 2)]
    found = pool_per_image(features, boxes, 2, {"p2": 4})
    assert found.mean((1, 2, 3)).tolist() == [0, 2, 2]


def test_no_boxes_have_no_features() -> None:
    features = {f"p{k}": torch.rand(1, 3, 4, 4) for k in range(2, 6)}
    nothing = pool_boxes(features, torch.zeros(0, 4), torch.zeros(0, dtype=torch.int64))
    assert nothing.shape == (0, 3, 7, 7)


def test_all_levels_get_a_gradient_from_their_boxes() -> None:
    features = {f"p{k}": torch.rand(1, 2, 512 >> k, 512 >> k).requires_grad_() for k in range(2, 6)}
    boxes = torch.tensor([square(side) for side in (20, 130, 240, 450)])
    pool_boxes(features, boxes, torch.zeros(4, dtype=torch.int64)).sum().backward()
    assert all(float(level.grad.sum()) > 0 for level in features.values() if level.grad is not None)
    assert all(level.grad is not None for level in features.values())


def test_a_very_large_box_is_read_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    features = torch.rand(1, 3, 20, 30, generator=torch.Generator().manual_seed(0))
    boxes = torch.tensor([[-300.0, -200, 500, 700], [2, 3, 20, 11]])
    image = torch.zeros(2, dtype=torch.int64)
    whole = roi_align(features, boxes, image, 4, scale=1)
    home = import_module("segeval.models.ops.roi_align")
    monkeypatch.setattr(home, "NUMBERS", 50_000)
    torch.testing.assert_close(roi_align(features, boxes, image, 4, scale=1), whole)


@pytest.mark.parametrize("corner", [math.inf, -math.inf, math.nan])
def test_a_box_that_is_not_finite_reads_nothing(corner: float) -> None:
    boxes = torch.tensor([[0.0, 0, 4, corner], [0.0, 0, 4, 4]])
    image = torch.zeros(2, dtype=torch.int64)
    found = roi_align(torch.ones(1, 1, 8, 8), boxes, image, 2, scale=1)
    assert found.flatten(1).tolist() == [[0] * 4, [1] * 4]
