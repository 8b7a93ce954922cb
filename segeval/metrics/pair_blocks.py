"""Pairs of predictions and ground truths in blocks, so that their overlaps fit into the memory."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

MOST_PAIRS = 1 << 22
"""Pairs whose overlap a thread holds at a time, unless one prediction has more: 32 MB."""

Spans = NDArray[np.int64]
"""Rows of C cells, from and to before, shape (C, 2)."""


def pairs_of(spans: Spans, gt_spans: Spans) -> NDArray[np.int64]:
    """Pairs of each cell, int64, shape (C,)."""
    pairs: NDArray[np.int64] = np.diff(spans)[:, 0] * np.diff(gt_spans)[:, 0]
    return pairs


def blocks(spans: Spans, gt_spans: Spans) -> Iterator[tuple[Spans, Spans, bool]]:
    """Consecutive cells with at most `MOST_PAIRS` pairs, and parts of the predictions of larger.

    Yields:
        Spans of predictions and of ground truths, and whether they begin a cell.
    """
    pairs = pairs_of(spans, gt_spans)
    ends = np.cumsum(pairs)
    first = 0
    while first < len(pairs):
        done = int(ends[first] - pairs[first])
        last = int(np.searchsorted(ends, done + MOST_PAIRS, side="right"))
        if last > first:
            yield spans[first:last], gt_spans[first:last], True
            first = last
            continue
        begin, end = (int(row) for row in spans[first])
        step = max(MOST_PAIRS // int(np.diff(gt_spans[first])[0]), 1)
        for row in range(begin, end, step):
            part = np.array([[row, min(row + step, end)]])
            yield part, gt_spans[first : first + 1], row == begin
        first += 1
