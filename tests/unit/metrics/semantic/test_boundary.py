"""Boundaries of all classes at once."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from segeval.errors import InputError, ShapeError
from segeval.metrics.semantic.boundary import class_boundary_counts

HALVES = np.repeat(np.array([[0, 1]], np.uint8), [6, 6], axis=1).repeat(6, axis=0)
"""6 x 12 pixels, the left half of class 0, the right one of class 1."""


def test_equal_maps_agree_in_the_ring_of_every_class() -> None:
    # a ring of one pixel in 6 x 6 has 20 pixels, of two pixels 32
    assert class_boundary_counts(HALVES, HALVES, 2, 1).tolist() == [[20, 20], [20, 20]]
    assert class_boundary_counts(HALVES, HALVES, 2, 2).tolist() == [[32, 32], [32, 32]]


def test_a_boundary_wider_than_the_class_is_all_of_it() -> None:
    assert class_boundary_counts(HALVES, HALVES, 2, 3).tolist() == [[36, 36], [36, 36]]
    assert class_boundary_counts(HALVES, HALVES, 2, 10**9).tolist() == [[36, 36], [36, 36]]


def test_a_class_found_elsewhere_has_only_a_union() -> None:
    gt, pred = np.zeros((3, 3), np.uint8), np.ones((3, 3), np.uint8)
    assert class_boundary_counts(pred, gt, 3, 1).tolist() == [[0, 8], [0, 8], [0, 0]]


def test_void_ends_a_class_in_both_maps() -> None:
    gt = np.zeros((5, 9), np.uint8)
    gt[:, 4] = 1  # void: two classes of 5 x 4 pixels remain, whose rings have 14 pixels each
    pred = np.zeros((5, 9), np.uint8)
    assert class_boundary_counts(pred, gt, 1, 1).tolist() == [[28, 28]]


def test_numbers_beyond_the_classes_are_no_class() -> None:
    gt, pred = HALVES.copy(), HALVES.copy()
    gt[gt == 1], pred[pred == 1] = 255, 254
    assert class_boundary_counts(pred, gt, 1, 1).tolist() == [[20, 20]]


def test_maps_may_differ_in_their_number_of_bits() -> None:
    assert_array_equal(
        class_boundary_counts(HALVES.astype(np.uint16), HALVES, 2, 1),
        class_boundary_counts(HALVES, HALVES, 2, 1),
    )


def test_a_width_of_nothing_is_refused() -> None:
    with pytest.raises(InputError, match=r"^the boundary is 0 pixels wide, expected 1 or more\.$"):
        class_boundary_counts(HALVES, HALVES, 2, 0)


def test_maps_of_different_sizes_are_refused() -> None:
    with pytest.raises(ShapeError) as caught:
        class_boundary_counts(HALVES[:5], HALVES, 2, 1)
    assert str(caught.value) == (
        "the prediction is 5 x 12 pixels, the ground truth 6 x 12; expected one size."
    )
