"""Edges of size buckets at quantiles of areas."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from segeval.errors import InputError
from segeval.metrics.size_quantiles import quantile_buckets, quantile_edges
from segeval.metrics.sizes import buckets


@pytest.mark.parametrize(
    ("areas", "number", "edges"),
    [
        ([1, 2, 3, 4], 2, [2.5]),
        ([4, 2, 3, 1], 4, [1.5, 2.5, 3.5]),
        ([1, 2, 3], 2, [2.5]),  # two of three are at least half
        ([1, 1, 1, 5, 9], 2, [3.0]),  # objects of one area stay together
        ([1, 1, 1, 1, 1, 2, 3], 3, [1.5, 2.5]),  # both edges at 1: the second takes the next gap
        ([1, 2, 3, 3, 3, 3, 3], 3, [1.5, 2.5]),  # both edges at 3: the buckets above need room
        ([1, 2, 2, 2, 2, 2, 2, 3], 3, [1.5, 2.5]),
        ([0, 1], 2, [0.5]),
    ],
)
def test_an_edge_is_half_way_between_two_areas(
    areas: list[float], number: int, edges: list[float]
) -> None:
    assert quantile_edges(np.array(areas, np.float64), number) == edges


@pytest.mark.parametrize("seed", range(20))
def test_edges_rise_no_bucket_is_empty_and_distinct_areas_share_equally(seed: int) -> None:
    rng = np.random.default_rng(seed)
    number = int(rng.integers(2, 9))
    areas = rng.integers(0, int(rng.integers(8, 200)), 60).astype(np.float64)
    edges = quantile_edges(areas, number)
    if edges is None:
        assert len(np.unique(areas)) < number
        return
    ends = [-1.0, *edges, np.inf]
    assert all(np.any((areas > low) & (areas < high)) for low, high in pairwise(ends))
    assert not np.isin(edges, areas).any()
    distinct = np.arange(10.0 * number)
    own = quantile_edges(distinct, number)
    assert own is not None
    assert np.histogram(distinct, [0, *own, 1e9])[0].tolist() == [10] * number


def test_buckets_have_names_that_do_not_depend_on_the_areas() -> None:
    areas = np.arange(12.0)
    assert [own.name for own in quantile_buckets(areas, 4, "gt")] == ["q1", "q2", "q3", "q4"]
    three = quantile_buckets(areas, 3, "gt")
    assert [own.name for own in three] == ["small", "medium", "large"]
    assert three == buckets("area:3.5,7.5")


def test_fewer_distinct_areas_than_buckets_are_refused() -> None:
    with pytest.raises(InputError) as caught:
        quantile_buckets(np.array([4.0, 4.0, 9.0]), 3, "gt.json")
    assert caught.value.message == (
        "`sizes='quantiles:3'`: objects that count in gt.json have 2 distinct areas, expected at "
        "least 3: one for each bucket."
    )
