"""Masks of CVAT: runs along the rows of a box."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from segeval.data.image_names import shown
from segeval.data.image_objects import Place
from segeval.limits import check_limit
from segeval.masks import compress
from segeval.masks.regions import encode_object
from segeval.words import size_text

RUNS = re.compile(r"\s*\d{1,10}(\s*,\s*\d{1,10})*\s*")


def mask_text(text: str | None, box: Sequence[int], size: tuple[int, int], place: Place) -> bytes:
    """The compressed mask of a shape, of the size of its image.

    Args:
        text: lengths of runs along the rows of the box, by turns of background and foreground.
        box: left, top, width and height in pixels.
        size: (H, W) of the image.
        place: of the shape.

    Raises:
        FormatError: if the runs do not fill the box, or it is not inside of the image.

    Source:
        The description of CVAT's XML format, version 1.1, section on run-length encoding.
    """
    left, top, width, height = box
    if text is None or RUNS.fullmatch(text) is None:
        raise place.refuse(
            f"rle is {shown(text)}, expected lengths of runs such as 3, 5, 7.",
            code="bad-mask",
            field="rle",
        )
    if left + width > size[1] or top + height > size[0] or not width or not height:
        raise place.refuse(
            f"the mask has {size_text((height, width))} pixels (H x W) from {left}, {top}, "
            f"expected some inside of its image of {size_text(size)}.",
            code="mask-outside",
            field="rle",
        )
    check_limit(
        "picture_pixels", width * height, f"a mask has {width * height:,} pixels", source=place.text
    )
    runs = np.array(text.split(","), np.int64)
    if runs.sum() != width * height:
        raise place.refuse(
            f"the runs have {runs.sum():,} pixels, expected {size_text((height, width))} = "
            f"{width * height:,}.",
            code="bad-mask",
            field="rle",
        )
    pixels = np.repeat(np.arange(len(runs)) % 2 == 1, runs).reshape(height, width)
    return compress(encode_object(pixels, (top, left), size)).bytes_of(0)
