"""Wrong pixels of a pair of label maps by kind: at boundaries, in extents, whole segments."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.analysis.errors.label_near import (
    BAND_GT,
    BAND_PRED,
    RIGHT,
    half_widths,
    mark_bands,
    mark_plain_seeds,
    mark_right,
)
from segeval.analysis.errors.label_pieces import mark_pieces
from segeval.errors import InputError
from segeval.kernels.promise import kernel
from segeval.metrics.semantic.trimap import check_index

TOUCHES_RIGHT_PRED, TOUCHES_OTHER_PRED, TOUCHES_RIGHT_GT, TOUCHES_OTHER_GT = 32, 64, 128, 256
"""Bits of pixels in a band whose neighbours are right, or of other classes on both sides."""

BOUNDARY_PRED, BOUNDARY_GT, FOUND_PRED, FOUND_GT = 512, 1024, 2048, 4096
"""Bits of boundary errors, and of pixels whose predicted or true segment has a right pixel."""

RIGHT_PIXELS, IGNORED = 0, 7
"""Columns of the counts that are no errors: right pixels, and pixels of the class that are
predicted as labels that are not evaluated, which are among its misses."""

FALSE_BOUNDARY, MISSED_BOUNDARY, FALSE_EXTENT, MISSED_EXTENT, FALSE_SEGMENT, MISSED_SEGMENT = range(
    1, 7
)
"""Columns of the errors: false pixels and missed ones of each kind."""

OF_GT = (RIGHT_PIXELS, MISSED_BOUNDARY, MISSED_EXTENT, MISSED_SEGMENT)
"""Columns of the true pixels of a class."""

COLUMNS = 8

MAP_BOUNDARY, MAP_EXTENT, MAP_SEGMENT, MAP_VOID = 1, 2, 3, 4
"""Values of a map of errors: the kinds, the graver one the larger, and what is not evaluated."""

NARROW = 1 << 14
"""Up to this radius, distances are counted in 16 bits."""


def error_counts(
    pred_index: NDArray[np.unsignedinteger[Any]],
    gt_index: NDArray[np.unsignedinteger[Any]],
    classes: int,
    width_px: int,
) -> NDArray[np.int64]:
    """Pixels of each class by kind of error.

    A pixel that is predicted as one class and truly another is false for the first and missed for
    the second, and may be of another kind for each. Void counts nowhere, but it takes part in the
    shapes: it lies outside every true object, and a predicted object may extend into it.

    Args:
        pred_index: index of each pixel's class, C or more for none of them, uint8 or uint16, shape
            (H, W).
        gt_index: the same for the ground truth, C or more for void.
        classes: C, the number of classes.
        width_px: distance within which pixels are near a boundary, in pixels, at least 1.

    Returns:
        Pixels of each class by the columns above, int64, shape (C, 8). The first seven add up to
        the union of the class.

    Raises:
        InputError: if the width is below 1.
        ShapeError: if the maps are not of unsigned integers, or of different sizes.

    Source:
        Bernhard et al. 2024, What's Outside the Intersection?, and its repository beyond-iou
        b01b35d.

    Example:
        >>> gt = np.array([[0, 0, 0, 1, 1, 1]], np.uint8)
        >>> pred = np.array([[0, 0, 1, 1, 1, 0]], np.uint8)
        >>> error_counts(pred, gt, 2, 1)[:, :7]
        array([[2, 0, 1, 0, 0, 1, 0],
               [2, 1, 0, 0, 1, 0, 0]])
    """
    pred, gt, state = _judged(pred_index, gt_index, classes, width_px)
    counts: NDArray[np.int64] = count_kinds(pred, gt, classes, state)
    return counts


def error_map(
    pred_index: NDArray[np.unsignedinteger[Any]],
    gt_index: NDArray[np.unsignedinteger[Any]],
    classes: int,
    width_px: int,
) -> NDArray[np.uint8]:
    """The kind of error of every pixel, to look at; arguments and errors as in `error_counts`.

    A wrong pixel is false for one class and missed for another. Where these are of different kinds
    it is of the graver one: a segment before an extent, an extent before a boundary.

    Returns:
        0 for right pixels, `MAP_BOUNDARY`, `MAP_EXTENT`, `MAP_SEGMENT`, and `MAP_VOID` where the
        ground truth has no class, uint8, shape (H, W).

    Example:
        >>> gt = np.array([[0, 0, 0, 1, 1, 1]], np.uint8)
        >>> pred = np.array([[0, 0, 1, 1, 1, 0]], np.uint8)
        >>> error_map(pred, gt, 2, 1)
        array([[0, 0, 1, 0, 0, 3]], dtype=uint8)
    """
    pred, gt, state = _judged(pred_index, gt_index, classes, width_px)

    def kinds(boundary: int, found: int) -> NDArray[np.uint8]:
        rest = np.where(state & found, np.uint8(MAP_EXTENT), np.uint8(MAP_SEGMENT))
        return np.where(state & boundary, np.uint8(MAP_BOUNDARY), rest)

    missed, false = kinds(BOUNDARY_GT, FOUND_GT), kinds(BOUNDARY_PRED, FOUND_PRED)
    false[pred >= classes] = 0
    found = np.maximum(missed, false)
    found[(state & RIGHT) != 0] = 0
    found[gt >= classes] = MAP_VOID
    return found


def _judged(
    pred_index: NDArray[np.unsignedinteger[Any]],
    gt_index: NDArray[np.unsignedinteger[Any]],
    classes: int,
    width_px: int,
) -> tuple[NDArray[np.unsignedinteger[Any]], NDArray[np.unsignedinteger[Any]], NDArray[np.uint16]]:
    """Both maps, contiguous, and the finished state of every pixel."""
    check_index(gt_index, pred_index, classes=classes)
    if width_px < 1:
        raise InputError(
            f"the boundary is {width_px} pixels wide, expected 1 or more.", code="boundary"
        )
    pred, gt = (np.ascontiguousarray(each) for each in (pred_index, gt_index))
    reach = min(int(width_px), sum(gt.shape))
    half = half_widths(reach, np.int16 if reach <= NARROW else np.int32)
    state = np.empty(gt.shape, np.uint16)
    mark_right(pred, gt, classes, state)
    mark_plain_seeds(pred, gt, classes, reach, state)
    mark_bands(pred, gt, classes, half, max(64, 2 * reach), state)
    mark_touching(pred, gt, classes, state)
    wanted = TOUCHES_RIGHT_PRED | TOUCHES_OTHER_PRED
    mark_pieces(pred, classes, state, BAND_PRED, wanted, BOUNDARY_PRED)
    wanted = TOUCHES_RIGHT_GT | TOUCHES_OTHER_GT
    mark_pieces(gt, classes, state, BAND_GT, wanted, BOUNDARY_GT)
    mark_pieces(pred, classes, state, 0, RIGHT, FOUND_PRED)
    mark_pieces(gt, classes, state, 0, RIGHT, FOUND_GT)
    return pred, gt, state


@kernel
def mark_touching(
    pred: NDArray[np.unsignedinteger[Any]],
    gt: NDArray[np.unsignedinteger[Any]],
    classes: int,
    state: NDArray[np.uint16],
) -> None:
    """Add the bits of what pixels in bands touch, at sides or corners, to a state (H, W).

    Assumes maps of one size, proven by `check_index`.
    """
    height, width = gt.shape
    for y in range(height):
        for x in range(width):
            own = state[y, x]
            if not own & np.uint16(BAND_PRED | BAND_GT):
                continue
            p, g = int(pred[y, x]), int(gt[y, x])
            for v in range(max(y - 1, 0), min(y + 2, height)):
                for u in range(max(x - 1, 0), min(x + 2, width)):
                    beside, true = int(pred[v, u]), int(gt[v, u])
                    if own & np.uint16(BAND_PRED):
                        own |= np.uint16(TOUCHES_RIGHT_PRED * ((beside == p) & (true == p)))
                        own |= np.uint16(TOUCHES_OTHER_PRED * ((beside != p) & (true != p)))
                    if own & np.uint16(BAND_GT):
                        own |= np.uint16(TOUCHES_RIGHT_GT * ((beside == g) & (true == g)))
                        own |= np.uint16(TOUCHES_OTHER_GT * ((beside != g) & (true != g)))
            state[y, x] = own


@kernel
def count_kinds(
    pred: NDArray[np.unsignedinteger[Any]],
    gt: NDArray[np.unsignedinteger[Any]],
    classes: int,
    state: NDArray[np.uint16],
) -> NDArray[np.int64]:
    """Pixels of each class by kind (C, 8), from a finished state (H, W).

    Assumes maps of one size, proven by `check_index`.
    """
    counts = np.zeros((classes, COLUMNS), np.int64)
    for y in range(gt.shape[0]):
        for x in range(gt.shape[1]):
            p, g, own = int(pred[y, x]), int(gt[y, x]), state[y, x]
            if g >= classes:
                continue
            if own & np.uint16(RIGHT):
                counts[g, RIGHT_PIXELS] += 1
                continue
            if own & np.uint16(BOUNDARY_GT):
                counts[g, MISSED_BOUNDARY] += 1
            elif own & np.uint16(FOUND_GT):
                counts[g, MISSED_EXTENT] += 1
            else:
                counts[g, MISSED_SEGMENT] += 1
            if p >= classes:
                counts[g, IGNORED] += 1
            elif own & np.uint16(BOUNDARY_PRED):
                counts[p, FALSE_BOUNDARY] += 1
            elif own & np.uint16(FOUND_PRED):
                counts[p, FALSE_EXTENT] += 1
            else:
                counts[p, FALSE_SEGMENT] += 1
    return counts
