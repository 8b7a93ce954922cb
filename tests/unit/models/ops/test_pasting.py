"""Pasting straight into runs against pasting into dense images."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional

from segeval.masks import RunLengths, area, decode_one, encode
from segeval.models.ops import paste_masks, pasting


def dense(logits: Tensor, boxes: Tensor, sizes: Tensor) -> list[np.ndarray]:
    """Every mask read at the centre of every pixel of its image."""
    found = []
    for mask, box, (height, width) in zip(logits, boxes, sizes.tolist(), strict=True):
        x = (torch.arange(width) + 0.5 - box[0]) / (box[2] - box[0]) * 2 - 1
        y = (torch.arange(height) + 0.5 - box[1]) / (box[3] - box[1]) * 2 - 1
        grid = torch.stack([x.expand(height, width), y[:, None].expand(height, width)], dim=2)
        read = functional.grid_sample(mask[None].sigmoid(), grid[None], align_corners=False)
        found.append((read[0, 0] >= 0.5).numpy())
    return found


def assert_same(found: RunLengths, expected: RunLengths) -> None:
    np.testing.assert_array_equal(found.counts, expected.counts)
    np.testing.assert_array_equal(found.offsets, expected.offsets)
    np.testing.assert_array_equal(found.sizes, expected.sizes)
    assert found.counts.dtype == np.uint32


def random_boxes(number: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Boxes in images of random sizes, many of them partly and some wholly outside."""
    sizes = torch.randint(1, 90, (number, 2), generator=generator)
    corner = torch.rand(number, 2, generator=generator) * 140 - 40
    sides = torch.rand(number, 2, generator=generator) ** 2 * 150 + 0.01
    return torch.cat([corner, corner + sides], dim=1), sizes


@pytest.mark.parametrize("side", [1, 7, 28, 224])
@pytest.mark.parametrize("pixels", [1 << 22, 500])
def test_runs_are_those_of_dense_images(
    side: int, pixels: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pasting, "PIXELS", pixels)
    generator = torch.Generator().manual_seed(side)
    boxes, sizes = random_boxes(80, generator)
    logits = torch.randn(80, 1, side, side, generator=generator) + 0.5
    expected = encode(dense(logits, boxes, sizes))
    assert len(expected.counts) > 200
    assert_same(paste_masks(logits, boxes, sizes), expected)


def test_half_covered_pixels_are_foreground_as_in_dense_images() -> None:
    boxes, sizes = random_boxes(60, torch.Generator().manual_seed(4))
    boxes = boxes.round() + 0.5  # the border goes through the centres of pixels
    boxes[:, 2:] = torch.maximum(boxes[:, 2:], boxes[:, :2] + 1)
    for side in (14, 28, 112):
        logits = torch.randn(60, 1, side, side, generator=torch.Generator().manual_seed(side))
        sure = logits.sign() * 50
        assert_same(paste_masks(sure, boxes, sizes), encode(dense(sure, boxes, sizes)))
    box, size = torch.tensor([[0.5, 0.5, 4.5, 4.5]]), torch.tensor([[6, 6]])
    found = paste_masks(torch.full((1, 1, 4, 4), 50.0), box, size)
    expected = np.zeros((6, 6), np.bool_)
    expected[:5, 1:4] = expected[1:4, :5] = True  # a corner is covered by a quarter
    np.testing.assert_array_equal(decode_one(found, 0), expected)


def test_whole_columns_of_the_image_are_joined() -> None:
    sizes = torch.tensor([[5, 6], [5, 6]])
    boxes = torch.tensor([[1.0, -9.0, 4.0, 30.0], [-7.0, -7.0, 20.0, 20.0]])
    found = paste_masks(torch.full((2, 1, 4, 4), 30.0), boxes, sizes)
    assert [found.runs(index).tolist() for index in range(2)] == [[5, 15, 10], [0, 30]]


def test_a_sure_mask_fills_the_pixels_with_their_centre_in_the_box() -> None:
    generator = torch.Generator().manual_seed(3)
    boxes, _ = random_boxes(60, generator)
    # corners of a mask are rounded by half a cell: no centre of a pixel is that near
    boxes = (boxes * 4).round() / 4 + 0.125
    boxes[:, 2:] = torch.maximum(boxes[:, 2:], boxes[:, :2] + 0.5)
    sizes = torch.tensor([[70, 80]]).expand(60, 2)
    found = paste_masks(torch.full((60, 1, 256, 256), 30.0), boxes, sizes)
    x, y = np.arange(80) + 0.5, np.arange(70)[:, None] + 0.5
    filled = 0
    for index, (x0, y0, x1, y1) in enumerate(boxes.tolist()):
        expected = (x > x0) & (x < x1) & (y > y0) & (y < y1)
        np.testing.assert_array_equal(decode_one(found, index), expected)
        filled += int(expected.sum())
    assert filled > 10_000


@pytest.mark.parametrize(
    "box",
    [
        [3.0, 3.0, 3.0, 9.0],
        [9.0, 3.0, 3.0, 9.0],
        [float("nan"), 3.0, 9.0, 9.0],
        [0.0, 0.0, float("inf"), 9.0],
        [40.0, 40.0, 60.0, 60.0],
        [-40.0, 0.0, -20.0, 10.0],
        [3.6, 3.6, 4.4, 4.4],  # no centre inside
    ],
)
def test_boxes_without_pixels_have_empty_masks(box: list[float]) -> None:
    boxes = torch.tensor([[2.0, 2.0, 4.0, 4.0], box])
    found = paste_masks(torch.full((2, 1, 28, 28), 9.0), boxes, torch.tensor([[20, 30], [20, 30]]))
    assert area(found).tolist() == [4, 0]
    assert found.runs(1).tolist() == [600]


def test_no_boxes_have_no_masks() -> None:
    empty = torch.zeros(0, 4)
    found = paste_masks(torch.zeros(0, 1, 28, 28), empty, torch.zeros(0, 2, dtype=torch.int64))
    assert len(found) == 0


def test_a_higher_threshold_keeps_less() -> None:
    logits = torch.linspace(-4, 4, 28).expand(1, 1, 28, 28)
    box, size = torch.tensor([[0.0, 0.0, 28.0, 28.0]]), torch.tensor([[28, 28]])
    areas = [int(area(paste_masks(logits, box, size, threshold=each))[0]) for each in (0.5, 0.9)]
    assert areas == [14 * 28, 7 * 28]  # 0.9 is a logit of 2.2
