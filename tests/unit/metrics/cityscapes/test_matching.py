"""Cityscapes' matching of one image, by hand.

The image has 60 x 60 pixels. A car of 20 x 20 pixels is at (10, 10) unless a test says other.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from segeval.data.cityscapes.instances import InstanceFrame
from segeval.masks import encode
from segeval.metrics.boundary_settings import BoundarySettings
from segeval.metrics.cityscapes.matching import THRESHOLDS, FrameMatches, match_frame
from tests.cityscapes_files import CAR, PERSON, rectangle

SIZE = (60, 60)
EVERY = (1 << len(THRESHOLDS)) - 1
CAR_MASK = rectangle(SIZE, 10, 10, 20, 20)


def build(
    preds: Sequence[tuple[Any, int, float]],
    gt: dict[int, Any] | None = None,
    void: Any = None,
) -> InstanceFrame:
    """An image from masks (H, W); ground truths by the value of their pixels."""
    gt = {26001: CAR_MASK} if gt is None else gt
    return InstanceFrame(
        frame="ulm_000000_000019",
        size=SIZE,
        gt_id=np.array(list(gt), np.int64),
        gt=encode([np.asarray(mask) for mask in gt.values()]),
        void=encode([np.zeros(SIZE) if void is None else void]),
        label=np.array([label for _, label, _ in preds], np.int64),
        score=np.array([score for *_, score in preds], np.float64),
        preds=encode([np.asarray(mask) for mask, *_ in preds]),
    )


def matched(frame: InstanceFrame, iou: str = "segm", px: int | None = None) -> FrameMatches:
    (found,) = match_frame(frame, (iou,), BoundarySettings(None, px))
    return found


def bits(found: FrameMatches) -> list[tuple[int, int]]:
    """Matched and ignored thresholds of every prediction."""
    return list(zip(found.matched_bits.tolist(), found.ignored_bits.tolist(), strict=True))


def test_a_perfect_prediction_is_matched_at_every_threshold() -> None:
    found = matched(build([(CAR_MASK, CAR, 0.5)]))
    assert bits(found) == [(EVERY, 0)]
    assert found.gt.tolist() == [0, 0, 1, 0, 0, 0, 0, 0]
    assert (found.category.tolist(), found.score.tolist()) == ([2], [0.5])


def test_an_iou_equal_to_the_threshold_is_no_match() -> None:
    half = rectangle(SIZE, 10, 10, 20, 10)  # IoU 0.5
    assert bits(matched(build([(half, CAR, 0.5)]))) == [(0, 0)]
    more = rectangle(SIZE, 10, 10, 20, 11)  # IoU 0.55
    assert bits(matched(build([(more, CAR, 0.5)]))) == [(1, 0)]


def test_other_classes_do_not_meet() -> None:
    assert bits(matched(build([(CAR_MASK, PERSON, 0.5)]))) == [(0, 0)]


def test_the_most_confident_of_several_is_true_wherever_it_stands() -> None:
    near = rectangle(SIZE, 10, 10, 20, 18)  # IoU 0.9, which is not above 0.9000000000000004
    found = matched(build([(CAR_MASK, CAR, 0.3), (near, CAR, 0.8), (CAR_MASK, CAR, 0.8)]))
    assert bits(found) == [(0, 0), (0b0011111111, 0), (0b1100000000, 0)]


def test_a_prediction_on_void_is_ignored_while_its_share_is_above_the_threshold() -> None:
    away = rectangle(SIZE, 40, 0, 10, 20)
    void = rectangle(SIZE, 40, 0, 10, 14)  # 0.7 of it
    assert bits(matched(build([(away, CAR, 0.5)], void=void))) == [(0, 0b0000001111)]


def test_a_group_takes_predictions_by_overlap_and_else_by_share() -> None:
    group = {26: CAR_MASK}
    inside = rectangle(SIZE, 10, 10, 10, 10)  # all of it on the group, IoU 0.25
    found = matched(build([(CAR_MASK, CAR, 0.9), (inside, CAR, 0.8)], group))
    assert bits(found) == [(0, EVERY), (0, EVERY)]
    assert found.gt.sum() == 0


def test_an_object_below_100_pixels_is_ignored() -> None:
    small = {26001: rectangle(SIZE, 10, 10, 9, 11)}
    found = matched(build([(small[26001], CAR, 0.9)], small))
    assert (bits(found), found.gt.sum()) == ([(0, EVERY)], 0)
    enough = {26001: rectangle(SIZE, 10, 10, 10, 10)}
    assert matched(build([], enough)).gt.sum() == 1


def test_a_small_group_is_ignored_twice() -> None:
    group = {26: rectangle(SIZE, 0, 0, 3, 10)}
    wide = rectangle(SIZE, 0, 0, 10, 10)  # 0.3 of it on the group, counted as 0.6
    assert bits(matched(build([(wide, CAR, 0.9)], group))) == [(0, 0b11)]


def test_groups_and_small_objects_of_another_class_ignore_nothing() -> None:
    assert bits(matched(build([(CAR_MASK, PERSON, 0.9)], {26: CAR_MASK}))) == [(0, 0)]


def test_a_prediction_without_pixels_is_left_out() -> None:
    found = matched(build([(np.zeros(SIZE), CAR, 0.9), (CAR_MASK, CAR, 0.8)]))
    assert (bits(found), found.empty) == ([(EVERY, 0)], 1)


@pytest.mark.parametrize("iou", ["segm", "boundary"])
def test_images_without_predictions_or_ground_truth_are_fine(iou: str) -> None:
    assert bits(matched(build([], {}), iou)) == []
    assert bits(matched(build([(CAR_MASK, CAR, 0.5)], {}), iou)) == [(0, 0)]
    assert matched(build([]), iou).gt.sum() == 1


def test_the_smaller_one_of_both_ious_counts() -> None:
    # one column too many: mask IoU 400 / 420; boundaries of width 1 have 76 and 78 pixels, of which
    # they share the left 20, the upper and lower 19 each: 58 / (76 + 78 - 58) = 0.604
    wider = rectangle(SIZE, 10, 10, 20, 21)
    frame = build([(wider, CAR, 0.5)])
    assert bits(matched(frame)) == [(EVERY, 0)]
    assert bits(matched(frame, "boundary", px=1)) == [(0b111, 0)]
    assert bits(matched(frame, "boundary", px=30)) == bits(matched(frame))


def test_boundaries_that_are_apart_are_no_pair_even_on_a_group() -> None:
    inside = rectangle(SIZE, 15, 15, 10, 10)
    frame = build([(inside, CAR, 0.9)], {26: CAR_MASK})
    assert bits(matched(frame)) == [(0, EVERY)]
    assert bits(matched(frame, "boundary", px=1)) == [(0, 0)]


def test_several_kinds_come_from_one_pass() -> None:
    wider = rectangle(SIZE, 10, 10, 20, 21)
    frame = build([(wider, CAR, 0.5)])
    found = match_frame(frame, ("boundary", "segm"), BoundarySettings(None, 1))
    assert [bits(each) for each in found] == [
        bits(matched(frame, "boundary", px=1)),
        bits(matched(frame)),
    ]
