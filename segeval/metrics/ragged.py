"""Ragged columns: every entry has some rows, which stand end to end in the order of the entries."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def rows_of_entries(
    lengths: NDArray[np.integer[Any]], entries: slice | NDArray[Any]
) -> NDArray[np.int64]:
    """The rows of some entries, in the order of these, int64.

    Args:
        lengths: number of rows of each entry, shape (N,).
        entries: places of those that are taken, or a mask, shape (N,).

    Example:
        >>> rows_of_entries(np.array([2, 0, 3]), np.array([2, 0])).tolist()
        [2, 3, 4, 0, 1]
    """
    number = lengths.astype(np.int64)
    taken = number[entries]
    starts = (np.cumsum(number) - number)[entries]
    before = np.cumsum(taken) - taken
    rows: NDArray[np.int64] = np.repeat(starts - before, taken) + np.arange(int(taken.sum()))
    return rows
