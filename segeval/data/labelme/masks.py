"""Masks of labelme: pictures in base64, placed in their image."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from typing import Any

import numpy as np

from segeval.data.image_names import shown
from segeval.data.image_objects import Place
from segeval.data.pictures.opening import opened_bytes, whole
from segeval.masks import compress
from segeval.masks.regions import encode_object
from segeval.words import size_text


def mask_text(value: Any, corners: Sequence[float], size: tuple[int, int], place: Place) -> bytes:
    """The compressed mask of a shape, of the size of its image.

    Args:
        value: a PNG file in base64, whose pixels above 0 are the object.
        corners: x, y of the first pixel and of the last one.
        size: (H, W) of the image.
        place: of the shape.

    Raises:
        FormatError: if it is no such picture, or not one of the pixels between the corners.
    """
    try:
        data = base64.b64decode(value, validate=True)
    except (binascii.Error, TypeError, ValueError):
        raise place.refuse(
            f"mask is {shown(value)}, expected a PNG file in base64.", code="bad-mask", field="mask"
        ) from None
    name = f"{place.text}: mask"
    with opened_bytes(data, name) as picture, whole(name):
        pixels = np.asarray(picture.convert("L")) > 0
    if any(corner != int(corner) for corner in corners):
        raise place.refuse(
            f"points are {list(corners)}, expected whole pixels at the corners of the mask.",
            code="bad-shape",
            field="points",
        )
    left, top, right, bottom = map(int, corners)
    if pixels.shape != (bottom - top + 1, right - left + 1):
        expected = (bottom - top + 1, right - left + 1)
        raise place.refuse(
            f"the mask has {size_text(pixels.shape)} pixels (H x W), its corners are for "
            f"{size_text(expected)}.",
            code="size-differs",
            field="mask",
        )
    if left < 0 or top < 0 or bottom >= size[0] or right >= size[1]:
        raise place.refuse(
            f"the mask reaches from {left}, {top} to {right}, {bottom}, beyond its image of "
            f"{size_text(size)} pixels (H x W).",
            code="mask-outside",
            field="points",
        )
    return compress(encode_object(pixels, (top, left), size)).bytes_of(0)
