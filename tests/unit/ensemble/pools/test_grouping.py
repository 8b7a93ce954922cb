"""Rows by group and score."""

from __future__ import annotations

import numpy as np
import pytest

from segeval.ensemble.pools.grouping import BITS, order_in_groups


def test_nothing_is_in_order() -> None:
    assert order_in_groups(np.zeros(0, np.int64), np.zeros(0)).tolist() == []


def test_equal_rows_stay_as_they_are_given() -> None:
    score = np.array([0.5, 0.9, 0.5, 0.9, 0.0, -0.0])
    assert order_in_groups(np.zeros(6, np.int64), score).tolist() == [1, 3, 0, 2, 4, 5]


@pytest.mark.parametrize("groups", [1, 7, 1 << BITS, (1 << BITS) + 1, 1 << 40])
def test_order_is_that_of_two_stable_sorts(groups: int) -> None:
    rng = np.random.default_rng(0)
    group = rng.integers(0, groups, 3000)
    group[:100] = groups - 1
    score = rng.integers(0, 50, 3000) / 50
    by_score = np.argsort(-score, kind="stable")
    expected = by_score[np.argsort(group[by_score], kind="stable")]
    assert np.array_equal(order_in_groups(group, score), expected)
