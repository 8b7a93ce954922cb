"""Training images turned by a random angle.

Source: the report of the winner of Open Images 2019 instance segmentation, section 5.7. It does not
say by how much; classes of long objects turn up to 45 degrees here.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection
from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from segeval.models.config import InputConfig
from segeval.models.images import mean_colour
from segeval.models.networks.batches import Objects
from segeval.models.networks.components import register_component
from segeval.models.training.draws import number_between
from segeval.models.training.example import Example, boxes_around

LONG = 4.0
"""Median ratio of the sides of a class's boxes above which its objects are long."""

MOST_OF_LONG = 45.0
"""Largest angle of images with long objects, in degrees."""


def long_classes(sides: NDArray[np.float64], classes: NDArray[np.int64]) -> frozenset[int]:
    """The classes whose boxes are long: the median ratio of their sides is beyond 4 to 1.

    Args:
        sides: width and height of each box, NaN where it has none, shape (M, 2).
        classes: of the boxes, shape (M,).

    Example:
        >>> sides = np.array([[10, 2], [2, 12], [9, 9], [4, 1], [1, 4.0]])
        >>> long_classes(sides, np.array([0, 0, 0, 1, 1]))
        frozenset({0})
    """
    ratios = sides.max(axis=1, initial=0) / sides.min(axis=1, initial=np.inf)
    known = np.isfinite(ratios)
    kinds, ratios = classes[known], ratios[known]
    return frozenset(
        kind for kind in np.unique(kinds).tolist() if np.median(ratios[kinds == kind]) > LONG
    )


def turning_further(settings: InputConfig) -> InputConfig:
    """The settings of images with long objects, if images turn at all.

    Example:
        >>> turning_further(InputConfig(rotate=10)).rotate, turning_further(InputConfig()).rotate
        (45.0, 0.0)
    """
    if not settings.rotate:
        return settings
    return replace(settings, rotate=max(settings.rotate, MOST_OF_LONG))


def rotated_or_not(
    example: Example,
    settings: InputConfig,
    generator: torch.Generator,
    *,
    long: Collection[int] = (),
    ignore: int = 255,
) -> Example:
    """An example turned by a random angle, if the settings say so.

    Args:
        example: in its random size.
        settings: `rotate`, and the mean colour, which fills the corners.
        generator: of the angle.
        long: classes of long objects: an image with one turns up to 45 degrees.
        ignore: label of pixels without a class.
    """
    if not settings.rotate:
        return example
    target = example.target
    has_long = isinstance(target, Objects) and not set(long).isdisjoint(target.classes.tolist())
    most = (turning_further(settings) if has_long else settings).rotate
    angle = number_between(-most, most, generator)
    return rotated(example, angle, fill=mean_colour(settings), ignore=ignore)


@register_component("rotate")
def rotation(
    *, angle: float, fill: tuple[int, int, int], ignore: int = 255
) -> Callable[[Example], Example]:
    """From an example to the same, turned; arguments as of `rotated`."""
    return lambda example: rotated(example, angle, fill=fill, ignore=ignore)


def rotated(
    example: Example, angle: float, *, fill: tuple[int, int, int], ignore: int = 255
) -> Example:
    """An example turned around its centre, of the same size.

    The image is interpolated bilinearly; masks and label maps take the pixel that holds the place;
    boxes are the tightest ones around the masks.

    Args:
        example: without given boxes.
        angle: in degrees, counter-clockwise.
        fill: red, green and blue outside of the image.
        ignore: label outside of a label map.
    """
    x, y = _places(example.size, angle)
    image = _bilinear(example.image, x, y, fill)
    height, width = example.size
    column, row = x.floor().long(), y.floor().long()
    inside = (column >= 0) & (column < width) & (row >= 0) & (row < height)
    source = (row * width + column).where(inside, torch.zeros_like(row)).flatten()

    def nearest(maps: Tensor, outside: int) -> Tensor:
        taken: Tensor = maps.flatten(-2).index_select(-1, source).unflatten(-1, example.size)
        return taken.where(inside, taken.new_tensor(outside))

    if isinstance(example.target, Tensor):
        return replace(example, image=image, target=nearest(example.target, ignore))
    masks = nearest(example.target.masks, 0)
    objects = Objects(boxes_around(masks), example.target.classes, masks)
    return replace(example, image=image, target=objects)


def _places(size: tuple[int, int], angle: float) -> tuple[Tensor, Tensor]:
    """Where the centre of each pixel (H, W) comes from, x and y in pixels, float64."""
    height, width = size
    right = torch.arange(width, dtype=torch.float64) + 0.5 - width / 2
    down = (torch.arange(height, dtype=torch.float64) + 0.5 - height / 2)[:, None]
    cosine, sine = math.cos(math.radians(angle)), math.sin(math.radians(angle))
    return cosine * right - sine * down + width / 2, sine * right + cosine * down + height / 2


def _bilinear(image: Tensor, x: Tensor, y: Tensor, fill: tuple[int, int, int]) -> Tensor:
    """Colours at places, uint8, (3, H, W)."""
    height, width = x.shape
    colour = torch.tensor(fill, dtype=torch.float32).view(3, 1, 1)
    grid = torch.stack([2 * x / width - 1, 2 * y / height - 1], dim=2).float()
    shown = functional.grid_sample(
        (image.float() - colour)[None], grid[None], mode="bilinear", align_corners=False
    )
    return (shown[0] + colour).round_().clamp_(0, 255).to(torch.uint8)
