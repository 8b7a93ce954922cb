"""The sizes of images as a file states them, compared with the limits before anything uses them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from segeval.data.coco.structs import Image
from segeval.data.keys import shown_key
from segeval.errors import FormatError
from segeval.masks.proofs import check_side_and_pixels, largest
from segeval.words import SIDES


def stated_sizes(images: Sequence[Image], source: str) -> NDArray[np.int32]:
    """(H, W) of every image, int32, shape (I, 2); -1 where a side is missing or null.

    Args:
        images: records of the file.
        source: name of the file.

    Raises:
        FormatError: for a size beyond the limits.
    """
    sides = ((image.height, image.width) for image in images)
    sizes = np.fromiter(
        (-1 if side is None else side for pair in sides for side in pair), np.int64
    ).reshape(-1, 2)
    if len(sizes):
        row, side, pixels = largest(np.maximum(sizes, 0))
        noun = f"image {shown_key(images[row].id)}"
        try:
            check_side_and_pixels(noun, side, pixels, source=source)
        except FormatError as error:
            error.index, error.field = row, SIDES[int(sizes[row].argmax())]
            raise
    return sizes.astype(np.int32)
