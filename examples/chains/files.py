"""Drawn pictures as files: PNG in a folder, and a COCO file beside it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.random import Generator
from PIL import Image

from examples.rare_classes.scenes import CLASSES, HALF, SIDE, scene
from segeval.masks import area, compress, encode
from segeval.models.training.example import Example, objects_of

Content = dict[str, Any]
"""The contents of a COCO file."""

NAMES = tuple(
    f"{hue} {outline}"
    for hue in ("red", "green", "blue")
    for outline in ("disc", "square", "triangle", "ring")
)
"""Of the classes, in their order."""


def drawn(
    classes: Sequence[Sequence[int]],
    rng: Generator,
    *,
    half: tuple[float, float] = HALF,
) -> list[Example]:
    """A picture for each list of classes, of objects of at least and at most these half widths."""
    return [scene(np.array(own, np.int64), place, rng, half) for place, own in enumerate(classes)]


def write_pictures(
    pictures: Sequence[Example],
    folder: Path,
    *,
    first: int = 1,
    factor: int = 1,
    classes: Sequence[int] = range(CLASSES),
) -> Content:
    """Write pictures, and say what is in them.

    Args:
        pictures: to write.
        folder: for the files; it is made if it is missing.
        first: image id of the first; the others count on.
        factor: each pixel becomes a square of this side, in the masks as well.
        classes: that the pictures may hold, for the list of categories.

    Returns:
        The contents of a COCO file; write it with `write_json`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    side = factor * SIDE
    images: list[Content] = []
    annotations: list[Content] = []
    for number, picture in enumerate(pictures, start=first):
        name = f"{number}.png"
        pixels = picture.image.permute(1, 2, 0).numpy()
        Image.fromarray(pixels.repeat(factor, 0).repeat(factor, 1)).save(folder / name)
        images.append({"id": number, "file_name": name, "height": side, "width": side})
        annotations += _annotations(picture, number, factor)
    for number, each in enumerate(annotations, start=1):
        each["id"] = 100 * first + number
    categories = [{"id": kind + 1, "name": NAMES[kind]} for kind in classes]
    return {"images": images, "annotations": annotations, "categories": categories}


def _annotations(picture: Example, image: int, factor: int) -> list[Content]:
    objects = objects_of(picture)
    masks = encode(objects.masks.numpy().repeat(factor, 1).repeat(factor, 2))
    columns = zip(
        (factor * objects.boxes).tolist(),
        objects.classes.tolist(),
        area(masks).tolist(),
        compress(masks).strings(),
        strict=True,
    )
    side = factor * SIDE
    return [
        {
            "image_id": image,
            "category_id": kind + 1,
            "bbox": [x0, y0, x1 - x0, y1 - y0],
            "area": pixels,
            "iscrowd": 0,
            "segmentation": {"size": [side, side], "counts": counts},
        }
        for (x0, y0, x1, y1), kind, pixels, counts in columns
    ]


def joined(*contents: Content) -> Content:
    """One set from several with the same categories."""
    return {
        **contents[0],
        **{
            part: [row for each in contents for row in each[part]]
            for part in ("images", "annotations")
        },
    }


def write_json(path: Path, content: Content) -> None:
    """Write the contents of a file."""
    path.write_text(json.dumps(content))
