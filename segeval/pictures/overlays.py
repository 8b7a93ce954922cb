"""Masks and boxes laid over a picture, in colours."""

from __future__ import annotations

import colorsys
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from segeval.data.pictures.lettering import Colour

OPACITY = 0.45
"""Share of a mask's colour in its pixels."""

GOLDEN = 0.6180339887498949
"""Steps of hue that keep the first colours far apart, however many follow."""


def colour_of(place: int) -> Colour:
    """The colour of the first, second ... category.

    Example:
        >>> colour_of(0), colour_of(1)
        ((255, 77, 77), (77, 129, 255))
    """
    red, green, blue = colorsys.hsv_to_rgb(place * GOLDEN % 1.0, 0.7, 1.0)
    return round(red * 255), round(green * 255), round(blue * 255)


def lay_mask(pixels: NDArray[np.uint8], mask: NDArray[np.uint8], colour: Colour, line: int) -> None:
    """Tint the pixels of a mask, and draw its outline inside of it.

    Args:
        pixels: of the picture, which is changed, uint8, shape (h, w, 3).
        mask: 0 outside, shape (H, W), of the whole image; the nearest pixel counts where the
            picture is of another size.
        colour: of the mask.
        line: pixels that the outline is wide; 0 draws none.
    """
    inside = _resized(mask, pixels.shape[:2])
    rows, columns = (np.flatnonzero(inside.any(axis=axis)) for axis in (1, 0))
    if not len(rows):
        return
    part = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    inside, under = inside[part], pixels[part]
    tint = np.array(colour, np.float32)
    under[inside] = (under[inside] * (1 - OPACITY) + tint * OPACITY).astype(np.uint8)
    core = inside
    for _ in range(line):
        core = _without_edge(core)
    if line:
        under[inside & ~core] = colour


def lay_box(pixels: NDArray[np.uint8], box: Sequence[float], colour: Colour, line: int) -> None:
    """Draw a box.

    Args:
        pixels: of the picture, which is changed, uint8, shape (h, w, 3).
        box: xywh in pixels of the picture.
        colour: of its lines.
        line: pixels that they are wide.
    """
    height, width = pixels.shape[:2]
    x, y, wide, high = box
    left, right = (int(np.clip(round(each), 0, width)) for each in (x, x + wide))
    top, bottom = (int(np.clip(round(each), 0, height)) for each in (y, y + high))
    whole = pixels[top:bottom, left:right]
    for side in (whole[:line], whole[-line:], whole[:, :line], whole[:, -line:]):
        side[...] = colour


def _resized(mask: NDArray[np.uint8], size: tuple[int, ...]) -> NDArray[np.bool_]:
    """A mask at another size, by the nearest pixel."""
    found: NDArray[np.bool_] = mask != 0
    if mask.shape == size:
        return found
    rows, columns = (
        ((np.arange(new) + 0.5) * (old / new)).astype(np.intp)
        for new, old in zip(size, mask.shape, strict=True)
    )
    return found[np.ix_(rows, columns)]


def _without_edge(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """A mask without the pixels that have a neighbour outside of it or of the picture."""
    framed = np.pad(mask, 1)
    across = framed[1:-1, :-2] & framed[1:-1, 2:]
    along = framed[:-2, 1:-1] & framed[2:, 1:-1]
    return mask & across & along
