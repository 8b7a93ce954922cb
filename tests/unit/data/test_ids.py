"""From ids to places."""

from __future__ import annotations

import numpy as np
import pytest

from segeval.data.ids import by_falling, index_of, last_of_each, rank_among, repeated, rows_of

FAR = 2**62
"""Apart from 0 by more than any table has entries."""


@pytest.mark.parametrize("far", [40, FAR])
def test_every_known_id_has_its_place_and_others_minus_one(far: int) -> None:
    known = np.array([-3, 0, far])
    asked = np.array([far, -3, 1, 0, -4, far + 1])
    assert index_of(asked, known).tolist() == [2, 0, -1, 1, -1, -1]


def test_nothing_is_found_among_no_ids() -> None:
    none = np.empty(0, np.int64)
    assert index_of(np.array([1, 2]), none).tolist() == [-1, -1]
    assert rows_of(np.array([1, 2]), none).tolist() == [-1, -1]
    assert last_of_each(none)[0].tolist() == []


def test_the_last_of_several_records_of_one_id_counts() -> None:
    records = np.array([7, 5, 7, 6, 5])
    assert rows_of(np.array([5, 6, 7, 8]), records).tolist() == [4, 3, 2, -1]
    ids, rows = last_of_each(records)
    assert (ids.tolist(), rows.tolist()) == ([5, 6, 7], [4, 3, 2])


@pytest.mark.parametrize("distinct", [1, 3, 200])
def test_equal_scores_stay_in_order(distinct: int) -> None:
    random = np.random.default_rng(distinct)
    some = [np.nan, np.inf, -np.inf, 0.0, -0.0, *random.random(distinct)]
    for length in (0, 1, 2, 7, 300):
        score = random.choice(some, length)
        order = np.argsort(-score, kind="stable").tolist()
        assert by_falling(score).tolist() == order
        group = random.integers(-2, 3, length) * FAR
        before: list[list[int]] = [[] for _ in range(length)]
        for place, row in enumerate(order):
            before[row] = [other for other in order[:place] if group[other] == group[row]]
        assert rank_among(group, score).tolist() == [len(rows) for rows in before]


@pytest.mark.parametrize("values", [1, 5, 10**9])
def test_places_of_repeated_numbers_are_those_with_an_equal(values: int) -> None:
    random = np.random.default_rng(values)
    for length in (0, 1, 2, 7, 60):
        keys = random.integers(0, values, length).astype(np.uint64)
        expected = [i for i, key in enumerate(keys) if (keys == key).sum() > 1]
        assert repeated(keys).tolist() == expected
