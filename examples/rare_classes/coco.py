"""Drawn pictures as the records of a COCO file."""

from __future__ import annotations

from typing import Any

from segeval.masks import area, compress, encode
from segeval.models.training.example import Example, objects_of

Record = dict[str, Any]


def image_record(number: int, side: int) -> Record:
    """The record of a square picture; its file is named by its number."""
    return {"id": number, "file_name": f"{number}.png", "height": side, "width": side}


def annotations_of(
    picture: Example, image: int, *, first_category: int, factor: int = 1
) -> list[Record]:
    """The objects of a picture, without ids of their own.

    Args:
        picture: with objects.
        image: its id.
        first_category: id of the first class; the others count on.
        factor: each pixel becomes a square of this side.
    """
    objects = objects_of(picture)
    masks = encode(objects.masks.numpy().repeat(factor, 1).repeat(factor, 2))
    size = [factor * side for side in picture.size]
    columns = zip(
        (factor * objects.boxes).tolist(),
        objects.classes.tolist(),
        area(masks).tolist(),
        compress(masks).strings(),
        strict=True,
    )
    return [
        {
            "image_id": image,
            "category_id": first_category + kind,
            "bbox": [x0, y0, x1 - x0, y1 - y0],
            "area": pixels,
            "iscrowd": 0,
            "segmentation": {"size": size, "counts": counts},
        }
        for (x0, y0, x1, y1), kind, pixels, counts in columns
    ]
