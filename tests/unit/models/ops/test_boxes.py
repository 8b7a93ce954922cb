"""Boxes, their coding, RoIAlign and NMS beside plain loops."""

from __future__ import annotations

import math
from importlib import import_module

import numpy as np
import pytest
import torch
from torch import Tensor

from segeval.models.ops import (
    box_iou,
    class_wise_nms,
    clip_boxes,
    decode_boxes,
    encode_boxes,
    nms,
    roi_align,
)


def random_boxes(number: int, seed: int, size: float = 40) -> Tensor:
    """Boxes of which many overlap."""
    generator = torch.Generator().manual_seed(seed)
    corners = torch.rand(number, 2, generator=generator) * size
    sides = torch.rand(number, 2, generator=generator) * size / 2 + 0.5
    return torch.cat([corners, corners + sides], dim=1)


def loop_nms(boxes: Tensor, scores: Tensor, threshold: float) -> list[int]:
    """One box after the other; the IoU is of float32, the threshold of float64."""
    kept: list[int] = []
    iou = box_iou(boxes, boxes).numpy()
    for place in scores.argsort(descending=True, stable=True).tolist():
        if not (iou[place, kept].astype(np.float64) > threshold).any():
            kept.append(place)
    return kept


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("threshold", [0.0, 0.3, 0.7])
def test_nms_is_that_of_a_plain_loop(seed: int, threshold: float) -> None:
    boxes = random_boxes(60, seed)
    scores = (torch.rand(60, generator=torch.Generator().manual_seed(seed)) * 10).round()
    assert nms(boxes, scores, threshold).tolist() == loop_nms(boxes, scores, threshold)


def test_nms_of_more_boxes_than_a_block() -> None:
    boxes, scores = random_boxes(1300, 0, size=300), torch.rand(1300)
    kept = nms(boxes, scores, 0.4)
    assert kept.tolist() == loop_nms(boxes, scores, 0.4)


def test_an_iou_at_the_threshold_stays() -> None:
    boxes = torch.tensor([[0.0, 0, 2, 1], [0, 0, 1, 1]])
    assert nms(boxes, torch.tensor([0.9, 0.8]), 0.5).tolist() == [0, 1]
    assert nms(boxes, torch.tensor([0.9, 0.8]), 0.499).tolist() == [0]


@pytest.mark.parametrize(("tenths", "stays"), [(1, False), (2, False), (6, False), (7, True)])
def test_an_iou_that_float32_rounds_up_is_above_the_threshold(tenths: int, stays: bool) -> None:
    # as of the compiled operator: 6 / 10 in float32 is more than 0.6, 7 / 10 is less than 0.7
    boxes = torch.tensor([[0.0, 0, 10, 1], [0, 0, tenths, 1]])
    kept = nms(boxes, torch.tensor([0.9, 0.8]), tenths / 10)
    assert kept.tolist() == ([0, 1] if stays else [0])


def test_nothing_is_kept_of_nothing() -> None:
    assert nms(torch.zeros(0, 4), torch.zeros(0), 0.5).tolist() == []
    none = torch.zeros(0, dtype=torch.int64)
    assert class_wise_nms(torch.zeros(0, 4), torch.zeros(0), none, 0.5).tolist() == []


@pytest.mark.parametrize("together", [0, 10_000])
def test_classes_are_told_apart_however_they_are_compared(
    together: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_module("segeval.models.ops.nms"), "TOGETHER", together)
    boxes, generator = random_boxes(700, 3, size=60), torch.Generator().manual_seed(3)
    scores = (torch.rand(700, generator=generator) * 30).round()
    classes = torch.randint(0, 4, (700,), generator=generator)
    expected = []
    for each in range(4):
        rows = torch.where(classes == each)[0]
        expected += rows[loop_nms(boxes[rows], scores[rows], 0.5)].tolist()
    expected.sort(key=lambda place: (-float(scores[place]), place))
    assert class_wise_nms(boxes, scores, classes, 0.5).tolist() == expected


def test_boxes_of_other_classes_do_not_remove_each_other() -> None:
    boxes = torch.tensor([[0.0, 0, 4, 4]]).expand(4, -1)
    scores, classes = torch.tensor([0.5, 0.9, 0.7, 0.6]), torch.tensor([0, 0, 1, 1])
    assert class_wise_nms(boxes, scores, classes, 0.5).tolist() == [1, 2]


def test_coding_and_decoding_give_the_targets_back() -> None:
    boxes, targets = random_boxes(50, 1), random_boxes(50, 2)
    deltas = encode_boxes(boxes, targets, (10, 10, 5, 5))
    torch.testing.assert_close(decode_boxes(boxes, deltas, (10, 10, 5, 5)), targets)


def test_a_side_grows_62_times_at_most() -> None:
    box = torch.tensor([[0.0, 0.0, 16.0, 16.0]])
    grown = decode_boxes(box, torch.tensor([[0.0, 0.0, 99.0, 0.0]]))
    assert float(grown[0, 2] - grown[0, 0]) == pytest.approx(1000, rel=1e-5)


def test_several_classes_are_decoded_side_by_side() -> None:
    boxes, deltas = random_boxes(5, 3), torch.rand(5, 12)
    apart = [decode_boxes(boxes, deltas[:, k : k + 4]) for k in (0, 4, 8)]
    torch.testing.assert_close(decode_boxes(boxes, deltas), torch.cat(apart, dim=1))


