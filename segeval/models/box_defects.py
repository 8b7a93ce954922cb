"""Boxes that no model can use: empty ones, and those outside of their image."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.bool_]


def box_defects(boxes: NDArray[np.float64], sizes: NDArray[np.integer]) -> tuple[Rows, Rows]:
    """Whether each box is empty, and whether it lies outside; False where a number is NaN.

    Args:
        boxes: x, y, width and height in pixels, shape (N, 4).
        sizes: (H, W) of the image of each, shape (N, 2).

    Example:
        >>> boxes = np.array([[0, 0, 0, 5], [9, 0, 2, 2], [1, 1, 2, 2.0]])
        >>> box_defects(boxes, np.full((3, 2), 8))
        (array([ True, False, False]), array([False,  True, False]))
    """
    x, y, width, height = boxes.T
    empty = (width <= 0) | (height <= 0)
    outside = (x >= sizes[:, 1]) | (y >= sizes[:, 0]) | (x + width <= 0) | (y + height <= 0)
    return np.asarray(empty), np.asarray(outside & ~empty)
