"""Outlines of masks and boxes as lines."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.masks import RunLengths, decode_one

MOST_PIXELS = 400
"""Longest side of a mask that is traced; larger ones are thinned first."""

Lines = list[NDArray[np.float64]]
"""Closed lines of points (x, y) in pixels of the image, float64, shape (P, 2) each."""


def mask_outlines(masks: RunLengths, row: int) -> Lines:
    """Outlines of one mask, of every part and hole.

    Args:
        masks: of any sizes.
        row: of the mask.
    """
    from contourpy import LineType, contour_generator

    pixels = decode_one(masks, row)
    height, width = pixels.shape
    step = max(1, -(-max(height, width) // MOST_PIXELS))
    framed = np.pad(pixels[step // 2 :: step, step // 2 :: step], 1).astype(np.float64)
    traced: Any = contour_generator(z=framed, line_type=LineType.Separate).lines(0.5)
    # The middle of the first pixel of a mask is half a pixel from the border of the image.
    return [np.clip((line - 0.5) * step, 0, (width, height)) for line in traced]


def box_outline(box: NDArray[np.float64]) -> Lines:
    """The outline of a box xywh, float64, shape (4,).

    Example:
        >>> box_outline(np.array([1.0, 2, 3, 4]))[0].tolist()
        [[1.0, 2.0], [4.0, 2.0], [4.0, 6.0], [1.0, 6.0], [1.0, 2.0]]
    """
    x, y, width, height = box
    corners = [(x, y), (x + width, y), (x + width, y + height), (x, y + height), (x, y)]
    return [np.array(corners, np.float64)]
