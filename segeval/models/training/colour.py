"""Random changes of colour, as in SSD.

Source: Liu et al. 2016, SSD: Single Shot MultiBox Detector, section 2.2 and its released code, with
the ranges and the order of PointRend's public implementation. That rounds hue and saturation to 8
bits on the way; this does not.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from segeval.errors import ShapeError
from segeval.kernels.promise import kernel
from segeval.models.training.draws import coin, number_between, whole_number

LEVELS = 32
"""Largest change of brightness, in levels of 0 to 255."""

FACTORS = (0.5, 1.5)
"""Range of the factors of contrast and saturation."""

HUES = 180
"""Steps of a full turn of the hue."""

TURN = 18
"""Largest turn of the hue, in steps."""


def change_colours(image: Tensor, generator: torch.Generator) -> Tensor:
    """An image with brightness, contrast, saturation and hue each changed with probability 1/2.

    Contrast comes before or after saturation and hue, equally likely.

    Args:
        image: RGB, uint8, (3, H, W).
        generator: of the random numbers.

    Returns:
        RGB, uint8, (3, H, W).
    """
    if coin(generator):
        image = brighter(image, number_between(-LEVELS, LEVELS, generator))
    contrast_first = coin(generator)
    if contrast_first:
        image = _contrast(image, generator)
    if coin(generator):
        image = recoloured(image, factor=number_between(*FACTORS, generator))
    if coin(generator):
        image = recoloured(image, steps=whole_number(-TURN, TURN, generator))
    return image if contrast_first else _contrast(image, generator)


def brighter(image: Tensor, levels: float) -> Tensor:
    """An image, uint8, with `levels` added to every value, clipped to 0..255.

    Example:
        >>> brighter(torch.tensor([0, 100, 250], dtype=torch.uint8), 10)
        tensor([ 10, 110, 255], dtype=torch.uint8)
    """
    return _bytes(image.float() + levels)


def contrasted(image: Tensor, factor: float) -> Tensor:
    """An image, uint8, with every value multiplied by `factor`, clipped to 0..255."""
    return _bytes(image.float() * factor)


def recoloured(image: Tensor, *, factor: float = 1.0, steps: int = 0) -> Tensor:
    """An image with another saturation and hue but the same value (the V of HSV).

    Args:
        image: RGB, uint8, (3, H, W).
        factor: of the saturation, which stays at most 1; 0 gives grey.
        steps: turn of the hue, in 180ths of a full turn; 60 turn red into green.

    Returns:
        RGB, uint8, (3, H, W).

    Raises:
        ShapeError: for another shape or type.

    Example:
        >>> red = torch.tensor([200, 100, 100], dtype=torch.uint8).view(3, 1, 1)
        >>> recoloured(red, factor=1.5, steps=60).flatten()
        tensor([ 50, 200,  50], dtype=torch.uint8)
    """
    if image.ndim != 3 or image.shape[0] != 3 or image.dtype != torch.uint8:
        raise ShapeError(
            f"the image is {image.dtype} of shape {tuple(image.shape)}, expected uint8, (3, H, W).",
            code="shape",
        )
    pixels = image.contiguous().numpy()
    return torch.from_numpy(recolour(pixels, factor, steps % HUES * 6 / HUES))


@kernel
def recolour(image: NDArray[np.uint8], factor: float, sixths: float) -> NDArray[np.uint8]:
    """`recoloured` on arrays (3, H, W); the hue turns by `sixths` of a full turn, 0 to below 6.

    Assumes three colours, proven by `recoloured`.
    """
    _, height, width = image.shape
    new = np.empty((3, height, width), np.uint8)
    for row in range(height):
        for column in range(width):
            red = float(image[0, row, column])
            green = float(image[1, row, column])
            blue = float(image[2, row, column])
            value = max(red, green, blue)
            span = value - min(red, green, blue)
            hue = sixths
            if span > 0:
                if value == red:
                    hue += (green - blue) / span
                elif value == green:
                    hue += 2 + (blue - red) / span
                else:
                    hue += 4 + (red - green) / span
            span = min(span * factor, value)
            for colour in range(3):
                distance = hue + 5 - 2 * colour  # from the hue where this colour begins to fall
                distance -= 6 * int(distance / 6)
                part = min(max(min(distance, 4 - distance), 0.0), 1.0)
                new[colour, row, column] = int(value - span * part + 0.5)
    return new


def _contrast(image: Tensor, generator: torch.Generator) -> Tensor:
    """An image with its contrast changed with probability 1/2."""
    if coin(generator):
        return contrasted(image, number_between(*FACTORS, generator))
    return image


def _bytes(values: Tensor) -> Tensor:
    """Numbers clipped to 0..255 and rounded down."""
    return values.clamp(0, 255).to(torch.uint8)
