"""Drawn pictures as files: PNG in a folder, and a COCO file beside it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.random import Generator
from PIL import Image

from examples.rare_classes.coco import annotations_of, image_record
from examples.rare_classes.scenes import CLASSES, HALF, SIDE, scene
from segeval.models.training.example import Example

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
        images.append(image_record(number, side))
        pixels = picture.image.permute(1, 2, 0).numpy()
        Image.fromarray(pixels.repeat(factor, 0).repeat(factor, 1)).save(
            folder / images[-1]["file_name"]
        )
        annotations += annotations_of(picture, number, first_category=1, factor=factor)
    for number, each in enumerate(annotations, start=1):
        each["id"] = 100 * first + number
    categories = [{"id": kind + 1, "name": NAMES[kind]} for kind in classes]
    return {"images": images, "annotations": annotations, "categories": categories}


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
