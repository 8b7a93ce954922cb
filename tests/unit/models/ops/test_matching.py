"""Matching and sampling beside cases worked out by hand."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from segeval.models.ops import box_iou, matching
from segeval.models.ops.matching import match_boxes, sample_labels

TRUTH = torch.tensor([[0.0, 0, 10, 10], [20, 0, 30, 10]])
# IoU with the two of TRUTH: (0.8, 0), (0.5, 0), (0.2, 0), (0, 0.2), (0, 0.2), (0, 0.1), (0, 0)
BOXES = torch.tensor(
    [
        [0.0, 0, 8, 10],
        [0, 0, 5, 10],
        [0, 0, 2, 10],
        [20, 0, 22, 10],
        [28, 0, 30, 10],
        [24, 0, 25, 10],
        [50, 50, 60, 60],
    ]
)


def test_boxes_are_positive_ignored_or_negative_by_their_iou() -> None:
    matched, labels = match_boxes(BOXES, TRUTH, negative=0.3, positive=0.7)
    assert labels.tolist() == [1, -1, 0, 0, 0, 0, 0]
    assert matched[:6].tolist() == [0, 0, 0, 1, 1, 1]


def test_all_boxes_that_overlap_a_ground_truth_most_are_positive_if_low_quality_is_allowed() -> (
    None
):
    _, labels = match_boxes(BOXES, TRUTH, negative=0.3, positive=0.7, low_quality=True)
    assert labels.tolist() == [1, -1, 0, 1, 1, 0, 0]


def test_a_low_quality_match_keeps_the_ground_truth_that_the_box_overlaps_most() -> None:
    truth = torch.tensor([[0.0, 0, 10, 10], [9, 0, 19, 10]])
    boxes = torch.tensor([[0.0, 0, 10, 10]])  # IoU 1 with the first, 1/19 with the second
    matched, labels = match_boxes(boxes, truth, negative=0.3, positive=0.7, low_quality=True)
    assert (matched.tolist(), labels.tolist()) == ([0], [1])
    boxes = torch.tensor([[2.0, 0, 12, 10]])  # 8/12 and 3/17: below the threshold, best for both
    matched, labels = match_boxes(boxes, truth, negative=0.3, positive=0.7, low_quality=True)
    assert (matched.tolist(), labels.tolist()) == ([0], [1])


@pytest.mark.parametrize("iou", [0.5, 0.8])
def test_an_iou_at_a_threshold_belongs_above_it(iou: float) -> None:
    boxes = torch.tensor([[0.0, 0, 10 * iou, 10]])
    at = float(box_iou(boxes, TRUTH)[0, 0])
    assert match_boxes(boxes, TRUTH, negative=at, positive=at)[1].tolist() == [1]
    assert match_boxes(boxes, TRUTH, negative=at, positive=0.9)[1].tolist() == [-1]


@pytest.mark.parametrize(
    "truth", [torch.zeros(0, 4), torch.tensor([[3.0, 3, 3, 3]]), torch.tensor([[90.0, 90, 99, 99]])]
)
def test_a_ground_truth_that_nothing_touches_makes_no_box_positive(truth: Tensor) -> None:
    matched, labels = match_boxes(BOXES, truth, negative=0.3, positive=0.7, low_quality=True)
    assert labels.tolist() == [0] * 7
    assert matched.tolist() == [0] * 7


def test_no_boxes_have_no_matches() -> None:
    matched, labels = match_boxes(torch.zeros(0, 4), TRUTH, negative=0.3, positive=0.7)
    assert (len(matched), len(labels)) == (0, 0)


def test_matches_do_not_depend_on_how_many_pairs_are_compared_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    corner = torch.rand(80, 2, generator=torch.Generator().manual_seed(0)) * 30
    boxes = torch.cat([corner, corner + 12], dim=1)
    at_once = match_boxes(boxes, boxes[:9] + 1, negative=0.3, positive=0.7, low_quality=True)
    monkeypatch.setattr(matching, "PAIRS", 160)
    apart = match_boxes(boxes, boxes[:9] + 1, negative=0.3, positive=0.7, low_quality=True)
    assert all(torch.equal(*pair) for pair in zip(at_once, apart, strict=True))


@pytest.mark.parametrize(
    ("positive", "negative", "drawn"),
    [(50, 50, (4, 12)), (3, 50, (3, 13)), (50, 5, (4, 5)), (0, 3, (0, 3)), (2, 0, (2, 0))],
)
def test_negatives_fill_up_what_positives_leave(
    positive: int, negative: int, drawn: tuple[int, int]
) -> None:
    labels = torch.tensor([1] * positive + [0] * negative + [-1] * 7, dtype=torch.int8)
    positives, negatives = sample_labels(labels, 16, 0.25)
    assert (len(positives), len(negatives)) == drawn
    assert (labels[positives] == 1).all()
    assert (labels[negatives] == 0).all()
    assert len(torch.cat([positives, negatives]).unique()) == sum(drawn)


def test_a_seed_draws_the_same_boxes_again() -> None:
    labels = torch.arange(1000) % 2
    draws = [
        sample_labels(labels, 64, 0.5, generator=torch.Generator().manual_seed(seed))[0].tolist()
        for seed in (1, 1, 2)
    ]
    assert draws[0] == draws[1] != draws[2]
