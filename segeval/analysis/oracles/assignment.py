"""Which predictions would find the most objects, each object with one of them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from segeval.kernels.promise import kernel

NEAR = 1e-12
"""Gains below this come from the order of a sum alone."""


def assigned(
    row: NDArray[np.int64], gt: NDArray[np.int64], iou: NDArray[np.float64], rows: int, gts: int
) -> NDArray[np.int64]:
    """The one-to-one assignment with the most pairs, and of these the largest total IoU.

    Args:
        row: prediction of each of P possible pairs, int64, shape (P,).
        gt: object of each pair, int64, shape (P,).
        iou: IoU of each pair, in [0, 1]; zeros where only the number of pairs counts, (P,).
        rows: number of predictions.
        gts: number of objects.

    Returns:
        The prediction of each object, -1 for none, int64, shape (gts,).

    Source:
        Kuhn 1955, The Hungarian Method for the Assignment Problem; objects are added one by one,
        each by the alternating path that gains most.

    Example:
        >>> pairs = np.array([0, 0, 1]), np.array([0, 1, 0]), np.array([0.9, 0.6, 0.5])
        >>> assigned(*pairs, rows=2, gts=2)
        array([1, 0])
    """
    order = np.lexsort((row, gt))
    starts = np.searchsorted(gt[order], np.arange(gts + 1))
    found = np.full(gts, -1, np.int64)
    bonus = float(gts + 1)
    enough = np.inf if iou.any() else bonus - NEAR  # another pair is all that can be gained
    assign(starts, row[order], iou[order], rows, bonus, enough, found)
    return found


@kernel
def assign(
    starts: NDArray[np.int64],
    row: NDArray[np.int64],
    iou: NDArray[np.float64],
    rows: int,
    bonus: float,
    enough: float,
    taken: NDArray[np.int64],
) -> None:
    """Set taken (G,) to the row that each object takes, -1 beforehand.

    Object g has the pairs starts[g]:starts[g + 1] of row and iou (P,), rows below `rows`. A pair
    is worth its IoU and a bonus that no sum of IoUs reaches. A path that gains `enough` is taken at
    once.

    Assumes what `assigned` makes: offsets that rise inside the pairs, rows from 0 to below `rows`.
    """
    number = taken.size
    owner = np.full(rows, -1, np.int64)  # object that has each row
    worth = np.zeros(number, np.float64)  # of the pair that each object has
    best = np.full(rows, -1.0, np.float64)  # of the paths that end with each row
    parent = np.full(rows, -1, np.int64)  # the object before it
    last = np.zeros(rows, np.float64)  # worth of the pair of both
    reached = np.empty(rows, np.int64)
    value = np.zeros(number, np.float64)  # of the best path that takes its row from each object
    waits = np.zeros(number, np.bool_)
    queue = np.empty(number + 1, np.int64)
    for first in range(number):
        head = 0
        tail = 1
        queue[0] = first
        value[first] = 0.0
        seen = 0
        gain = NEAR
        end = -1
        loser = -1
        while head != tail and gain < enough:
            gt = queue[head]
            head = head + 1 if head < number else 0
            waits[gt] = False
            for pair in range(starts[gt], starts[gt + 1]):
                to = row[pair]
                if taken[gt] == to:
                    continue
                own = bonus + iou[pair]
                if value[gt] + own <= best[to] + NEAR:
                    continue
                if best[to] < 0.0:
                    reached[seen] = to
                    seen += 1
                best[to] = value[gt] + own
                parent[to] = gt
                last[to] = own
                holder = owner[to]
                left = best[to]
                if holder >= 0:
                    left -= worth[holder]
                    value[holder] = left
                    if not waits[holder]:
                        waits[holder] = True
                        queue[tail] = holder
                        tail = tail + 1 if tail < number else 0
                if left > gain:
                    gain = left
                    end = to
                    loser = holder
                    if gain >= enough:
                        break
        if loser >= 0:
            taken[loser] = -1
        take_path(first, end, parent, last, taken, owner, worth)
        while head != tail:
            waits[queue[head]] = False
            head = head + 1 if head < number else 0
        for place in range(seen):
            best[reached[place]] = -1.0


@kernel
def take_path(
    first: int,
    end: int,
    parent: NDArray[np.int64],
    last: NDArray[np.float64],
    taken: NDArray[np.int64],
    owner: NDArray[np.int64],
    worth: NDArray[np.float64],
) -> None:
    """Give each object on the path from `first` to row `end` the row behind it; -1 is no path."""
    while end >= 0:
        gt = parent[end]
        before = taken[gt]
        taken[gt] = end
        owner[end] = gt
        worth[gt] = last[end]
        end = -1 if gt == first else before
