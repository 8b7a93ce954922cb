"""Pictures of twelve classes, the most frequent with a hundred times the objects of the rarest.

A class is one of four outlines in one of three ranges of colour.
"""

from __future__ import annotations

import colorsys

import numpy as np
import torch
from numpy.random import Generator
from numpy.typing import NDArray

from segeval.models.config import Config
from segeval.models.networks.batches import Objects
from segeval.models.training.augment import augmented
from segeval.models.training.example import Example, boxes_around, objects_of
from segeval.models.training.mixing import resized
from segeval.sampling import ClassLists, class_lists

SIDE = 64
"""Side of the pictures, in pixels."""

OUTLINES, HUES = 4, 3
CLASSES = OUTLINES * HUES

MOST, LEAST = 400, 4
"""Objects of the most frequent and of the rarest class."""

PER_PICTURE = 3
"""Objects in a picture, at most."""

HALF = (7.0, 14.0)
"""Half the width of an object, at least and at most, in pixels."""

RARE = tuple(range(CLASSES - CLASSES // 3, CLASSES))
"""The third of the classes with the fewest objects."""


def long_tail() -> NDArray[np.int64]:
    """The number of objects of each class, falling by one factor from class to class.

    Example:
        >>> long_tail().tolist()
        [400, 263, 173, 114, 75, 49, 32, 21, 14, 9, 6, 4]
    """
    return np.rint(np.geomspace(MOST, LEAST, CLASSES)).astype(np.int64)


class Scenes:
    """Pictures in memory, which training can mix: `MixableImages`.

    Args:
        counts: objects of each class.
        rng: of everything that is drawn.
        side: of the pictures, in pixels; they are drawn in 64 x 64 and enlarged.
        half: least and largest half width of an object, of 64.
    """

    task = "instance"

    def __init__(
        self,
        counts: NDArray[np.int64],
        rng: Generator,
        *,
        side: int = SIDE,
        half: tuple[float, float] = HALF,
    ) -> None:
        self.side = side
        drawn = rng.permutation(np.repeat(np.arange(CLASSES), counts))
        self.pictures: list[Example] = []
        for first in range(0, len(drawn), PER_PICTURE):
            small = scene(drawn[first : first + PER_PICTURE], len(self), rng, half)
            self.pictures.append(in_size(small, (side, side)))
        self.of_picture = [objects_of(each).classes.numpy() for each in self.pictures]
        self.classes: NDArray[np.int64] = np.concatenate(self.of_picture)
        self.sizes = np.full((len(self), 2), side, np.int32)

    def __len__(self) -> int:
        return len(self.pictures)

    @property
    def images_of_objects(self) -> NDArray[np.int64]:
        """The picture of each object."""
        return np.repeat(np.arange(len(self)), [len(each) for each in self.of_picture])

    def class_lists(self) -> ClassLists:
        return class_lists(len(self), self.images_of_objects, self.classes)

    def example(self, index: int, size: tuple[int, int]) -> Example:
        return in_size(self.pictures[index], size)

    def load(self, index: int, config: Config, generator: torch.Generator) -> Example:
        return augmented(self.pictures[index], config.input, generator)


def in_size(example: Example, size: tuple[int, int]) -> Example:
    """A picture in a size, itself if it has it."""
    return example if example.size == size else resized(example, size)


def scene(
    classes: NDArray[np.int64], number: int, rng: Generator, half: tuple[float, float]
) -> Example:
    """A picture with objects on a noisy grey ground; a later one hides an earlier one."""
    grey = rng.uniform(60, 190)
    picture = rng.normal(grey, 12, (SIDE, SIDE, 3))
    masks = np.zeros((len(classes), SIDE, SIDE), np.uint8)
    for place, kind in enumerate(classes):
        mask = outline(int(kind) % OUTLINES, rng, half)
        masks[:place][:, mask] = 0
        masks[place] = mask
        hue = (int(kind) // OUTLINES + rng.uniform(-0.2, 0.2)) / HUES
        colour = np.array(colorsys.hsv_to_rgb(hue % 1, rng.uniform(0.5, 1), rng.uniform(0.5, 1)))
        picture[mask] = 255 * colour + rng.normal(0, 12, (int(mask.sum()), 3))
    seen = masks.any(axis=(1, 2))
    image = torch.from_numpy(np.clip(picture, 0, 255).astype(np.uint8)).permute(2, 0, 1)
    of_objects = torch.from_numpy(masks[seen])
    kinds = torch.from_numpy(classes[seen].astype(np.int64))
    return Example(
        image.contiguous(), Objects(boxes_around(of_objects), kinds, of_objects), f"{number}.png"
    )


def outline(kind: int, rng: Generator, sizes: tuple[float, float]) -> NDArray[np.bool_]:
    """A disc, a square, a triangle or a ring, (SIDE, SIDE)."""
    half = rng.uniform(*sizes)
    x0, y0 = rng.uniform(half, SIDE - half, 2)
    rows, columns = np.mgrid[:SIDE, :SIDE] + 0.5
    x, y = (columns - x0) / half, (rows - y0) / half
    from_centre = np.hypot(x, y)
    found: NDArray[np.bool_] = (
        from_centre < 1,
        np.maximum(abs(x), abs(y)) < 0.85,
        (abs(y) < 1) & (abs(x) < (y + 1) / 2),
        (from_centre < 1) & (from_centre > 0.5),
    )[kind]
    return found
