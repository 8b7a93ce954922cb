"""Masks that grow, a few at a time, so that room for all their runs is never needed at once."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from segeval.limits import check_limit

ROOM = 1 << 22
"""Runs that masks may have that are made together."""


def spans(room: NDArray[np.int64]) -> Iterator[tuple[int, int]]:
    """Consecutive masks with little room together, as (start, stop).

    Args:
        room: most runs that each of N masks will have, int64, shape (N,).

    Returns:
        Spans that cover all masks; one larger than `ROOM` stands alone. Without masks one empty
        span.

    Raises:
        FormatError: if a mask may have more runs than the limit.

    Example:
        >>> list(spans(np.array([3, 2**22 - 3, 5])))
        [(0, 2), (2, 3)]
    """
    most = int(room.max(initial=0))
    check_limit("mask_runs", most, f"a mask may become one of {most:,} runs", source="masks")
    ends = np.cumsum(room)
    start = 0
    while True:
        before = int(ends[start - 1]) if start else 0
        stop = max(int(np.searchsorted(ends, before + ROOM, side="right")), start + 1)
        yield start, min(stop, len(room))
        start = stop
        if start >= len(room):
            return
