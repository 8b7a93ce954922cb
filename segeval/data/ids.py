"""Places of ids, which may be any numbers in any order; and ranks within groups of ids."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

NARROW = 1 << 22
"""Widest range of known ids that are looked up in a table, unless more ids are looked up."""

SEARCH = 64
"""Entries of a table that take as long to fill as one id takes to search."""

SMALL = 1 << 12
"""Entries of a table that take no time."""


def index_of(ids: NDArray[np.int64], known: NDArray[np.int64]) -> NDArray[np.int32]:
    """Place of each id in ascending unique ids, -1 where absent, int32, shape of ids.

    Example:
        >>> index_of(np.array([7, 3, 9]), np.array([3, 7]))
        array([ 1,  0, -1], dtype=int32)
    """
    if len(known) == 0:
        return np.full(len(ids), -1, np.int32)
    span = int(known[-1]) - int(known[0]) + 1
    if span <= max(4 * len(ids), min(NARROW, SEARCH * len(ids) + SMALL)):
        table = np.full(span + 1, -1, np.int32)  # the last entry stands for ids out of range
        table[known - known[0]] = np.arange(len(known), dtype=np.int32)
        inside = (ids >= known[0]) & (ids <= known[-1])
        found: NDArray[np.int32] = table[np.where(inside, ids - known[0], span)]
        return found
    place = np.minimum(np.searchsorted(known, ids), len(known) - 1)
    return np.where(known[place] == ids, place, -1).astype(np.int32)


def distinct(ids: NDArray[np.int64]) -> NDArray[np.int64]:
    """Ids in ascending order, each once, int64; `np.unique` would load numpy's masked arrays.

    Example:
        >>> distinct(np.array([5, 2, 5]))
        array([2, 5])
    """
    ordered = np.sort(ids)
    is_new = np.ones(len(ordered), np.bool_)
    is_new[1:] = ordered[1:] != ordered[:-1]
    return ordered[is_new]


def repeated(keys: NDArray[Any]) -> NDArray[np.intp]:
    """Places of the numbers that occur more than once, ascending.

    Example:
        >>> repeated(np.array([5, 2, 5]))
        array([0, 2])
    """
    ordered = np.sort(keys)
    follows = ordered[1:] == ordered[:-1]
    if not follows.any():  # known in half of the time that it takes to sort places
        return np.empty(0, np.intp)
    return np.sort(np.argsort(keys)[_tied(follows)])


def _tied(follows: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Which of N sorted values equal another, from whether each but the first equals that before.

    Example:
        >>> _tied(np.array([False, True, False]))
        array([False,  True,  True, False])
    """
    tied = np.append(follows, False)
    tied[1:] |= follows
    return tied


def last_of_each(ids: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Ascending unique ids and the last row of each, as later records replace earlier ones.

    Example:
        >>> last_of_each(np.array([5, 2, 5]))
        (array([2, 5]), array([1, 2]))
    """
    order = np.argsort(ids, kind="stable")
    last = np.append(np.flatnonzero(np.diff(ids[order])), len(ids) - 1) if len(ids) else order
    return ids[order[last]], order[last]


def edges_of(groups: NDArray[np.integer]) -> NDArray[np.int64]:
    """Where runs of equal numbers begin, and the end: (0, ..., N); (0,) without any.

    Example:
        >>> edges_of(np.array([4, 4, 9]))
        array([0, 2, 3])
    """
    if not len(groups):
        return np.zeros(1, np.int64)
    return np.concatenate([[0], np.flatnonzero(np.diff(groups)) + 1, [len(groups)]])


def rows_of(ids: NDArray[np.int64], records: NDArray[np.int64]) -> NDArray[np.int64]:
    """Row of the record with each id, the last one of several; -1 where there is none.

    Args:
        ids: ids to look up, int64, shape (N,).
        records: ids of M records in any order, int64, shape (M,).

    Returns:
        int64, shape (N,).

    Example:
        >>> rows_of(np.array([5, 2, 8]), np.array([5, 2, 5]))
        array([ 2,  1, -1])
    """
    known, rows = last_of_each(records)
    return np.append(rows, -1)[index_of(ids, known)]


def by_falling(values: NDArray[np.float64]) -> NDArray[np.intp]:
    """Rows by falling value, equal ones in order, NaN last: a stable sort of `-values`.

    A sort that need not be stable takes a third of the time. It gives the same where all values
    differ; equal ones are put in order afterwards.

    Args:
        values: float64, shape (N,).

    Example:
        >>> by_falling(np.array([0.5, 0.9, 0.5]))
        array([1, 0, 2])
    """
    falling = -values
    order = np.argsort(falling)
    falling = falling[order]
    follows = falling[1:] == falling[:-1]
    follows |= np.isnan(falling[:-1])  # what comes after NaN is NaN
    if not follows.any():
        return order
    tied = _tied(follows)
    # One sort of numbers whose high bits count the values, and whose low bits are the row.
    value = np.concatenate([[0], np.cumsum(~follows)])[tied]
    bits = len(order).bit_length()
    order[tied] = np.sort(value << bits | order[tied]) & (1 << bits) - 1
    return order


def rank_among(group: NDArray[np.int64], score: NDArray[np.float64]) -> NDArray[np.int32]:
    """Place of every prediction by score among those of its group, int32, shape (N,).

    Args:
        group: id of the image or of the category of each prediction, int64, shape (N,).
        score: float64, shape (N,); ties go by file order.

    Example:
        >>> rank_among(np.array([7, 7, 2]), np.array([0.5, 0.9, 0.1]))
        array([1, 0, 0], dtype=int32)
    """
    order = by_falling(score)
    known = distinct(group)
    number = index_of(group, known).astype(np.min_scalar_type(len(known)))  # 16 bits: a radix sort
    order = order[np.argsort(number[order], kind="stable")]
    edges = edges_of(number[order])
    rank = np.empty(len(order), np.int32)
    rank[order] = np.arange(len(order)) - np.repeat(edges[:-1], np.diff(edges))
    return rank
