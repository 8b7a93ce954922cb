"""AP from true and false positives, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from segeval.metrics.cityscapes.curve import ap_by_class, area_below
from segeval.metrics.cityscapes.matching import FrameMatches
from segeval.metrics.cityscapes.statistics import cityscapes_statistics


def ap(scores: list[float], are_true: list[bool], positives: int) -> float:
    return area_below(np.array(scores), np.array(are_true, bool), positives)


def test_one_object_found_has_ap_1() -> None:
    # points (recall, precision): (0, 1), (1, 1); widths 1/2 and 1/2
    assert ap([0.9], [True], 1) == 1


def test_an_object_missed_halves_the_recall() -> None:
    assert ap([0.9], [True], 2) == 0.5


def test_precision_is_not_made_monotone() -> None:
    # (0, 1), (0, 0), (1/2, 1/2), (1, 2/3); widths 0, 1/4, 1/2, 1/4
    assert ap([0.9, 0.8, 0.7], [False, True, True], 2) == pytest.approx(1 / 4 + 1 / 6, abs=1e-15)


def test_equal_scores_share_a_point_and_their_order_does_not_matter() -> None:
    # (0, 1), (1, 1/2); widths 1/2, 1/2
    assert ap([0.5, 0.5], [False, True], 1) == ap([0.5, 0.5], [True, False], 1) == 0.75


def test_false_positives_behind_the_last_true_one_cost_as_much_as_half_a_step() -> None:
    # (0, 1), (1, 1), (1, 1/2); widths 1/2, 1/2, 0
    assert ap([0.9, 0.1], [True, False], 1) == 1


def test_ap_is_0_without_predictions_and_without_true_ones() -> None:
    assert ap([], [], 3) == 0
    assert ap([0.9, 0.8], [False, False], 3) == 0


def test_a_class_without_objects_is_undefined() -> None:
    matches = FrameMatches(
        category=np.array([0, 2]),
        score=np.array([0.5, 0.5]),
        matched_bits=np.array([0, 0b111], np.uint16),
        ignored_bits=np.array([0, 0b1000], np.uint16),
        gt=np.array([0, 1, 1, 0, 0, 0, 0, 0]),
    )
    table = ap_by_class(cityscapes_statistics([matches], ["ulm"], "segm", {}), np.ones(1, np.int64))
    assert table.shape == (8, 10)
    assert np.isnan(table[[0, 3]]).all()
    assert table[1].tolist() == [0] * 10
    assert table[2].tolist() == [1] * 3 + [0] * 7
