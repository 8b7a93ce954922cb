"""The bits of predictions as numbers of a short list: few of all possible bits occur.

Over ten thresholds and four size buckets a prediction has 16 bytes of bits, and a data set of any
size knows some thousand different ones.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Bits = NDArray[np.unsignedinteger[Any]]

LISTED = 1 << 20
"""Values below this are looked up in a list of all possible ones, which needs no sorting."""


def coded(bits: Bits) -> tuple[NDArray[np.int64], Bits]:
    """The number of each row's bits, and the different bits.

    Args:
        bits: unsigned, shape (B, N).

    Returns:
        Numbers, int64, shape (N,), and the bits that they stand for, shape (B, C), rising.

    Example:
        >>> codes, table = coded(np.array([[3, 1, 3], [0, 7, 0]], np.uint16))
        >>> codes.tolist(), table.tolist()
        ([1, 0, 1], [[1, 3], [7, 0]])
    """
    codes = np.zeros(bits.shape[1], np.int64)
    table = np.zeros((0, min(1, bits.shape[1])), bits.dtype)
    for column in bits:
        place, values = _ranked(column, int(column.max(initial=0)) + 1)
        number = max(len(values), 1)
        codes, pairs = _ranked(codes * number + place, max(table.shape[1], 1) * number)
        before, own = np.divmod(pairs, number)
        table = np.concatenate([table[:, before], values[own].astype(bits.dtype)[np.newaxis]])
    return codes, table


def _ranked(
    values: NDArray[np.integer[Any]], end: int
) -> tuple[NDArray[np.int64], NDArray[np.integer[Any]]]:
    """The place of each value among the different ones, which rise, and these.

    Args:
        values: from 0 to end - 1, shape (N,).
        end: beyond them.
    """
    if end > max(LISTED, len(values)):
        different, places = np.unique(values, return_inverse=True)
        return places.astype(np.int64, copy=False), different
    is_there = np.zeros(end, np.bool_)
    is_there[values] = True
    found = np.flatnonzero(is_there)
    place = np.empty(end, np.int64)
    place[found] = np.arange(len(found))
    return place[values], found


def joined_tables(tables: list[Bits]) -> tuple[list[NDArray[np.int64]], Bits]:
    """The number of each entry of several tables in one of all, and that table.

    Args:
        tables: each (B, C) with its own C.
    """
    codes, table = coded(np.concatenate(tables, axis=1))
    ends = np.cumsum([each.shape[1] for each in tables])
    return np.split(codes, ends[:-1]), table
