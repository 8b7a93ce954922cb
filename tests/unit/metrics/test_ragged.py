"""Rows of entries that have several, one or none."""

from __future__ import annotations

import numpy as np
import pytest

from segeval.metrics.ragged import rows_of_entries

LENGTHS = np.array([2, 0, 3, 1], np.uint8)


@pytest.mark.parametrize(
    ("entries", "rows"),
    [
        (np.array([3, 0, 1, 3]), [5, 0, 1, 5]),
        (np.array([True, True, False, True]), [0, 1, 5]),
        (slice(1, 3), [2, 3, 4]),
        (np.zeros(0, np.intp), []),
    ],
)
def test_rows_follow_the_order_of_the_entries(
    entries: slice | np.ndarray[tuple[int], np.dtype[np.intp]], rows: list[int]
) -> None:
    assert rows_of_entries(LENGTHS, entries).tolist() == rows


def test_sums_of_narrow_lengths_do_not_overflow() -> None:
    lengths = np.full(3, 200, np.uint8)
    assert rows_of_entries(lengths, np.array([2])).tolist() == list(range(400, 600))
