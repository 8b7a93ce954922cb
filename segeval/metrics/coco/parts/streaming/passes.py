"""Both passes over the rows of a part file: forward they are counted, backward taken back."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.kernels.promise import kernel
from segeval.metrics.coco.curves import all_bits, count_row, hits_and_misses, settle_row


@kernel
def count_block(
    codes: NDArray[np.unsignedinteger[Any]],
    matched: NDArray[np.unsignedinteger[Any]],
    ignored: NDArray[np.unsignedinteger[Any]],
    category: NDArray[np.int32],
    copies: NDArray[np.uint8],
    true: NDArray[np.int64],
    false: NDArray[np.int64],
) -> None:
    """Count a block of rows (n,) among true (K, D, T) and false positives (K, T).

    Assumes codes below the lengths of the tables, and categories below K.
    """
    every = all_bits(false.shape[1])
    last = copies.shape[0] - 1
    for row in range(codes.size):
        if copies[last, row] == 0:
            continue
        hits, misses = hits_and_misses(matched[codes[row]], ignored[codes[row]], every)
        own = category[row]
        count_row(hits, misses, copies, row, true[own], false[own])


@kernel
def settle_block(
    codes: NDArray[np.unsignedinteger[Any]],
    matched: NDArray[np.unsignedinteger[Any]],
    ignored: NDArray[np.unsignedinteger[Any]],
    category: NDArray[np.int32],
    copies: NDArray[np.uint8],
    positives: NDArray[np.int64],
    points: NDArray[np.float64],
    epsilon: float,
    slots: NDArray[np.int64],
    true: NDArray[np.int64],
    false: NDArray[np.int64],
    current: NDArray[np.int64],
    best: NDArray[np.float64],
    point: NDArray[np.int64],
    precision: NDArray[np.float64],
) -> None:
    """Take a block of rows back, and fill precision (L, T, R) at slots (K,).

    `current` (1,), best (T,) and point (T,) pass from block to block: the category, the best
    precision behind, and the highest recall that is not filled. True and false (K, T) are the
    counts up to each row.

    Assumes codes below the lengths of the tables, categories below K, and a slot for each category
    with positives.
    """
    every = all_bits(best.size)
    last = copies.shape[0] - 1
    for row in range(codes.size - 1, -1, -1):
        own = category[row]
        if positives[own] == 0 or copies[last, row] == 0:
            continue
        if own != current[0]:
            current[0] = own
            best[:] = 0.0
            point[:] = points.size - 1
        hits, misses = hits_and_misses(matched[codes[row]], ignored[codes[row]], every)
        settle_row(
            (hits, misses),
            1,
            0,
            int(positives[own]),
            points,
            epsilon,
            (true[own], false[own], best, point),
            precision[slots[own]],
        )
