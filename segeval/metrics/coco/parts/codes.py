"""The bits of predictions as numbers of a short list: few of all possible bits occur.

Over ten thresholds and four size buckets a prediction has 16 bytes of bits, and a data set of any
size knows some thousand different ones.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Bits = NDArray[np.unsignedinteger[Any]]


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
        values, place = np.unique(column, return_inverse=True)
        pairs, codes = np.unique(codes * max(len(values), 1) + place, return_inverse=True)
        before, own = np.divmod(pairs, max(len(values), 1))
        table = np.concatenate([table[:, before], values[own][np.newaxis]])
    return codes, table


def joined_tables(tables: list[Bits]) -> tuple[list[NDArray[np.int64]], Bits]:
    """The number of each entry of several tables in one of all, and that table.

    Args:
        tables: each (B, C) with its own C.
    """
    codes, table = coded(np.concatenate(tables, axis=1))
    ends = np.cumsum([each.shape[1] for each in tables])
    return np.split(codes, ends[:-1]), table
