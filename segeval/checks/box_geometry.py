"""Boxes compared with boxes, and boxes read in other ways."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Boxes = NDArray[np.float64]
"""xywh in pixels, shape (N, 4)."""

NEAR = 2.0
"""Pixels by which equal boxes may differ."""

NEAR_SHARE = 0.1
"""Share of a side by which equal boxes may differ."""

FORMS: dict[str, Callable[[Boxes], Boxes]] = {
    "x1, y1, x2, y2": lambda b: np.concatenate([b[:, :2], b[:, 2:] - b[:, :2]], axis=1),
    "centre x, centre y, width, height": lambda b: np.concatenate(
        [b[:, :2] - b[:, 2:] / 2, b[:, 2:]], axis=1
    ),
    "y, x, height, width": lambda b: b[:, [1, 0, 3, 2]],
    "y1, x1, y2, x2": lambda b: np.concatenate([b[:, 1::-1], b[:, :1:-1] - b[:, 1::-1]], axis=1),
}
"""Ways in which boxes are written that are not x, y, width, height, and the boxes meant (N, 4)."""


def near(boxes: Boxes, others: Boxes) -> NDArray[np.bool_]:
    """Whether boxes are equal but for rounding, pair by pair, bool, shape (N,)."""
    room = np.maximum(NEAR, NEAR_SHARE * np.maximum(boxes[:, 2:], others[:, 2:]))
    start = np.abs(boxes[:, :2] - others[:, :2])
    end = np.abs(boxes[:, :2] + boxes[:, 2:] - others[:, :2] - others[:, 2:])
    return np.asarray(((start <= room) & (end <= room)).all(axis=1))


def common(boxes: Boxes, others: Boxes) -> NDArray[np.float64]:
    """Common area of boxes in pixels squared, pair by pair, shape (N,); broadcasts (..., 4)."""
    start = np.maximum(boxes[..., :2], others[..., :2])
    end = np.minimum(boxes[..., :2] + boxes[..., 2:], others[..., :2] + others[..., 2:])
    area: NDArray[np.float64] = np.maximum(end - start, 0).prod(axis=-1)
    return area


def corners_text(box: NDArray[np.float64]) -> str:
    """A box in words: "10,10 .. 50,50"."""
    x, y, width, height = box.tolist()
    return f"{x:g},{y:g} .. {x + width:g},{y + height:g}"
