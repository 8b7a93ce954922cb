"""Outlines of masks and boxes as closed lines."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from segeval.masks import RunLengths, outlines

Lines = list[NDArray[np.float64]]
"""Closed lines of points (x, y) in pixels of the image, float64, shape (P, 2) each."""


def mask_outlines(masks: RunLengths) -> list[Lines]:
    """The outlines of masks along the edges of their pixels, of every part and hole.

    Args:
        masks: N masks of any sizes.

    Returns:
        The lines of each mask, as `segeval.masks.outlines` traces them; the first point is repeated
        at the end.
    """
    traced = outlines(masks)
    return [
        [np.concatenate([ring, ring[:1]]).astype(np.float64) for ring in traced.rings(row)]
        for row in range(len(masks))
    ]


def box_outline(box: NDArray[np.float64]) -> Lines:
    """The outline of a box xywh, float64, shape (4,).

    Example:
        >>> box_outline(np.array([1.0, 2, 3, 4]))[0].tolist()
        [[1.0, 2.0], [4.0, 2.0], [4.0, 6.0], [1.0, 6.0], [1.0, 2.0]]
    """
    x, y, width, height = box
    corners = [(x, y), (x + width, y), (x + width, y + height), (x, y + height), (x, y)]
    return [np.array(corners, np.float64)]
