"""Groups that pairs connect."""

from __future__ import annotations

import numpy as np
import pytest

from segeval.masks.connected import lowest_connected


def test_a_chain_in_any_order_is_one_group() -> None:
    order = np.random.default_rng(0).permutation(99)
    found = lowest_connected(order + 1, order, 101)
    assert found.tolist() == [0] * 100 + [100]


def test_without_pairs_each_is_alone() -> None:
    none = np.empty(0, np.int32)
    assert lowest_connected(none, none, 3).tolist() == [0, 1, 2]
    assert lowest_connected(none, none, 0).tolist() == []


@pytest.mark.parametrize("seed", range(5))
def test_groups_are_those_of_a_search_from_each(seed: int) -> None:
    pairs = np.random.default_rng(seed).integers(0, 30, (2, 18))
    expected = np.arange(30)
    for start in reversed(range(30)):
        reached, seen = {start}, set[int]()
        while reached - seen:
            seen = set(reached)
            for one, other in pairs.T.tolist():
                reached |= {one, other} if {one, other} & reached else set()
        expected[[*reached]] = start
    assert lowest_connected(pairs[0], pairs[1], 30).tolist() == expected.tolist()