def test_clipped_boxes_stay_in_the_image() -> None:
    found = clip_boxes(torch.tensor([[-3.0, 2.0, 50.0, 70.0]]), (60, 40))
    assert found.tolist() == [[0, 2, 40, 60]]


def loop_roi_align(
    features: Tensor,
    box: Tensor,
    side: int,
    scale: float,
    samples: int,
    offsets: Tensor | None = None,
) -> Tensor:
    """One box, sample after sample, with the compiled operator's rules at the border."""
    shifts = torch.zeros(side, side, 2) if offsets is None else offsets.expand(side, side, 2)
    channels, height, width = features.shape
    x0, y0, x1, y1 = (float(each) * scale - 0.5 for each in box)
    tall, wide = (y1 - y0) / side, (x1 - x0) / side
    down, across = samples or math.ceil(tall), samples or math.ceil(wide)
    out = torch.zeros(channels, side, side)
    for i, j in np.ndindex(side, side):
        for k, m in np.ndindex(max(down, 0), max(across, 0)):
            across_by, down_by = (scale * float(each) for each in shifts[i, j])
            y = y0 + i * tall + (k + 0.5) * tall / down + down_by
            x = x0 + j * wide + (m + 0.5) * wide / across + across_by
            if y < -1 or y > height or x < -1 or x > width:
                continue
            y, x = max(y, 0), max(x, 0)
            top, left = min(int(y), height - 1), min(int(x), width - 1)
            below = y - top if top < height - 1 else 0.0
            beside = x - left if left < width - 1 else 0.0
            bottom, right = min(top + 1, height - 1), min(left + 1, width - 1)
            upper = features[:, top, left] * (1 - beside) + features[:, top, right] * beside
            lower = features[:, bottom, left] * (1 - beside) + features[:, bottom, right] * beside
            out[:, i, j] += upper * (1 - below) + lower * below
    return out / max(down * across, 1)


@pytest.mark.parametrize("samples", [0, 1, 2])
@pytest.mark.parametrize("scale", [1.0, 0.25])
def test_roi_align_is_that_of_a_plain_loop(samples: int, scale: float) -> None:
    features = torch.rand(2, 3, 9, 11, generator=torch.Generator().manual_seed(0))
    boxes = (random_boxes(12, 5, size=14) - 2) / scale
    image = torch.arange(12) % 2
    found = roi_align(features, boxes, image, 3, scale=scale, samples=samples)
    expected = torch.stack([
        loop_roi_align(features[which], box, 3, scale, samples)
        for which, box in zip(image, boxes, strict=True)
    ])  # fmt: skip
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("samples", [0, 4])
@pytest.mark.parametrize("cells", [3, 1])
def test_cells_move_each_by_its_offset(samples: int, cells: int) -> None:
    generator = torch.Generator().manual_seed(2)
    features = torch.rand(2, 3, 9, 11, generator=generator)
    boxes, image = 4 * (random_boxes(12, 5, size=14) - 2), torch.arange(12) % 2
    offsets = 12 * torch.randn(12, cells, cells, 2, generator=generator)
    found = roi_align(features, boxes, image, 3, scale=0.25, samples=samples, offsets=offsets)
    expected = torch.stack([
        loop_roi_align(features[which], box, 3, 0.25, samples, own)
        for which, box, own in zip(image, boxes, offsets, strict=True)
    ])  # fmt: skip
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize(("beyond", "read"), [(0.9, 1.0), (1.1, 0.0)])
@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize("far", [False, True])
def test_a_sample_more_than_a_cell_outside_reads_nothing(
    beyond: float, read: float, axis: int, far: bool
) -> None:
    middle = torch.tensor([4.0, 4.0])
    middle[axis] = 7.5 + beyond if far else 0.5 - beyond  # from the centre of the last pixel
    box = torch.cat([middle - 0.25, middle + 0.25])[None]
    image = torch.zeros(1, dtype=torch.int64)
    found = roi_align(torch.ones(1, 1, 8, 8), box, image, 1, scale=1, samples=1)
    assert found.item() == read


def test_a_box_without_area_has_no_features() -> None:
    box = torch.tensor([[3.0, 3.0, 3.0, 8.0]])
    found = roi_align(torch.ones(1, 1, 9, 9), box, torch.zeros(1, dtype=torch.int64), 2, scale=1)
    assert not found.any()


def test_features_get_their_gradient() -> None:
    features = torch.rand(1, 2, 6, 6, requires_grad=True)
    box = torch.tensor([[0.0, 0.0, 6.0, 6.0]])
    roi_align(features, box, torch.zeros(1, dtype=torch.int64), 2, scale=1).sum().backward()
    assert features.grad is not None
    assert float(features.grad.sum()) == pytest.approx(2 * 4, rel=1e-5)


def test_no_boxes_are_decoded_to_none() -> None:
    assert decode_boxes(torch.zeros(0, 4), torch.zeros(0, 12)).shape == (0, 12)


def test_cells_moved_to_no_number_have_features_that_are_none() -> None:
    """As a model that diverged moves them; the loss is NaN then, and says so."""
    offsets = torch.zeros(1, 2, 2, 2)
    offsets[0, 0, 0] = torch.nan
    box, image = torch.tensor([[0.0, 0, 4, 4]]), torch.tensor([0])
    found = roi_align(torch.ones(1, 1, 4, 4), box, image, 2, scale=1.0, samples=2, offsets=offsets)
    assert found.isnan().flatten().tolist() == [True, False, False, False]
