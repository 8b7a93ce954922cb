"""Intersection and union of the boundaries of all classes of two label maps, in one pass.

A pixel of a class is in that class's boundary of width d unless the block of 2d + 1 pixels around
it is in the image and of that class alone. The block is, where every column of it is of one class,
and the row through its middle is so too: runs along columns are counted first, then runs of such
columns along the row, at the same cost for any number of classes and any d.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.errors import InputError
from segeval.masks.jit import kernel
from segeval.metrics.semantic.trimap import check_index


def class_boundary_counts(
    gt_index: NDArray[np.unsignedinteger[Any]],
    pred_index: NDArray[np.unsignedinteger[Any]],
    classes: int,
    width_px: int,
) -> NDArray[np.int64]:
    """Pixels in which the boundaries of each class agree, and that they cover together.

    The prediction is of no class where the ground truth is void, so that void ends an object in
    both of them. Sum these counts over the images; boundary IoU of a class is their quotient.

    Args:
        gt_index: the place of each pixel's class, C or more for void, uint8 or uint16, shape
            (H, W).
        pred_index: likewise, C or more for no class of these.
        classes: C, the number of classes.
        width_px: of the boundary in pixels, at least 1, as from
            `segeval.masks.boundary.boundary_width`.

    Returns:
        Intersection and union, in pixels, int64, shape (C, 2).

    Raises:
        InputError: if the width is below 1.
        ShapeError: if the maps are not of unsigned integers, or of different sizes.

    Source:
        Cheng et al. 2021, Boundary IoU, section 3, for the mask of every class.

    Example:
        >>> gt = np.zeros((5, 5), np.uint8)
        >>> class_boundary_counts(gt, gt, 1, 2)  # all but the pixel in the middle
        array([[24, 24]])
    """
    check_index(gt_index, pred_index)
    if width_px < 1:
        raise InputError(
            f"the boundary is {width_px} pixels wide, expected 1 or more.", code="boundary"
        )
    width = min(int(width_px), max(gt_index.shape))
    counts: NDArray[np.int64] = boundary_counts(
        np.ascontiguousarray(gt_index), np.ascontiguousarray(pred_index), classes, width
    )
    return counts


@kernel
def boundary_counts(
    gt: NDArray[np.unsignedinteger[Any]],
    pred: NDArray[np.unsignedinteger[Any]],
    classes: int,
    d: int,
) -> NDArray[np.int64]:
    """Intersections and unions (C, 2) of the boundaries of width d in maps (H, W)."""
    height, width = gt.shape
    shown = np.empty((height, width), pred.dtype)  # the prediction, without a class on void
    other = pred.dtype.type(classes)
    void = gt.dtype.type(classes)
    for y in range(height):
        for x in range(width):
            shown[y, x] = other if gt[y, x] >= void else min(pred[y, x], other)
    gt_runs, pred_runs = np.zeros(width, np.int32), np.zeros(width, np.int32)
    gt_inner, pred_inner = np.zeros(width, np.uint8), np.zeros(width, np.uint8)
    in_gt, in_pred = np.zeros(classes + 1, np.int64), np.zeros(classes + 1, np.int64)
    counts = np.zeros((classes, 2), np.int64)
    for below in range(height + d):
        if below < height:
            count_runs(gt, below, 2 * d + 1, gt_runs)
            count_runs(shown, below, 2 * d + 1, pred_runs)
        elif below == height:  # what follows is too near to the border
            gt_runs[:] = 0
            pred_runs[:] = 0
        y = below - d
        if y < 0:
            continue
        find_inner(gt, y, d, gt_runs, gt_inner)
        find_inner(shown, y, d, pred_runs, pred_inner)
        for x in range(width):
            if gt_inner[x] & pred_inner[x]:
                continue
            g, p = min(int(gt[y, x]), classes), int(shown[y, x])
            in_gt[g] += 1 - gt_inner[x]
            in_pred[p] += 1 - pred_inner[x]
            if g == p and g < classes and gt_inner[x] == pred_inner[x]:
                counts[g, 0] += 1
    for c in range(classes):
        counts[c, 1] = in_gt[c] + in_pred[c] - counts[c, 0]
    return counts


@kernel
def count_runs(
    labels: NDArray[np.unsignedinteger[Any]], y: int, most: int, runs: NDArray[np.int32]
) -> None:
    """Go on to row y: runs (W,) are lengths of runs that end there in each column, up to most."""
    row, above = labels[y], labels[max(y - 1, 0)]
    limit = np.int32(most)
    for x in range(runs.size):
        longer = np.int32(runs[x] + np.int32(1))
        longer = longer if longer < limit else limit
        runs[x] = longer if row[x] == above[x] else np.int32(1)


@kernel
def find_inner(
    labels: NDArray[np.unsignedinteger[Any]],
    y: int,
    d: int,
    runs: NDArray[np.int32],
    inner: NDArray[np.uint8],
) -> None:
    """Set inner (W,) for the pixels of row y whose block is of one label.

    runs (W,) end d rows further down.
    """
    width, tall = runs.size, 2 * d + 1
    for x in range(width):
        inner[x] = 0
    start = 0
    for x in range(width):
        if runs[x] < tall:
            start = x + 1
        elif x and labels[y, x] != labels[y, x - 1]:
            start = x
        if x - start >= 2 * d:
            inner[x - d] = 1
