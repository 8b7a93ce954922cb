"""Runs of 2**32 pixels and more, which a uint32 count cannot hold.

Such a run is stored in pieces: LONGEST, 0, LONGEST, 0, ..., rest. The runs of length 0 between them
have the other colour, so the colours of all other runs stay as they are. For images of so many
pixels kernels write lengths as int64, and `packed` makes the counts; whoever gives a meaning to
runs of length 0 joins pieces first. pycocotools has no such masks: its pixels end at 2**32.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.kernels.promise import kernel

LONGEST = 0xFFFFFFFF
"""Pixels of the longest run that one count holds."""


def packed(
    lengths: NDArray[np.integer[Any]], offsets: NDArray[np.int64]
) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
    """Run lengths of masks as counts.

    Args:
        lengths: of all runs, not negative, int64 or already counts, shape (R,).
        offsets: runs of mask i are `lengths[offsets[i]:offsets[i + 1]]`, int64, shape (N + 1,).

    Returns:
        counts, uint32, and offsets into them, int64, shape (N + 1,).

    Example:
        >>> counts, offsets = packed(np.array([3, 2**32 + 1, 5]), np.array([0, 3]))
        >>> counts.tolist(), offsets.tolist()
        ([3, 4294967295, 0, 2, 5], [0, 5])
    """
    if lengths.dtype == np.uint32 or not len(lengths) or lengths.max() <= LONGEST:
        return lengths.astype(np.uint32, copy=False), offsets
    further = np.maximum(lengths - 1, 0) // LONGEST  # pieces before the last one
    ends = np.cumsum(1 + 2 * further)
    counts = np.zeros(int(ends[-1]), np.uint32)
    counts[ends - 1] = lengths - further * LONGEST
    first = np.cumsum(further) - further
    place = np.arange(int(further.sum())) - np.repeat(first, further)
    counts[np.repeat(ends - 1 - 2 * further, further) + 2 * place] = LONGEST
    return counts, np.concatenate([[0], ends])[offsets]


def lengths_type(sizes: NDArray[np.int32]) -> Any:
    """The type in which kernels write lengths for masks of sizes (N, 2): counts where they fit."""
    pixels = sizes.astype(np.int64).prod(axis=1)
    return np.int64 if (pixels > LONGEST).any() else np.uint32


@kernel
def is_piece(counts: NDArray[np.uint32], run: int, stop: int) -> bool:
    """Whether the run of length 0 at a place is one between pieces, before `stop`."""
    return bool(run > 0 and run + 1 < stop and counts[run] == 0 and counts[run - 1] == LONGEST)


@kernel
def whole_run(counts: NDArray[np.uint32], run: int, stop: int) -> tuple[np.int64, int]:
    """The length of the run that begins at a place before `stop`, and where the next one begins."""
    length = np.int64(counts[run])
    run += 1
    while is_piece(counts, run, stop):
        length += np.int64(counts[run + 1])
        run += 2
    return length, run


@kernel
def whole_runs(counts: NDArray[np.uint32], run: int, stop: int) -> int:
    """Number of runs from a place to before `stop`, with pieces joined."""
    number = 0
    while run < stop:
        _, run = whole_run(counts, run, stop)
        number += 1
    return number
