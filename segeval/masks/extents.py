"""Which rows and columns a mask reaches, run by run: kernels for runs in any form."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from segeval.kernels.promise import kernel


@kernel
def reach_rows(
    start: np.int64,
    end: np.int64,
    height: np.int64,
    column: np.int64,
    top: np.int64,
    bottom: np.int64,
) -> tuple[np.int64, np.int64, np.int64]:
    """The column, first and last row of a mask with one more run of foreground, which has pixels.

    The column is the place of its first pixel, where the run before started; height is above 0.
    """
    if start >= column + height:
        column += height  # mostly the next one, and a division takes long
        if start >= column + height:
            column = start // height * height
    if end > column + height:
        return column, np.int64(0), height - 1
    return column, min(top, start - column), max(bottom, end - 1 - column)


@kernel
def put_box(
    box: NDArray[np.float64], left: np.int64, top: np.int64, right: np.int64, bottom: np.int64
) -> None:
    """Write an xywh box (4,) from the first and last column and row of a mask."""
    box[0] = left
    box[1] = top
    # unsigned 32 bits, as in pycocotools; this matters if no run has a pixel
    box[2] = (right - left + 1) & 0xFFFFFFFF
    box[3] = (bottom - top + 1) & 0xFFFFFFFF
