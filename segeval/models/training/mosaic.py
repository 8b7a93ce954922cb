"""Mosaic: four training images in one, around a common corner.

Source: Bochkovskiy et al. 2020, YOLOv4, section 3.3, placed as in mmdetection.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import NamedTuple

import torch
from torch import Tensor

from segeval.models.image_sizes import scaled_size
from segeval.models.networks.batches import Objects
from segeval.models.networks.components import register_component
from segeval.models.training.example import Example, boxes_around, objects_of

IMAGES = 4
"""Images of a mosaic: top left, top right, bottom left and bottom right."""

LEAST_SHARE = 0.25
"""An object is kept if at least this share of its pixels lies on the canvas."""

LEAST_PIXELS = 16
"""And at least this number of them."""

Span = tuple[int, int, int, int]


class Tile(NamedTuple):
    """A part of an image, and where it lies on the canvas of a mosaic.

    Attributes:
        place: x0, y0, x1, y1 in pixels of the canvas.
        part: x0, y0, x1, y1 in pixels of the image, of the same size.
    """

    place: Span
    part: Span


def fit_into(size: tuple[int, int], room: tuple[int, int]) -> tuple[int, int]:
    """(H, W) of an image that is scaled to fill one side of a room and reaches out of neither.

    Args:
        size: (H, W) of the image.
        room: (H, W).

    Example:
        >>> fit_into((50, 200), (100, 200)), fit_into((50, 50), (100, 200))
        ((50, 200), (100, 100))
    """
    return scaled_size(size, min(room[0] / size[0], room[1] / size[1]))


@register_component("mosaic-tiles")
def mosaic_tiles(
    sizes: Sequence[tuple[int, int]], centre: tuple[int, int], room: tuple[int, int]
) -> tuple[Tile, ...]:
    """What is seen of four images whose inner corners meet in one point.

    Args:
        sizes: (H, W) of the images: top left, top right, bottom left, bottom right.
        centre: (x, y) of the point, in pixels of the canvas.
        room: (H, W); the canvas has twice of both.

    Example:
        >>> mosaic_tiles([(100, 200)] * 4, (150, 80), (100, 200))[0]
        Tile(place=(0, 0, 150, 80), part=(50, 20, 200, 100))
    """
    tiles = []
    for number, (height, width) in enumerate(sizes):
        x0 = centre[0] - (0 if number % 2 else width)
        y0 = centre[1] - (0 if number >= 2 else height)
        left, top = max(x0, 0), max(y0, 0)
        right, bottom = min(x0 + width, 2 * room[1]), min(y0 + height, 2 * room[0])
        part = (left - x0, top - y0, right - x0, bottom - y0)
        tiles.append(Tile((left, top, right, bottom), part))
    return tuple(tiles)


def mosaic(
    examples: Sequence[Example], centre: tuple[int, int], *, fill: tuple[int, int, int]
) -> Example:
    """Four examples on a canvas of twice the height and width of the first.

    Masks are cut by the same whole numbers as pixels. Crowd regions and what nobody annotated come
    along.

    Args:
        examples: with objects, each scaled to the room of the first, see `fit_into`.
        centre: (x, y) in pixels of the canvas where their inner corners meet.
        fill: red, green and blue of the rest of the canvas, 0 to 255.

    Returns:
        The objects of which enough remains (`LEAST_SHARE` and `LEAST_PIXELS`), example by example,
        with the tightest boxes; the first example itself if none does.

    Raises:
        TypeError: for examples with label maps.
    """
    room = examples[0].size
    canvas = (2 * room[0], 2 * room[1])
    image = torch.tensor(fill, dtype=torch.uint8).view(3, 1, 1).repeat(1, *canvas)
    parts, classes = [], []
    for example, tile in zip(
        examples, mosaic_tiles([each.size for each in examples], centre, room), strict=True
    ):
        own = objects_of(example)
        _within(image, tile.place)[:] = _within(example.image, tile.part)
        left = _within(own.masks, tile.part)
        pixels = left.flatten(1).sum(1)
        enough = LEAST_SHARE * own.masks.flatten(1).sum(1)
        kept = (pixels >= enough) & (pixels >= LEAST_PIXELS)
        placed = own.masks.new_zeros(int(kept.sum()), *canvas)
        _within(placed, tile.place)[:] = left[kept]
        parts.append(placed)
        classes.append(own.classes[kept])
    masks = torch.cat(parts)
    if not len(masks):
        return examples[0]
    first, *others = (each.name for each in examples)
    name = f"{first} beside {', '.join(others)}"
    objects = Objects(boxes_around(masks), torch.cat(classes), masks)
    return replace(examples[0], image=image, target=objects, name=name)


@register_component("mosaic")
def mosaic_component(
    *, fill: tuple[int, int, int]
) -> Callable[[Sequence[Example], tuple[int, int]], Example]:
    """`mosaic`, from four examples and the point where they meet to one example."""
    return partial(mosaic, fill=fill)


def _within(maps: Tensor, span: Span) -> Tensor:
    """The part of maps (N, H, W) inside of x0, y0, x1, y1."""
    x0, y0, x1, y1 = span
    return maps[:, y0:y1, x0:x1]
