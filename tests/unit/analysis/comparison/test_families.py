"""p-values of swaps that one can count by hand, and error rates of families."""

from __future__ import annotations

import numpy as np
import pytest

from segeval.analysis.comparison.families import max_t_p_values, swap_p_values


def test_swaps_as_far_from_0_on_either_side_count_against_the_difference() -> None:
    swapped = np.array([[0.3], [-0.3], [0.2], [0.0], [0.1]])
    assert swap_p_values(np.array([0.3]), swapped)[0] == (1 + 2) / (5 + 1)


def test_a_swap_that_differs_by_rounding_alone_is_as_far() -> None:
    assert swap_p_values(np.array([0.1 + 0.2]), np.array([[0.3]]))[0] == 1.0


def test_the_smallest_p_is_one_in_the_number_of_swaps_and_one() -> None:
    assert swap_p_values(np.array([0.5]), np.zeros((999, 1)))[0] == 1 / 1000


def test_swaps_without_a_difference_are_left_out() -> None:
    swapped = np.array([[0.3], [np.nan], [0.0]])
    assert swap_p_values(np.array([0.3]), swapped)[0] == (1 + 1) / (2 + 1)


def test_a_family_compares_with_its_largest_member_in_units_of_their_own_spread() -> None:
    # spreads 1 and 10 with the same pattern: the members are equal once studentised
    swapped = np.array([[1.0, -10.0], [-1.0, 10.0], [1.0, 10.0], [-1.0, -10.0]])
    p = max_t_p_values(np.array([1.5, 9.0]), swapped)
    assert p.tolist() == [1 / 5, 5 / 5]


def test_a_family_of_one_is_the_swap_test() -> None:
    swapped = np.random.default_rng(1).normal(size=(99, 1))
    observed = np.array([1.2])
    assert max_t_p_values(observed, swapped)[0] == swap_p_values(observed, swapped)[0]


def test_a_member_that_no_swap_moves_leaves_the_family_with_p_1() -> None:
    swapped = np.array([[1.0, 0.0], [-1.0, 0.0], [1.0, 0.0]])
    assert max_t_p_values(np.array([2.0, 0.0]), swapped).tolist() == [1 / 4, 1.0]


def test_what_is_not_tested_changes_no_other_p() -> None:
    swapped = np.random.default_rng(2).normal(size=(99, 3))
    observed = np.array([2.0, 1.0, 9.0])
    alone = max_t_p_values(observed[:2], swapped[:, :2])
    p = max_t_p_values(observed, swapped, members=np.array([True, True, False]))
    assert p[:2].tolist() == alone.tolist()
    assert np.isnan(p[2])


def test_a_family_of_equal_models_is_wrong_in_about_5_percent_of_cases() -> None:
    rng = np.random.default_rng(3)
    wrong = 0
    for _ in range(400):
        images = rng.normal(size=(60, 20))  # differences of 60 images in 20 categories
        signs = rng.choice([-1.0, 1.0], size=(199, 60))
        p = max_t_p_values(images.mean(axis=0), signs @ images / 60)
        wrong += bool((p <= 0.05).any())
    assert wrong / 400 == pytest.approx(0.05, abs=0.033)  # 3 standard errors
