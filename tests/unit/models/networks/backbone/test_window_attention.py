"""Windows of a map: which places see each other."""

from __future__ import annotations

import pytest

from segeval.models import component


def test_the_index_of_relative_positions_is_the_recorded_one() -> None:
    index = component("window-index", window=2)
    assert index.tolist() == [[4, 3, 1, 0], [5, 4, 2, 1], [7, 6, 4, 3], [8, 7, 5, 4]]


@pytest.mark.parametrize("window", [1, 3, 7])
def test_every_row_of_the_table_is_some_relative_position(window: int) -> None:
    index = component("window-index", window=window)
    assert index.unique().tolist() == list(range((2 * window - 1) ** 2))
    y, x = divmod(window * window - 1, window)
    assert index[-1, 0] == (y + window - 1) * (2 * window - 1) + x + window - 1


def test_the_regions_of_a_shifted_map_are_the_recorded_ones() -> None:
    regions = component("window-regions", height=6, width=6, window=3)
    rows = ["".join(map(str, row)) for row in regions.tolist()]
    assert rows == ["000112"] * 3 + ["333445"] * 2 + ["666778"]
