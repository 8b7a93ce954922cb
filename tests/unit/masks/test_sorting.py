"""Sorting inside kernels."""

from __future__ import annotations

import time

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from numpy.typing import NDArray

from segeval.masks.sorting import BLOCK, sort_by


def sorted_rows(keys: NDArray[np.int64]) -> NDArray[np.int64]:
    order = np.arange(len(keys))
    sort_by(keys, order, len(keys), np.empty_like(order))
    return order


@pytest.mark.parametrize("size", [0, 1, 2, BLOCK - 1, BLOCK, BLOCK + 1, 5 * BLOCK + 3, 1000])
@pytest.mark.parametrize("different", [1, 3, 10**6])
def test_equal_keys_stay_in_the_order_given(size: int, different: int) -> None:
    keys = np.random.default_rng(size).integers(0, different, size)
    assert_array_equal(sorted_rows(keys), np.argsort(keys, kind="stable"))


def test_falling_and_rising_keys_are_sorted_too() -> None:
    keys = np.arange(3 * BLOCK)
    assert_array_equal(sorted_rows(keys), keys)
    assert_array_equal(sorted_rows(-keys), keys[::-1])


def test_only_the_first_rows_are_sorted() -> None:
    order = np.array([2, 0, 1])
    sort_by(np.array([5.0, 4.0, 3.0]), order, 2, np.empty_like(order))
    assert order.tolist() == [2, 0, 1]


def test_no_order_of_the_keys_takes_quadratic_time() -> None:
    keys = np.arange(1_000_000)
    sorted_rows(keys)  # compiles
    begin = time.process_time()
    for case in (keys, -keys, keys % 2, np.abs(keys - len(keys) // 2)):
        sorted_rows(case)
    assert time.process_time() - begin < 5  # 0.3 s; quadratic would be an hour
