"""Boundary F, with edges that can be counted by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from segeval.errors import InputError
from segeval.metrics.semantic.boundary_f import boundary_f, radius_of


def column_map(edge: int, *, height: int = 5, width: int = 20) -> np.ndarray:
    """Class 0 left of a column, class 1 from it on: the edge is the column before it."""
    labels = np.zeros((height, width), np.uint8)
    labels[:, edge:] = 1
    return labels


def test_equal_maps_score_one() -> None:
    found = boundary_f(column_map(8), column_map(8), 2, 1)
    assert found.precision.tolist() == found.recall.tolist() == found.f.tolist() == [1, 1]


@pytest.mark.parametrize(("radius", "f"), [(1, 0.0), (2.9, 0.0), (3, 1.0), (200, 1.0)])
def test_edges_match_up_to_the_radius_inclusive(radius: float, f: float) -> None:
    assert boundary_f(column_map(11), column_map(8), 2, radius).f.tolist() == [f, f]


def test_precision_and_recall_are_of_their_own_edges() -> None:
    # the prediction has class 1 in columns 8-14 alone: two edges of 5 pixels, one of them right
    pred = column_map(8)
    pred[:, 15:] = 0
    found = boundary_f(pred, column_map(8), 2, 1)
    assert found.precision.tolist() == [0.5, 0.5]
    assert found.recall.tolist() == [1, 1]
    assert found.f.tolist() == [2 / 3, 2 / 3]


def test_the_disk_is_euclidean() -> None:
    gt, pred = np.zeros((9, 9), np.uint8), np.zeros((9, 9), np.uint8)
    gt[0, 0], pred[3, 4] = 1, 1  # the edges around one pixel: it, and those left of and above it
    # (0, 0) and the nearest of (3, 4), (2, 4), (3, 3), (2, 3): 2-3-sqrt(13)
    assert boundary_f(pred, gt, 2, math.sqrt(12)).recall.tolist() == [0, 0]
    assert boundary_f(pred, gt, 2, 3.7).recall.tolist() == [1, 1]


def test_last_row_and_column_look_at_one_neighbour_only() -> None:
    gt = np.zeros((2, 2), np.uint8)
    gt[1, 1] = 1  # every pixel but the last sees it
    assert boundary_f(np.zeros_like(gt), gt, 2, 1).precision.tolist() == [1, 1]
    pred = np.zeros((2, 2), np.uint8)
    pred[0, 0] = 1  # seen by itself alone
    found = boundary_f(pred, gt, 2, 0.5)
    assert found.recall.tolist() == [1 / 3, 1 / 3]
    assert found.precision.tolist() == [1, 1]


def test_a_class_of_one_map_alone_scores_zero_and_of_none_one() -> None:
    gt, pred = column_map(8), column_map(8)
    gt[gt == 1] = 2
    found = boundary_f(pred, gt, 4, 2)
    assert found.f.tolist() == [1, 0, 0, 1]
    assert found.precision.tolist() == [1, 0, 1, 1]
    assert found.recall.tolist() == [1, 1, 0, 1]
    assert found.in_gt.tolist() == [True, False, True, False]


def test_a_class_that_fills_the_image_has_no_edge() -> None:
    gt = np.zeros((4, 4), np.uint8)
    found = boundary_f(gt, gt, 1, 1)
    assert found.f.tolist() == [1]
    assert found.in_gt.tolist() == [True]


def test_void_is_outside_of_every_class_in_both_maps() -> None:
    gt = column_map(8)
    gt[:, 8:] = 2  # void with two classes
    assert boundary_f(np.zeros_like(gt), gt, 2, 1).f.tolist() == [1, 1]


def test_rows_longer_than_a_word_of_bits() -> None:
    gt, pred = column_map(100, width=300), column_map(230, width=300)
    assert boundary_f(pred, gt, 2, 130).f.tolist() == [1, 1]
    assert boundary_f(pred, gt, 2, 129).f.tolist() == [0, 0]


@pytest.mark.parametrize(
    ("threshold", "radius"), [(0.008, 19.0), (0.00088, 3.0), (1, 1.0), (2.5, 2.5), (12, 12.0)]
)
def test_the_radius_is_a_part_of_the_diagonal_or_pixels(threshold: float, radius: float) -> None:
    assert radius_of((1024, 2048), threshold) == radius


@pytest.mark.parametrize("threshold", [0, -1, math.nan, math.inf])
def test_thresholds_that_mean_nothing_are_refused(threshold: float) -> None:
    with pytest.raises(InputError, match=rf"^the threshold of boundary F is {threshold:g}, exp"):
        radius_of((5, 5), threshold)
    with pytest.raises(InputError, match=rf"^the radius of boundary F is {threshold:g} pixels, "):
        boundary_f(column_map(3), column_map(3), 2, threshold)
