"""Polygon parts inside another part: holes, which COCO fills."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from segeval.masks import Polygons

MOST_APART = 64
"""Places in the list between two parts of one mask that are still compared."""

CORNERS = 8
"""Corners of a part that are looked at."""

MOST_PAIRS = 4096
"""Pairs of parts that are looked at in one group of polygons."""


def nested_areas(polygons: Polygons) -> NDArray[np.float64]:
    """Area of the parts of each mask that lie inside another part of it.

    Boxes decide first, then some corners of the inner part.

    Args:
        polygons: N masks.

    Returns:
        Pixels squared, float64, shape (N,); 0 for masks without such parts.
    """
    areas = np.zeros(len(polygons))
    owner = np.repeat(np.arange(len(polygons)), np.diff(polygons.mask_offsets))
    several = np.flatnonzero(np.diff(polygons.mask_offsets)[owner] > 1)
    several = several[np.diff(polygons.part_offsets)[several] > 0]
    if not len(several):
        return areas
    boxes = _part_boxes(polygons, several)
    seen: set[int] = set()
    for left, (inner, outer) in enumerate(_pairs(owner[several], boxes)):
        if left == MOST_PAIRS:
            break
        if inner in seen:
            continue
        corners, around = (_part(polygons, int(several[i])) for i in (inner, outer))
        if _inside(corners[:: max(len(corners) // CORNERS, 1)], around).all():
            seen.add(inner)
            areas[owner[several[inner]]] += _area(corners)
    return areas


def _area(corners: NDArray[np.float64]) -> float:
    """Area of a polygon (m, 2) in pixels squared."""
    x, y = corners.T
    return float(abs(x @ np.roll(y, -1) - y @ np.roll(x, -1)) / 2)


def _part(polygons: Polygons, part: int) -> NDArray[np.float64]:
    """The corners of one part, shape (corners, 2)."""
    offsets = polygons.part_offsets
    return polygons.points[offsets[part] : offsets[part + 1]]


def _part_boxes(polygons: Polygons, parts: NDArray[np.intp]) -> NDArray[np.float64]:
    """Smallest and largest x and y of some parts, as x, y, x, y, shape (n, 4)."""
    starts = polygons.part_offsets[:-1]
    filled = np.flatnonzero(np.diff(polygons.part_offsets) > 0)
    boxes = np.empty((len(starts), 4))
    boxes[filled, :2] = np.minimum.reduceat(polygons.points, starts[filled])
    boxes[filled, 2:] = np.maximum.reduceat(polygons.points, starts[filled])
    return boxes[parts]


def _pairs(owner: NDArray[np.intp], boxes: NDArray[np.float64]) -> Iterator[tuple[int, int]]:
    """Parts of one mask, the first of which has its box inside that of the second."""
    for apart in range(1, min(MOST_APART, len(owner))):
        same = owner[apart:] == owner[:-apart]
        if not same.any():
            return
        for before, after in ((0, apart), (apart, 0)):
            small = boxes[before : len(boxes) - after]
            large = boxes[after : len(boxes) - before]
            within = (small[:, :2] > large[:, :2]).all(axis=1)
            within &= (small[:, 2:] < large[:, 2:]).all(axis=1)
            for place in np.flatnonzero(same & within).tolist():
                yield place + before, place + after


def _inside(points: NDArray[np.float64], corners: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Whether points (n, 2) lie inside a closed polygon (m, 2) by the even-odd rule."""
    x, y = points[:, :1], points[:, 1:]
    x0, y0 = corners.T
    x1, y1 = np.roll(corners, -1, axis=0).T
    crosses = (y0 > y) != (y1 > y)
    with np.errstate(divide="ignore", invalid="ignore"):
        at = x0 + (y - y0) * (x1 - x0) / (y1 - y0)
    odd: NDArray[np.bool_] = (crosses & (x < at)).sum(axis=1) % 2 == 1
    return odd
