"""Boundary F: the share of boundary pixels of two label maps with one of the other map nearby.

The boundary of a class is one pixel wide and so has few pixels. They are listed for each class, and
looked up in rows of bits of the other map, a whole span of a row at a time.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.errors import InputError
from segeval.frozen import frozen
from segeval.kernels.promise import kernel, merged
from segeval.metrics.semantic.trimap import check_index

THRESHOLD = 0.008
"""The usual radius as a fraction of the image's diagonal."""


@frozen(eq=False)
class BoundaryF:
    """How well the boundaries of each class agree in one image.

    Attributes:
        precision: share of predicted boundary pixels near true ones, float64, shape (C,).
        recall: share of true boundary pixels near predicted ones, float64, shape (C,).
        f: harmonic mean of the two, 0 where both are 0, float64, shape (C,).
        in_gt: whether the ground truth has pixels of the class, bool, shape (C,).
    """

    precision: NDArray[np.float64]
    recall: NDArray[np.float64]
    f: NDArray[np.float64]
    in_gt: NDArray[np.bool_]


def radius_of(shape: tuple[int, ...], threshold: float = THRESHOLD) -> float:
    """How far boundary pixels may be apart in an image.

    Args:
        shape: (H, W) in pixels.
        threshold: the radius in pixels if at least 1, else a fraction of the diagonal, which is
            rounded up to whole pixels.

    Raises:
        InputError: unless the threshold is above 0.

    Example:
        >>> radius_of((1024, 2048)), radius_of((1024, 2048), 3)
        (19.0, 3.0)
    """
    if not 0 < threshold < math.inf:
        raise InputError(
            f"the threshold of boundary F is {threshold:g}, expected a number above 0: pixels, or "
            "a fraction of the image's diagonal.",
            code="boundary-f",
        )
    if threshold >= 1:
        return float(threshold)
    return float(np.ceil(threshold * np.linalg.norm(shape)))


def boundary_f(
    pred_index: NDArray[np.unsignedinteger[Any]],
    gt_index: NDArray[np.unsignedinteger[Any]],
    classes: int,
    radius_px: float,
) -> BoundaryF:
    """Boundary F of every class in one image.

    A pixel is on the boundary of a class if it and its right, lower and lower right neighbours
    are partly inside and partly outside the class. Void is outside every class in both maps.
    Where only one map has a boundary of the class, F is 0; where neither has, it is 1: the
    official mean covers all images, including those without the class.

    Args:
        pred_index: index of each pixel's class, C or more for none of them, uint8 or uint16, shape
            (H, W).
        gt_index: the same for the ground truth, C or more for void.
        classes: C, the number of classes.
        radius_px: how far a pixel may be from the other boundary, Euclidean, inclusive, in pixels.

    Raises:
        InputError: unless the radius is above 0.
        ShapeError: if the maps are not of unsigned integers, or of different sizes.

    Source:
        Perazzi et al. 2016 (DAVIS), section 5.1, as in GSCNN edd16c5, utils/f_boundary.py.

    Example:
        >>> gt = np.array([[0, 0, 0, 1, 1, 1]], np.uint8)
        >>> pred = np.array([[0, 1, 1, 1, 1, 1]], np.uint8)
        >>> boundary_f(pred, gt, 2, 1).f, boundary_f(pred, gt, 2, 2).f
        (array([0., 0.]), array([1., 1.]))
    """
    counts = edge_counts(pred_index, gt_index, classes, radius_px)
    in_gt = np.isin(np.arange(classes), gt_index)
    return boundary_f_of(counts, in_gt)


def edge_counts(
    pred_index: NDArray[np.unsignedinteger[Any]],
    gt_index: NDArray[np.unsignedinteger[Any]],
    classes: int,
    radius_px: float,
) -> NDArray[np.int64]:
    """Boundary pixels of every class in one image, and how many are near the other map's.

    Args and errors as in `boundary_f`.

    Returns:
        True ones, those of them that are near, predicted ones, those of them that are near; int64,
        shape (C, 4).
    """
    check_index(gt_index, pred_index, classes=classes)
    if not 0 < radius_px < math.inf:
        raise InputError(
            f"the radius of boundary F is {radius_px:g} pixels, expected more than 0.",
            code="boundary-f",
        )
    counts: NDArray[np.int64] = near_counts(
        np.ascontiguousarray(pred_index),
        np.ascontiguousarray(gt_index),
        classes,
        _spans(radius_px, sum(gt_index.shape)),
    )
    return counts


def boundary_f_of(counts: NDArray[Any], in_gt: NDArray[np.bool_]) -> BoundaryF:
    """Boundary F from boundary pixels.

    Args:
        counts: rows of the form of `edge_counts`, shape (R, 4).
        in_gt: whether the ground truth has pixels of the class, bool, shape (R,).
    """
    true, true_near, predicted, predicted_near = counts.T.astype(np.int64)
    precision = np.where(predicted > 0, predicted_near / np.maximum(predicted, 1), 1.0)
    recall = np.where(true > 0, true_near / np.maximum(true, 1), 1.0)
    total = precision + recall
    f = np.divide(2 * precision * recall, total, out=np.zeros(len(counts)), where=total > 0)
    return BoundaryF(precision, recall, f, in_gt)


