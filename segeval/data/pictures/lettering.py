"""Letters on pictures. Pillow lives here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Colour = tuple[int, int, int]
"""Red, green and blue, 0 to 255."""

LIGHT = 140
"""Brightness of a ground from which black letters are easier to read than white ones."""


class Label(NamedTuple):
    """A text on a ground of some colour.

    Attributes:
        text: one line. The font has Latin letters; others become boxes.
        left: place of its left side, in pixels.
        bottom: place of its lower side.
        ground: the colour behind it.
    """

    text: str
    left: float
    bottom: float
    ground: Colour


def lettered(pixels: NDArray[np.uint8], labels: Sequence[Label], size: float) -> NDArray[np.uint8]:
    """A picture with labels, the last one on top; each is moved until it is inside.

    Args:
        pixels: uint8, shape (H, W, 3).
        labels: in the order in which they are drawn.
        size: of the letters, in pixels.

    Returns:
        A new picture of the same size.
    """
    from PIL import Image, ImageDraw, ImageFont

    picture = Image.fromarray(pixels)
    draw = ImageDraw.Draw(picture)
    font = ImageFont.load_default(size)
    for label in labels:
        left, top, right, bottom = draw.textbbox((0, 0), label.text, font=font, anchor="la")
        width, height = right - left + 4, bottom - top + 4
        x = max(min(label.left, picture.width - width), 0)
        y = max(min(label.bottom, picture.height) - height, 0)
        draw.rectangle((x, y, x + width - 1, y + height - 1), fill=label.ground)
        red, green, blue = label.ground
        is_light = 0.299 * red + 0.587 * green + 0.114 * blue > LIGHT
        ink = "black" if is_light else "white"
        draw.text((x + 2 - left, y + 2 - top), label.text, fill=ink, font=font, anchor="la")
    return np.array(picture)
