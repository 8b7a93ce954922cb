"""How many runs polygons would be drawn as, before they are drawn.

A few bytes of corners can cross a wide image thousands of times, and each crossing of a column of
pixels may end a run.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from segeval.kernels.promise import kernel
from segeval.masks.crossings import most_crossings
from segeval.masks.polygons import Polygons


def most_drawn_runs(
    polygons: Polygons, sizes: NDArray[np.int32], *, each: int, together: int
) -> NDArray[np.int64]:
    """Upper bound on the runs of every mask.

    Args:
        polygons: N masks.
        sizes: (H, W) of the image of each mask in pixels, int32, shape (N, 2).
        each: a rough bound is enough for masks of no more runs,
        together: and of no more in all.

    Returns:
        int64, shape (N,).

    Example:
        >>> square = np.array([[0.0, 0], [9, 0], [9, 9], [0, 9]])
        >>> one, size = Polygons(square, np.array([0, 4]), np.array([0, 1])), np.array([[20, 20]])
        >>> [most_drawn_runs(one, size, each=n, together=n).tolist() for n in (100, 0)]
        [[91], [33]]
    """
    corners = np.diff(polygons.part_offsets[polygons.mask_offsets])
    parts = np.diff(polygons.mask_offsets)
    rough: NDArray[np.int64] = corners * (sizes[:, 1].astype(np.int64) + 2) + 2 * parts + 1
    if not len(rough) or (rough.max() <= each and rough.sum() <= together):
        return rough
    exact = np.empty(len(rough), np.int64)
    count_crossings(
        polygons.points,
        polygons.part_offsets,
        polygons.mask_offsets,
        np.ascontiguousarray(sizes[:, 1], np.int64),
        exact,
    )
    return exact


@kernel
def count_crossings(
    points: NDArray[np.float64],
    part_offsets: NDArray[np.int64],
    mask_offsets: NDArray[np.int64],
    widths: NDArray[np.int64],
    runs: NDArray[np.int64],
) -> None:
    """Fill the room for runs (N,) of masks in images of some widths (N,)."""
    for i in range(widths.size):
        runs[i] = 1
        for part in range(mask_offsets[i], mask_offsets[i + 1]):
            corners = points[part_offsets[part] : part_offsets[part + 1]]
            runs[i] += most_crossings(corners, widths[i]) + 2
