"""Run-length masks as one packed column."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from segeval.errors import ShapeError
from segeval.masks.jit import kernel


@dataclass(frozen=True, eq=False)
class RunLengths:
    """N masks of any sizes, their runs end to end.

    A mask is a list of run lengths over its pixels in column-major order; the first run is
    background and may be 0, as in COCO.

    Attributes:
        counts: run lengths of all masks, uint32, shape (R,).
        offsets: runs of mask i are `counts[offsets[i]:offsets[i + 1]]`, int64, shape (N + 1,).
        sizes: (H, W) in pixels of every mask, int32, shape (N, 2).
    """

    counts: NDArray[np.uint32]
    offsets: NDArray[np.int64]
    sizes: NDArray[np.int32]

    def __post_init__(self) -> None:
        if self.sizes.shape != (len(self), 2):
            raise ShapeError(
                f"sizes has shape {self.sizes.shape}, expected ({len(self)}, 2) for "
                f"{len(self.offsets)} offsets"
            )

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def runs(self, index: int) -> NDArray[np.uint32]:
        """Run lengths of one mask, uint32, a view."""
        return self.counts[self.offsets[index] : self.offsets[index + 1]]

    def take(self, index: NDArray[np.integer]) -> RunLengths:
        """The masks at `index`, in that order, as a new column."""
        lengths = np.diff(self.offsets)[index]
        offsets = np.zeros(len(lengths) + 1, np.int64)
        np.cumsum(lengths, out=offsets[1:])
        counts = np.empty(int(offsets[-1]), np.uint32)
        copy_runs(self.counts, self.offsets[:-1][index], counts, offsets)
        return RunLengths(counts, offsets, self.sizes[index])


@kernel
def copy_runs(
    counts: NDArray[np.uint32],
    starts: NDArray[np.int64],
    new_counts: NDArray[np.uint32],
    new_offsets: NDArray[np.int64],
) -> None:
    """Copy the runs of N masks from starts (N,) in counts to where new_offsets (N + 1,) says."""
    for i in range(starts.size):
        for run in range(new_offsets[i], new_offsets[i + 1]):
            new_counts[run] = counts[starts[i] + run - new_offsets[i]]


def concatenate(columns: Sequence[RunLengths]) -> RunLengths:
    """Columns of masks one after the other.

    Example:
        >>> from segeval.masks import encode
        >>> len(concatenate([encode(np.ones((2, 4, 5))), encode(np.ones((1, 6, 7)))]))
        3
    """
    lengths = [np.zeros(1, np.int64), *(np.diff(column.offsets) for column in columns)]
    return RunLengths(
        np.concatenate([np.empty(0, np.uint32), *(column.counts for column in columns)]),
        np.cumsum(np.concatenate(lengths)),
        np.concatenate([np.empty((0, 2), np.int32), *(column.sizes for column in columns)]),
    )
