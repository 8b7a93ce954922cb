"""Which rows and columns a mask reaches, run by run: kernels for runs in any form."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from segeval.kernels.promise import kernel

LAST_PLACE = np.int64(2**63 - 1)
"""A place behind every pixel."""


@kernel
def reach_rows(
    start: np.int64,
    end: np.int64,
    height: np.int64,
    after: np.int64,
    above: np.int64,
    below: np.int64,
) -> tuple[np.int64, np.int64, np.int64]:
    """What is known of a mask's rows after one more run of foreground: `after`, `above`, `below`.

    `after` is the pixel behind the column in which the run starts, at first 0. Rows are counted up
    from the bottom of that column. Of all runs, `above` is the largest count of rows from a start,
    and `below` the smallest from an end, which is less than 0 if a run goes on in the next column:
    then the mask has pixels in the last row and in the first.

    Assumes a height above 0, and a run with pixels, behind all earlier ones.
    """
    if start >= after:
        after += height  # mostly the next one, and a division takes long
        if start >= after:
            after = (start // height + 1) * height
    return after, max(above, after - start), min(below, after - end)


@kernel
def put_box(
    box: NDArray[np.float64],
    first: np.int64,
    stop: np.int64,
    height: np.int64,
    width: np.int64,
    above: np.int64,
    below: np.int64,
) -> None:
    """Write the xywh box (4,) of a mask from its first pixel to before `stop`, 0 without pixels.

    `above` and `below` are those of `reach_rows` after the last run.
    """
    left, top, right, bottom = width, height, np.int64(0), np.int64(0)
    if stop > 0 and height > 0:
        left, right = first // height, (stop - 1) // height
        top, bottom = height - above, height - 1 - below
        if below < 0:
            top, bottom = np.int64(0), height - 1
    box[0] = left
    box[1] = top
    # unsigned 32 bits, as in pycocotools; this matters if no run has a pixel
    box[2] = (right - left + 1) & 0xFFFFFFFF
    box[3] = (bottom - top + 1) & 0xFFFFFFFF
