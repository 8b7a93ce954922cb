"""Run-length masks as one packed column."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from segeval.frozen import frozen
from segeval.kernels.promise import kernel
from segeval.masks.proofs import proven, proven_offsets, proven_sizes
from segeval.words import counted


@frozen(eq=False, repr=False)
class RunLengths:
    """N masks of any sizes, with their runs end to end.

    A mask is a list of run lengths over its pixels in column-major order; the first run is
    background and may have length 0, as in COCO. A run of 2**32 pixels or more is in pieces
    (`segeval.masks.long_runs`).

    Attributes:
        counts: run lengths of all masks, uint32, shape (R,).
        offsets: runs of mask i are `counts[offsets[i]:offsets[i + 1]]`, int64, shape (N + 1,).
        sizes: (H, W) in pixels of every mask, int32, shape (N, 2).

    Raises:
        FormatError: if an array has another dtype, or a size is beyond the limits.
        ShapeError: if offsets leave the counts, sizes does not have N rows, or a side is negative.

    Example:
        >>> counts, sizes = np.array([2, 4, 3], np.uint32), np.array([[2, 3], [1, 3]], np.int32)
        >>> masks = RunLengths(counts, np.array([0, 2, 3]), sizes)
        >>> len(masks), masks.runs(0)
        (2, array([2, 4], dtype=uint32))
    """

    counts: NDArray[np.uint32]
    offsets: NDArray[np.int64]
    sizes: NDArray[np.int32]

    def __post_init__(self) -> None:
        """Prove what kernels assume; whether runs are H x W pixels `check_totals` tells."""
        counts = proven("counts", self.counts, np.uint32)
        offsets = proven_offsets("offsets", self.offsets, len(counts))
        number = len(offsets) - 1
        object.__setattr__(self, "counts", counts)
        object.__setattr__(self, "offsets", offsets)
        sizes = proven_sizes(self.sizes, number, against=f"{len(offsets)} offsets")
        object.__setattr__(self, "sizes", sizes)

    def __repr__(self) -> str:
        """One line: how many masks and runs."""
        return f"RunLengths({counted(len(self), 'mask')}, {counted(len(self.counts), 'run')})"

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def runs(self, index: int) -> NDArray[np.uint32]:
        """Run lengths of one mask, uint32, a view."""
        return self.counts[self.offsets[index] : self.offsets[index + 1]]

    def take(self, index: NDArray[np.integer]) -> RunLengths:
        """The masks at `index`, in that order, as a new column."""
        rows = np.arange(len(self))[index]
        return assemble([self], [np.arange(len(rows))], [rows])


def assemble(
    columns: list[RunLengths],
    places: Sequence[NDArray[np.integer]],
    rows: Sequence[NDArray[np.integer]] | None = None,
) -> RunLengths:
    """One column from the masks of several, copied once.

    Args:
        columns: of masks; the list is emptied, so that copied columns can leave memory.
        places: in the result, of the masks of each column; together a permutation.
        rows: masks to take of each column, None for all.
    """
    if rows is None:
        rows = [np.arange(len(column)) for column in columns]
    total = sum(len(place) for place in places)
    lengths = np.zeros(total + 1, np.int64)
    sizes = np.empty((total, 2), np.int32)
    for column, place, taken in zip(columns, places, rows, strict=True):
        lengths[place + 1] = np.diff(column.offsets)[taken]
        sizes[place] = column.sizes[taken]
    offsets = np.cumsum(lengths)
    counts = np.empty(int(offsets[-1]), np.uint32)
    for place, taken in zip(places, rows, strict=True):
        column = columns.pop(0)
        copy_runs(
            column.counts, column.offsets[:-1][taken], offsets[place], lengths[place + 1], counts
        )
    return RunLengths(counts, offsets, sizes)


@kernel
def copy_runs(
    counts: NDArray[np.uint32],
    starts: NDArray[np.int64],
    new_starts: NDArray[np.int64],
    lengths: NDArray[np.int64],
    new_counts: NDArray[np.uint32],
) -> None:
    """Copy the runs of N masks from starts (N,) in counts to new_starts (N,) in new_counts.

    Assumes spans inside both arrays, taken by `assemble` from proven columns.
    """
    for i in range(starts.size):
        for run in range(lengths[i]):
            new_counts[new_starts[i] + run] = counts[starts[i] + run]


def concatenate(columns: Sequence[RunLengths]) -> RunLengths:
    """One column from several.

    Args:
        columns: masks of any sizes; without columns the result is empty.

    Returns:
        The masks of all columns in order, copied.

    Example:
        >>> from segeval.masks import encode
        >>> len(concatenate([encode(np.ones((2, 4, 5))), encode(np.ones((1, 6, 7)))]))
        3
    """
    return assemble(list(columns), consecutive_places(columns))


def consecutive_places(columns: Sequence[RunLengths]) -> list[NDArray[np.int64]]:
    """Places of each column's masks in the concatenation of all columns."""
    ends = np.cumsum([0, *(len(column) for column in columns)])
    return [np.arange(a, b) for a, b in itertools.pairwise(ends)]
