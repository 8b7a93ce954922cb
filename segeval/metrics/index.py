"""Small questions about columns of records."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def index_of(ids: NDArray[np.int64], known: NDArray[np.int64]) -> NDArray[np.int32]:
    """Place of each id in ascending unique ids, -1 where it is not there, int32, shape of ids."""
    if len(known) == 0:
        return np.full(len(ids), -1, np.int32)
    span = int(known[-1]) - int(known[0]) + 1
    if span <= max(1 << 22, 4 * len(ids)):
        table = np.full(span + 1, -1, np.int32)  # the last entry stands for ids out of range
        table[known - known[0]] = np.arange(len(known), dtype=np.int32)
        inside = (ids >= known[0]) & (ids <= known[-1])
        found: NDArray[np.int32] = table[np.where(inside, ids - known[0], span)]
        return found
    place = np.minimum(np.searchsorted(known, ids), len(known) - 1)
    return np.where(known[place] == ids, place, -1).astype(np.int32)


def has_area(area: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Whether LVIS counts a record at all: 0 < area < infinity, bool, shape of area."""
    return (area > 0) & (area < np.inf)
