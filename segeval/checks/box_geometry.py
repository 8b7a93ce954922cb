"""Boxes compared with boxes, and boxes read in other ways."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from segeval.data.rowwise import all_of

Boxes = NDArray[np.float64]
"""xywh in pixels, shape (N, 4)."""

NEAR = 2.0
"""Pixels by which equal boxes may differ."""

NEAR_SHARE = 0.1
"""Share of a side by which equal boxes may differ."""


def xywh_of(corners: NDArray[np.float64]) -> Boxes:
    """Boxes from their corners x1, y1, x2, y2, shape (N, 4)."""
    boxes = corners.copy()
    boxes[:, 2:] -= corners[:, :2]
    return boxes


def corners_of(boxes: Boxes) -> NDArray[np.float64]:
    """Corners x1, y1, x2, y2 of boxes, shape (N, 4)."""
    corners = boxes.copy()
    corners[:, 2:] += boxes[:, :2]
    return corners


FORMS: dict[str, Callable[[Boxes], Boxes]] = {
    "x1, y1, x2, y2": xywh_of,
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
    return all_of((start <= room) & (end <= room))


def common(boxes: Boxes, others: Boxes) -> NDArray[np.float64]:
    """Common area of boxes in pixels squared, pair by pair, shape (N,); broadcasts (..., 4)."""
    start = np.maximum(boxes[..., :2], others[..., :2])
    end = np.minimum(boxes[..., :2] + boxes[..., 2:], others[..., :2] + others[..., 2:])
    area: NDArray[np.float64] = np.maximum(end - start, 0).prod(axis=-1)
    return area


def ious(boxes: Boxes, others: Boxes) -> NDArray[np.float64]:
    """IoU of boxes, pair by pair, shape (N,); broadcasts (..., 4); 0 for a pair without area."""
    area = common(boxes, others)
    whole = boxes[..., 2:].prod(axis=-1) + others[..., 2:].prod(axis=-1) - area
    found: NDArray[np.float64] = np.divide(area, whole, out=np.zeros_like(area), where=whole > 0)
    return found


def best_ious(boxes: Boxes, others: Boxes) -> NDArray[np.float64]:
    """IoU of each box of the shorter list with the box of the other one that fits it best."""
    of_pairs = ious(boxes[:, None], others[None])
    best: NDArray[np.float64] = of_pairs.max(axis=1 if len(boxes) <= len(others) else 0)
    return best


def lie_elsewhere(boxes: Boxes, others: Boxes) -> NDArray[np.bool_]:
    """Whether most of a box lies more than a pixel off the other one, pair by pair, shape (N,)."""
    grown = others + np.array([-1, -1, 2, 2])
    return np.asarray(common(boxes, grown) < boxes[:, 2:].prod(axis=1) / 2)


def corners_text(box: NDArray[np.float64]) -> str:
    """A box in words: "10,10 .. 50,50"."""
    x, y, width, height = box.tolist()
    return f"{x:g},{y:g} .. {x + width:g},{y + height:g}"
