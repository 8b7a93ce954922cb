"""Pictures as bytes: the same pixels give the same bytes. Pillow lives here."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.errors import ShapeError
from segeval.words import size_text

WEBP_SIDE = 16383
"""Pixels of the longest side of a WebP picture."""

QUALITY = 80
"""Of WebP, from 0 to 100."""


def webp(pixels: NDArray[np.uint8], *, quality: int = QUALITY) -> bytes:
    """A photograph as a WebP file, without any data but its pixels.

    Args:
        pixels: red, green and blue, uint8, shape (H, W, 3).
        quality: from 0 (small) to 100.

    Raises:
        ShapeError: if a side is longer than the format allows, or there are no pixels.
    """
    from PIL import Image, WebPImagePlugin  # noqa: F401 - Pillow would load all its formats

    height, width = pixels.shape[:2]
    if not 0 < min(height, width) <= max(height, width) <= WEBP_SIDE:
        raise ShapeError(
            f"the picture has {size_text((height, width))} pixels, expected sides of 1 to "
            f"{WEBP_SIDE:,} for WebP. Scale it down first.",
            code="picture-size",
        )
    return _saved(Image.fromarray(pixels), "WEBP", quality=quality, method=4)


PICTURES = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG", ".webp": "WEBP"}
"""Formats of pictures of photographs, by suffix."""

PHOTO_QUALITY = 90
"""Of JPEG and WebP, from 0 to 100, where a picture is kept to be looked at."""

JPEG_SIDE = 65535
"""Pixels of the longest side of a JPEG picture."""


def encoded(pixels: NDArray[np.uint8], suffix: str) -> bytes:
    """A picture as a file, without any data but its pixels.

    Args:
        pixels: red, green and blue, uint8, shape (H, W, 3).
        suffix: one of `PICTURES`.

    Raises:
        ShapeError: if a side is longer than the format allows, or there are no pixels.
    """
    form = PICTURES[suffix]
    if form == "WEBP":
        return webp(pixels, quality=PHOTO_QUALITY)
    from PIL import Image, JpegImagePlugin, PngImagePlugin  # noqa: F401 - not all formats

    if form == "PNG":
        return _saved(Image.fromarray(pixels), "PNG")
    if max(pixels.shape[:2]) > JPEG_SIDE:
        raise ShapeError(
            f"the picture has {size_text(pixels.shape[:2])} pixels, expected sides up to "
            f"{JPEG_SIDE:,} for JPEG. Write .png.",
            code="picture-size",
        )
    return _saved(Image.fromarray(pixels), "JPEG", quality=PHOTO_QUALITY)


def one_bit_png(mask: NDArray[Any]) -> bytes:
    """A mask as a PNG file of one bit per pixel: white where it is, transparent elsewhere.

    Args:
        mask: pixels that are 0 outside of the mask, shape (H, W).
    """
    from PIL import Image, PngImagePlugin  # noqa: F401 - Pillow would load all its formats

    return _saved(Image.fromarray(mask != 0), "PNG", transparency=0, optimize=True)


def palette_png(places: NDArray[np.uint8], colours: NDArray[np.uint8]) -> bytes:
    """A map of few values as a PNG file with a palette: its pixels are exactly these values.

    Args:
        places: of each pixel's colour, uint8, shape (H, W).
        colours: red, green, blue and opacity, uint8, shape (C, 4), up to 256.
    """
    from PIL import Image, PngImagePlugin  # noqa: F401 - Pillow would load all its formats

    picture = Image.fromarray(places)
    picture.putpalette(colours[:, :3].tobytes())
    return _saved(picture, "PNG", transparency=colours[:, 3].tobytes(), optimize=True)


def _saved(picture: Any, form: str, **how: Any) -> bytes:
    file = io.BytesIO()
    picture.save(file, form, **how)
    return file.getvalue()
