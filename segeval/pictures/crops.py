"""Crops of objects, with a margin."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

MARGIN = 0.25
"""Margin of a crop on every side, as a fraction of the side of the object's box."""

LEAST = 32
"""Pixels of the shortest side of a crop, where the image has as many."""


class Box(NamedTuple):
    """A part of an image in whole pixels, inside of it."""

    left: int
    top: int
    width: int
    height: int


def crop_box(
    boxes: ArrayLike, size: tuple[int, int], *, margin: float = MARGIN, least: int = LEAST
) -> Box:
    """The part of an image around one object or several, with a margin on every side.

    Args:
        boxes: xywh in pixels, of a prediction and of the object it is compared with, or of either
            alone; shape (4,) or (N, 4) with N above 0.
        size: (H, W) of the image.
        margin: as a fraction of the sides of the box around all boxes.
        least: pixels of a side that the crop has at least, so that small objects keep their
            surroundings.

    Returns:
        Whole pixels inside of the image; at the border the crop is smaller, never moved.

    Example:
        >>> crop_box([100, 100, 80, 40], (480, 640))
        Box(left=80, top=90, width=120, height=60)
        >>> crop_box([[0, 0, 4, 4], [2, 2, 4, 4]], (480, 640))
        Box(left=0, top=0, width=19, height=19)
    """
    sides = np.reshape(np.asarray(boxes, np.float64), (-1, 4))
    first, last = sides[:, :2].min(axis=0), (sides[:, :2] + sides[:, 2:]).max(axis=0)
    more = np.maximum(margin * (last - first), (least - (last - first)) / 2)
    limit = np.array(size[::-1], np.int64)
    low = np.clip(np.floor(first - more).astype(np.int64), 0, np.maximum(limit - 1, 0))
    high = np.maximum(np.clip(np.ceil(last + more).astype(np.int64), 0, limit), low + 1)
    (left, top), (width, height) = low.tolist(), (high - low).tolist()
    return Box(left, top, width, height)


def cropped(pixels: NDArray[np.uint8], box: Box) -> NDArray[np.uint8]:
    """A part of a photograph of full size, a view.

    Args:
        pixels: uint8, shape (H, W, 3).
        box: as from `crop_box`.

    Example:
        >>> cropped(np.zeros((60, 80, 3), np.uint8), Box(10, 5, 30, 45)).shape
        (45, 30, 3)
    """
    return pixels[box.top : box.top + box.height, box.left : box.left + box.width]