def _spans(radius: float, longest: int) -> NDArray[np.int64]:
    """How far a disk reaches to either side, by the distance from its middle row."""
    square = math.floor(min(radius, longest) ** 2)
    return np.array(
        [math.isqrt(square - row * row) for row in range(math.isqrt(square) + 1)], np.int64
    )


@kernel
def near_counts(
    pred: NDArray[np.unsignedinteger[Any]],
    gt: NDArray[np.unsignedinteger[Any]],
    classes: int,
    spans: NDArray[np.int64],
) -> NDArray[np.int64]:
    """Numbers (C, 4): true boundary pixels, those near; predicted ones, those near.

    spans: how far a disk reaches to either side, by the distance from its middle row.

    Assumes maps of one size and classes that fit them, proven by `check_index`.
    """
    height, width = gt.shape
    counts = np.zeros((classes, 4), np.int64)
    shown = np.empty((height, width), pred.dtype)  # the prediction, without a class on void
    other, void = pred.dtype.type(classes), gt.dtype.type(classes)
    for y in range(height):
        for x in range(width):
            shown[y, x] = other if gt[y, x] >= void else pred[y, x]
    gt_ends, pred_ends = np.zeros(classes, np.int64), np.zeros(classes, np.int64)
    gt_places, pred_places = list_edges(gt, gt_ends), list_edges(shown, pred_ends)
    bits = np.zeros((height, (width + 63) >> 6), np.uint64)
    for c in range(classes):
        true = gt_places[gt_ends[c - 1] if c else 0 : gt_ends[c]]
        predicted = pred_places[pred_ends[c - 1] if c else 0 : pred_ends[c]]
        counts[c, 0], counts[c, 2] = true.size, predicted.size
        if true.size > 0 and predicted.size > 0:
            counts[c, 1] = count_near(true, predicted, width, spans, bits)
            counts[c, 3] = count_near(predicted, true, width, spans, bits)
    return counts


@kernel
@merged
def list_edges(
    labels: NDArray[np.unsignedinteger[Any]], ends: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Places y * W + x of the boundary pixels, class by class.

    ends (C,), zeros at first, receives where each class ends.
    """
    height, width = labels.shape
    classes = ends.size
    mixed = np.empty(width, np.uint8)
    around = np.empty(4, np.int64)
    places = np.empty(0, np.int64)
    for turn in range(2):  # count, then write
        if turn == 1:
            total = 0
            for c in range(classes):
                total += ends[c]
                ends[c] = total - ends[c]  # where it begins, and moves on as pixels are written
            places = np.empty(total, np.int64)
        for y in range(height):
            row, below = labels[y], labels[min(y + 1, height - 1)]
            for x in range(width - 1):
                mixed[x] = (row[x] != row[x + 1]) | (row[x] != below[x]) | (row[x] != below[x + 1])
            mixed[width - 1] = row[width - 1] != below[width - 1]
            for x in range(width):
                if not mixed[x]:
                    continue
                right = min(x + 1, width - 1)
                around[0], around[1] = row[x], row[right]
                around[2], around[3] = below[x], below[right]
                for i in range(4):
                    label = around[i]
                    skip = label >= classes
                    for j in range(i):
                        skip |= around[j] == label
                    if skip:
                        continue
                    if turn == 1:
                        places[ends[label]] = y * width + x
                    ends[label] += 1
    return places


@kernel
def count_near(
    places: NDArray[np.int64],
    others: NDArray[np.int64],
    width: int,
    spans: NDArray[np.int64],
    bits: NDArray[np.uint64],
) -> int:
    """How many of the places y * W + x have one of the others nearby.

    bits (H, W / 64) is all 0 before and after.
    """
    height = bits.shape[0]
    for place in others:
        y, x = place // width, place % width
        bits[y, x >> 6] |= np.uint64(1) << np.uint64(x & 63)
    found = 0
    for place in places:
        y, x = place // width, place % width
        for k in range(2 * spans.size - 1):  # the own row, then one below, one above ...
            row = y + ((k + 1) >> 1 if k & 1 else -(k >> 1))
            if not 0 <= row < height:
                continue
            span = spans[(k + 1) >> 1]
            low, high = max(x - span, 0), min(x + span, width - 1)
            if any_bit(bits, row, low, high):
                found += 1
                break
    for place in others:
        bits[place // width, (place % width) >> 6] = 0
    return found


@kernel
def any_bit(bits: NDArray[np.uint64], row: int, low: int, high: int) -> bool:
    """Whether a row has a bit from low to high, both inclusive."""
    ones = ~np.uint64(0)
    first, last = low >> 6, high >> 6
    for word in range(first, last + 1):
        mask = ones
        if word == first:
            mask &= ones << np.uint64(low & 63)
        if word == last:
            mask &= ones >> np.uint64(63 - (high & 63))
        if bits[row, word] & mask:
            return True
    return False
