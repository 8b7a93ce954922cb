"""Who is matched with whom in one cell."""

from __future__ import annotations

import numpy as np
import pytest

from segeval import ShapeError
from segeval.metrics.coco.partners import partners

THRESHOLDS = np.array([0.5, 0.75])


def test_a_prediction_takes_the_free_object_of_highest_overlap() -> None:
    iou = np.array([[0.8, 0.6], [0.9, 0.6], [0.9, 0.2]])
    of_preds, of_gts = partners(iou, THRESHOLDS, np.zeros((1, 2), bool), np.zeros(2, bool))
    # at 0.75 the second prediction finds nothing left that reaches it
    assert of_preds.tolist() == [[[0, 1, -1], [0, -1, -1]]]
    assert of_gts.tolist() == [[[0, 1], [0, -1]]]


def test_a_crowd_region_takes_all_and_names_the_last() -> None:
    iou = np.array([[0.6, 0.9], [0.3, 0.8], [0.2, 0.9]])
    crowd = np.array([False, True])
    of_preds, of_gts = partners(iou, THRESHOLDS, crowd[None], crowd)
    assert of_preds.tolist() == [[[0, 1, 1], [1, 1, 1]]]
    assert of_gts.tolist() == [[[0, 2], [-1, 2]]]


def test_what_counts_goes_before_what_is_ignored_in_each_bucket() -> None:
    iou = np.array([[0.6, 0.9]])
    ignored = np.array([[False, True], [True, False]])
    of_preds, _ = partners(iou, THRESHOLDS, ignored, np.zeros(2, bool))
    assert of_preds.tolist() == [[[0], [1]], [[1], [1]]]


def test_the_last_of_equal_overlaps_is_taken_among_few_and_many() -> None:
    for number in (3, 40):
        iou = np.full((1, number), 0.8)
        of_preds, _ = partners(iou, THRESHOLDS, np.zeros((1, number), bool), np.zeros(number, bool))
        assert of_preds.ravel().tolist() == [number - 1] * 2


def test_nobody_has_a_partner_where_one_side_is_missing() -> None:
    of_preds, of_gts = partners(
        np.zeros((2, 0)), THRESHOLDS, np.zeros((3, 0), bool), np.zeros(0, bool)
    )
    assert of_preds.tolist() == [[[-1, -1]] * 2] * 3
    assert of_gts.shape == (3, 2, 0)


def test_flags_of_another_number_are_refused() -> None:
    with pytest.raises(ShapeError, match="IoUs with 2 ground truths"):
        partners(np.zeros((1, 2)), THRESHOLDS, np.zeros((1, 3), bool), np.zeros(2, bool))
