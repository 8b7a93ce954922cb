"""The numbers that detectron2 prints as BoundaryIoU, for comparison with its tables.

They are not the boundary IoU of classes. Its tool erodes the label map as if labels were heights:
beside a lower label the difference of the two labels remains, and counts as the class of that
number. Everything away from a change is class 0. Places in the confusion matrix are computed in
8 bits, so they are wrong from 16 classes on. `segeval.metrics.semantic.boundary` has the numbers
that the name promises.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.errors import InputError
from segeval.masks.boundaries import boundary_width
from segeval.metrics.semantic.trimap import check_index

RATIO = 0.02
"""Width of its boundaries as a fraction of the image's diagonal."""

MOST_CLASSES = 254
"""With more, its tool leaves these numbers out."""


def detectron2_counts(
    pred_index: NDArray[np.unsignedinteger[Any]],
    gt_index: NDArray[np.unsignedinteger[Any]],
    classes: int,
) -> NDArray[np.int64]:
    """The boundary confusion matrix of one image, as detectron2 counts it.

    Args:
        pred_index: index of each pixel's class, C for none of them (unknown to detectron2), uint8
            or uint16, shape (H, W).
        gt_index: the same for the ground truth, C for void.
        classes: C, the number of classes.

    Returns:
        Pixels by predicted and true "class", int64, shape (C + 1, C + 1).

    Raises:
        InputError: if there are more than 254 classes.
        ShapeError: if the maps are not of unsigned integers, or of different sizes.

    Source:
        detectron2 0.6, evaluation/sem_seg_evaluation.py.

    Example:
        >>> gt = np.ones((3, 3), np.uint8)
        >>> detectron2_counts(gt, gt, 2)  # the pixel in the middle becomes 0
        array([[1, 0, 0],
               [0, 8, 0],
               [0, 0, 0]])
    """
    if classes > MOST_CLASSES:
        raise InputError(
            f"{classes} classes: detectron2 has boundary numbers for at most {MOST_CLASSES}. "
            'Leave out `compat="detectron2"`.',
            code="detectron2",
            option="compat",
        )
    check_index(gt_index, pred_index, classes=classes)
    width = int(boundary_width([gt_index.shape], ratio=RATIO)[0])
    true, predicted = (
        _boundary(np.minimum(index, classes).astype(np.uint8), width)
        for index in (gt_index, pred_index)
    )
    places = np.uint8(classes + 1) * predicted + true  # in 8 bits, so modulo 256
    side = classes + 1
    return np.bincount(places.ravel(), minlength=side * side).reshape(side, side).astype(np.int64)


def detectron2_overlaps(counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Intersection and union of every class, from the confusion matrix over all images.

    Args:
        counts: sum of `detectron2_counts`, int64, shape (C + 1, C + 1).

    Returns:
        Pixels, int64, shape (C, 2). Void is neither in rows nor in columns.

    Source:
        detectron2 0.6, evaluation/sem_seg_evaluation.py.

    Example:
        >>> detectron2_overlaps(np.array([[1, 1, 0], [0, 8, 5], [0, 0, 0]]))
        array([[1, 2],
               [8, 9]])
    """
    judged = counts[:-1, :-1]
    both = judged.diagonal()
    return np.stack([both, judged.sum(axis=0) + judged.sum(axis=1) - both], axis=1)


def _boundary(labels: NDArray[np.uint8], width: int) -> NDArray[np.uint8]:
    """Labels (H, W) less the smallest label within width pixels, which is 0 near the border."""
    smallest = np.pad(labels, width)
    for axis in (0, 1):
        window = 1  # neighbours seen so far
        while window < 2 * width + 1:
            step = min(window, 2 * width + 1 - window)
            ahead = np.moveaxis(smallest, axis, 0)
            smallest = np.moveaxis(np.minimum(ahead[:-step], ahead[step:]), 0, axis)
            window += step
    return labels - smallest
