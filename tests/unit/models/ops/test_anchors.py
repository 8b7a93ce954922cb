"""Anchors beside numbers worked out by hand."""

from __future__ import annotations

import math

import pytest
import torch

from segeval.models.ops.anchors import cell_anchors, level_anchors


def test_anchors_have_the_area_of_their_size_and_the_ratio_of_height_to_width() -> None:
    found = cell_anchors([32])
    wide = [32 * math.sqrt(2), 32, 32 / math.sqrt(2)]
    tall = [32 / math.sqrt(2), 32, 32 * math.sqrt(2)]
    by_hand = [[-w / 2, -h / 2, w / 2, h / 2] for w, h in zip(wide, tall, strict=True)]
    torch.testing.assert_close(found, torch.tensor(by_hand))


def test_anchors_are_not_rounded() -> None:
    assert float(cell_anchors([32])[0, 2]) == pytest.approx(22.627417, abs=1e-6)


def test_centres_lie_at_multiples_of_the_stride_from_the_corner() -> None:
    found = level_anchors((2, 3), 16, [64], ratios=[1, 4])
    centres = (found[:, :2] + found[:, 2:]) / 2
    cells = [[x, y] for y in (0, 16) for x in (0, 16, 32) for _ in range(2)]
    assert centres.tolist() == cells
    sides = found[:, 2:] - found[:, :2]
    assert sides.tolist() == [[64, 64], [32, 128]] * 6


def test_all_ratios_of_a_size_stand_together() -> None:
    found = cell_anchors([8, 16], ratios=[1, 4])
    assert found.tolist() == [
        [-4, -4, 4, 4],
        [-2, -8, 2, 8],
        [-8, -8, 8, 8],
        [-4, -16, 4, 16],
    ]
