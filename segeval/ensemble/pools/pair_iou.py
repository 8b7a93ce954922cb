"""IoU of one pair of predictions, computed only where a bound does not decide."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from segeval.kernels.promise import kernel
from segeval.masks.overlap import overlap_of_pair

Masks = tuple[NDArray[np.uint32], NDArray[np.int64], NDArray[np.int64]]
"""Runs end to end, where each mask's begin (n + 1,), and areas (n,)."""


@kernel
def pair_iou(
    i: int,
    j: int,
    boxes: NDArray[np.float64],
    by_mask: bool,  # noqa: FBT001
    masks: Masks,
    by_boundary: bool,  # noqa: FBT001
    boundaries: Masks,
    above: float,
) -> float:
    """IoU of predictions i and j, or 0 where it cannot be more than `above`.

    Boxes x0, y0, x1, y1 (n, 4) are those of the masks if masks are compared. Boundary IoU is the
    smaller one of both.

    Assumes masks of one size in canonical runs, proven by `Shapes`.
    """
    if not by_mask:
        return iou_of_boxes(boxes[i], boxes[j])
    width = min(boxes[i, 2], boxes[j, 2]) - max(boxes[i, 0], boxes[j, 0])
    height = min(boxes[i, 3], boxes[j, 3]) - max(boxes[i, 1], boxes[j, 1])
    if not (width > 0 and height > 0):
        return 0.0
    counts, offsets, areas = masks
    least = min(width * height, float(min(areas[i], areas[j])))
    if least <= 0 or least / (areas[i] + areas[j] - least) <= above:
        return 0.0
    found = iou_of_masks(i, j, counts, offsets)
    if by_boundary and found > above:
        edge_counts, edge_offsets, _ = boundaries
        found = min(found, iou_of_masks(i, j, edge_counts, edge_offsets))
    return found


@kernel
def iou_of_boxes(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    """IoU of two boxes x0, y0, x1, y1; 0 without a common area."""
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    if not (width > 0 and height > 0):
        return 0.0
    common = width * height
    whole = (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - common
    return float(common / whole)


@kernel
def iou_of_masks(i: int, j: int, counts: NDArray[np.uint32], offsets: NDArray[np.int64]) -> float:
    """IoU of two masks by their runs, 0 without a common pixel."""
    common, whole = overlap_of_pair(
        counts[offsets[i] : offsets[i + 1]], counts[offsets[j] : offsets[j + 1]]
    )
    return common / whole if common > 0 else 0.0
