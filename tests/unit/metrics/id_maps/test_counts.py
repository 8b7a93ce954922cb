"""Objects found, false and missed at each IoU threshold."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from segeval.data.id_maps.objects import objects_of
from segeval.data.id_maps.overlaps import MapOverlaps, overlaps
from segeval.metrics.id_maps.counts import threshold_counts, true_positives

THRESHOLDS = (0.1, 0.25, 0.5, 0.75, 1.0)


def found(pred: Any, gt: Any) -> MapOverlaps:
    pred_ids, gt_ids = np.array(pred), np.array(gt)
    return overlaps(pred_ids, objects_of(pred_ids), gt_ids, objects_of(gt_ids))


def test_numbers_of_two_images_by_hand() -> None:
    # object 1 is found at IoU 3/4, object 2 is missed, prediction 8 is false
    first = found([[7, 7, 7, 0], [0, 0, 0, 8]], [[1, 1, 1, 1], [2, 2, 0, 0]])
    # object 5 is found exactly
    second = found([[0, 4], [0, 4]], [[0, 5], [0, 5]])
    [at_half, at_90] = threshold_counts([first, second], [0.5, 0.9])
    assert (at_half.tp, at_half.fp, at_half.fn) == (2, 1, 1)
    assert (at_half.precision, at_half.recall, at_half.f1) == (2 / 3, 2 / 3, 2 / 3)
    assert at_half.accuracy == 0.5
    assert at_half.image_accuracy == (1 / 3 + 1) / 2
    assert (at_90.tp, at_90.fp, at_90.fn, at_90.accuracy) == (1, 2, 2, 0.2)


def test_an_object_in_two_pieces_is_one_object() -> None:
    [each] = threshold_counts([found([[3, 0, 3]], [[1, 0, 1]])], [0.9])
    assert (each.tp, each.fp, each.fn) == (1, 0, 0)


def test_an_object_that_is_cut_in_exact_halves_is_found_once_at_one_half() -> None:
    halves = found([[1, 1, 2, 2]], [[9, 9, 9, 9]])
    assert halves.iou.tolist() == [0.5, 0.5]
    assert true_positives(halves, 0.5) == 1
    assert true_positives(halves, 0.51) == 0


def test_numbers_without_objects_are_undefined() -> None:
    nothing = found([[0, 0]], [[0, 0]])
    [each] = threshold_counts([nothing], [0.5])
    assert [each.accuracy, each.precision, each.image_accuracy] == [None, None, None]
    one = found([[1, 0]], [[1, 0]])
    [both] = threshold_counts([nothing, one], [0.5])
    assert both.image_accuracy == 1.0  # the image without objects says nothing


def test_a_pair_makes_room_for_another_below_one_half() -> None:
    # prediction 1 overlaps both objects, prediction 2 only the first: both get one
    pairs = MapOverlaps(2, 2, np.array([0, 0, 1]), np.array([0, 1, 0]), np.array([0.4, 0.3, 0.2]))
    assert true_positives(pairs, 0.2) == 2
    assert true_positives(pairs, 0.3) == 1


def plain_ious(pred: NDArray[np.int64], gt: NDArray[np.int64]) -> list[list[float]]:
    """IoU of every prediction with every object, by sets of pixels."""
    sides = [
        [set(np.flatnonzero(ids.ravel() == own).tolist()) for own in np.unique(ids) if own]
        for ids in (pred, gt)
    ]
    return [[len(a & b) / len(a | b) for b in sides[1]] for a in sides[0]]


def most_pairs(ious: list[list[float]], threshold: float, used: frozenset[int]) -> int:
    """The largest number of pairs, by trying all."""
    if not ious:
        return 0
    choices = [
        1 + most_pairs(ious[1:], threshold, used | {place})
        for place, iou in enumerate(ious[0])
        if iou >= threshold and place not in used
    ]
    return max([most_pairs(ious[1:], threshold, used), *choices])


@pytest.mark.parametrize("seed", range(25))
def test_random_maps_give_the_most_pairs_of_all_assignments(seed: int) -> None:
    rng = np.random.default_rng(seed)
    gt = np.kron(rng.integers(0, 6, (3, 3)), np.ones((2, 2), int))
    pred = np.where(rng.random(gt.shape) < 0.3, rng.integers(0, 6, gt.shape), gt)
    ious = plain_ious(pred, gt)
    counts = threshold_counts([found(pred, gt)], THRESHOLDS)
    for threshold, each in zip(THRESHOLDS, counts, strict=True):
        tp = most_pairs(ious, threshold, frozenset())
        preds, objects = len(ious), len(ious[0]) if ious else len(np.unique(gt[gt > 0]))
        assert (each.tp, each.fp, each.fn) == (tp, preds - tp, objects - tp)
