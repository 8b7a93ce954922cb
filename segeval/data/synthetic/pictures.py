"""Drawn pictures of furniture with objects and label maps, small enough to train on at once."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import msgspec
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from segeval.data.synthetic.rooms import NAMES, mask_column, placed
from segeval.errors import InputError
from segeval.frozen import frozen
from segeval.masks import area, boxes, compress, decode, difference, encode, rasterise

SIZES = ((144, 192), (160, 160), (192, 144))
"""(H, W) in pixels."""

SIDES = (40.0, 110.0)
"""Range of the square root of the area of an object's box, in pixels."""

MOST_OBJECTS = 4
"""Most objects of a picture; there is at least one."""

SEEN = 40
"""Pixels of an object that must be in sight for it to be annotated."""

NOISE = 10.0
"""Standard deviation of the noise, in grey levels."""


@frozen(eq=False, repr=False)
class DrawnPictures:
    """Pictures with both kinds of annotations.

    Attributes:
        pictures: RGB of each, uint8, shape (H, W, 3).
        label_maps: 0 for the room, 1 to 10 for its furniture, uint8, shape (H, W) each.
        ground_truth: a COCO object; masks cover what is in sight.
    """

    pictures: tuple[NDArray[np.uint8], ...]
    label_maps: tuple[NDArray[np.uint8], ...]
    ground_truth: dict[str, Any]

    def __repr__(self) -> str:
        """One line: how much there is."""
        return f"DrawnPictures({len(self.pictures)} pictures)"

    def to_files(self, part: str) -> Iterator[tuple[str, bytes]]:
        """The files of the data set by name, one by one.

        Args:
            part: name of the set: pictures are in the folder "train/", label maps in "train-maps/",
                objects in "train.json".
        """
        for image, pixels, labels in zip(
            self.ground_truth["images"], self.pictures, self.label_maps, strict=True
        ):
            yield f"{part}/{image['file_name']}", _png(pixels)
            yield f"{part}-maps/{image['file_name']}", _png(labels)
        yield f"{part}.json", msgspec.json.encode(self.ground_truth)


def classes_text() -> str:
    """The classes of the label maps, a line each, as `--classes` reads them.

    Example:
        >>> classes_text().splitlines()[:3]
        ['0 room', '1 bed', '2 cabinet']
    """
    return "".join(f"{label} {name}\n" for label, name in enumerate(("room", *NAMES)))


def draw_pictures(seed: int = 0, *, images: int = 24) -> DrawnPictures:
    """Pictures of furniture, each kind in shades of a colour of its own; later objects hide others.

    Args:
        seed: seed of the random numbers, at least 0. Equal arguments give equal data.
        images: number of pictures, at least 1.

    Raises:
        InputError: if an argument is out of range.

    Example:
        >>> made = draw_pictures(images=2)
        >>> made, made.pictures[0].shape, made.label_maps[0].dtype
        (DrawnPictures(2 pictures), (192, 144, 3), dtype('uint8'))
    """
    if seed < 0 or images < 1:
        raise InputError(
            f"seed={seed}, images={images}: expected a seed of at least 0, and at least one image.",
            code="synthetic",
        )
    rng = np.random.default_rng(seed)
    pictures, label_maps, listed = [], [], []
    annotations: list[dict[str, Any]] = []
    for number in range(1, images + 1):
        size = SIZES[int(rng.integers(len(SIZES)))]
        pixels, kinds, owners = _picture(size, rng)
        pictures.append(pixels)
        label_maps.append(np.array([0, *(kind + 1 for kind in kinds)], np.uint8)[owners])
        listed.append(
            {"id": number, "file_name": f"{number:04}.png", "height": size[0], "width": size[1]}
        )
        for found in _annotations(kinds, owners):
            annotations.append({"id": len(annotations) + 1, "image_id": number, **found})
    return DrawnPictures(
        tuple(pictures),
        tuple(label_maps),
        {
            "info": {"description": "segeval drawn furniture", "version": "1", "seed": seed},
            "images": listed,
            "categories": [{"id": i + 1, "name": name} for i, name in enumerate(NAMES)],
            "annotations": annotations,
        },
    )


def _picture(
    size: tuple[int, int], rng: Generator
) -> tuple[NDArray[np.uint8], list[int], NDArray[np.int64]]:
    """A picture, the kind of each object, and the object in sight at each pixel, 0 for none."""
    height, width = size
    horizon = int(height * rng.uniform(0.4, 0.7))
    colours = np.empty((height, width, 3))
    colours[:horizon], colours[horizon:] = rng.uniform(185, 235, 3), rng.uniform(120, 170, 3)
    owners = np.zeros(size, np.int64)
    kinds = rng.integers(len(NAMES), size=int(rng.integers(1, MOST_OBJECTS + 1))).tolist()
    of_image = np.array([size], np.int32)
    for place, kind in enumerate(kinds, start=1):
        shape = placed(kind, np.array(size, np.int32), rng.uniform(*SIDES), rng)
        solid = rasterise(mask_column([shape.solids + shape.thin]), of_image)
        mask = difference(solid, rasterise(mask_column([shape.holes]), of_image))
        inside = decode(mask)[0].astype(bool)
        owners[inside] = place
        colours[inside] = _colour(kind) + rng.normal(0, 8, 3)
    noisy = colours + rng.normal(0, NOISE, colours.shape)
    return np.clip(np.round(noisy), 0, 255).astype(np.uint8), kinds, owners


def _colour(kind: int) -> NDArray[np.float64]:
    """The colour of a kind of furniture, RGB: hues around the circle, dark and light in turn."""
    hue = 2 * np.pi * kind / len(NAMES) + np.array([0, 2, 4]) * np.pi / 3
    colour: NDArray[np.float64] = (0.5 + 0.5 * np.cos(hue)) * (140 if kind % 2 else 220)
    return colour


def _annotations(kinds: list[int], owners: NDArray[np.int64]) -> Iterator[dict[str, Any]]:
    """The objects that are in sight, as COCO's annotations without ids."""
    for place, kind in enumerate(kinds, start=1):
        mask = encode((owners == place)[None])
        pixels = int(area(mask)[0])
        if pixels < SEEN:
            continue
        yield {
            "category_id": kind + 1,
            "segmentation": {"size": list(owners.shape), "counts": compress(mask).strings()[0]},
            "area": float(pixels),
            "bbox": boxes(mask)[0].astype(np.float64).tolist(),
            "iscrowd": 0,
        }


def _png(pixels: NDArray[np.uint8]) -> bytes:
    """A picture as a PNG file."""
    from PIL import Image

    data = io.BytesIO()
    Image.fromarray(pixels).save(data, format="PNG")
    return data.getvalue()
