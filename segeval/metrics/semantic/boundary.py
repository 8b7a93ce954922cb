"""Intersection and union of the boundaries of all classes of two label maps.

A pixel of a class is in that class's boundary of width d unless the block of 2d + 1 pixels around
it is in the image and of that class alone.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.errors import InputError
from segeval.kernels.promise import kernel
from segeval.masks.labels import inside_labels
from segeval.metrics.semantic.trimap import check_index


def class_boundary_counts(
    pred_index: NDArray[np.unsignedinteger[Any]],
    gt_index: NDArray[np.unsignedinteger[Any]],
    classes: int,
    width_px: int,
) -> NDArray[np.int64]:
    """Pixels that the two boundaries of each class share, and that they cover together.

    Where the ground truth is void the prediction has no class either, so void ends an object in
    both. Sum these counts over the images: their quotient is a class's boundary IoU.

    Args:
        pred_index: index of each pixel's class, C or more for none of them, uint8 or uint16, shape
            (H, W).
        gt_index: the same for the ground truth, C or more for void.
        classes: C, the number of classes.
        width_px: width of the boundary in pixels, at least 1, as from
            `segeval.masks.boundaries.boundary_width`.

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
    check_index(gt_index, pred_index, classes=classes)
    if width_px < 1:
        raise InputError(
            f"the boundary is {width_px} pixels wide, expected 1 or more.", code="boundary"
        )
    width = min(int(width_px), max(gt_index.shape))
    gt = np.minimum(gt_index, gt_index.dtype.type(classes))
    pred = np.where(gt < classes, np.minimum(pred_index, classes), classes).astype(pred_index.dtype)
    counts: NDArray[np.int64] = boundary_counts(
        pred, gt, inside_labels(pred, width), inside_labels(gt, width), classes
    )
    return counts


@kernel
def boundary_counts(
    pred: NDArray[np.unsignedinteger[Any]],
    gt: NDArray[np.unsignedinteger[Any]],
    pred_inner: NDArray[np.uint8],
    gt_inner: NDArray[np.uint8],
    classes: int,
) -> NDArray[np.int64]:
    """Intersections and unions (C, 2) of boundaries in maps (H, W); C stands for no class.

    Assumes maps of one size, proven by `check_index`, and labels up to C, which the caller clips.
    """
    in_gt, in_pred = np.zeros(classes + 1, np.int64), np.zeros(classes + 1, np.int64)
    counts = np.zeros((classes, 2), np.int64)
    for y in range(gt.shape[0]):
        for x in range(gt.shape[1]):
            if gt_inner[y, x] & pred_inner[y, x]:
                continue
            g, p = int(gt[y, x]), int(pred[y, x])
            in_gt[g] += 1 - gt_inner[y, x]
            in_pred[p] += 1 - pred_inner[y, x]
            if g == p and g < classes and gt_inner[y, x] == pred_inner[y, x]:
                counts[g, 0] += 1
    for c in range(classes):
        counts[c, 1] = in_gt[c] + in_pred[c] - counts[c, 0]
    return counts
