"""The smallest panoptic files, for examples."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from segeval.data.pictures.encoding import encoded


def write_panoptic(folder: str | Path, *, images: int = 2) -> Path:
    """Write a panoptic file of images that one cat fills, with its pictures in a folder beside it.

    Args:
        folder: that exists.
        images: their number; they have 4 x 3 pixels, and ids from 1.

    Returns:
        The path of the file, gt.json; it is its own perfect prediction.

    Example:
        >>> import segeval, tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     gt = write_panoptic(folder)
        ...     segeval.panoptic_quality(gt, gt).pq
        1.0
    """
    path = Path(folder, "gt.json")
    pictures = path.with_suffix("")
    pictures.mkdir()
    pixels = np.zeros((3, 4, 3), np.uint8)
    pixels[..., 0] = 1  # the id of the segment
    cat = {"id": 1, "category_id": 3, "area": 12, "iscrowd": 0}
    annotations = [
        {"image_id": number, "file_name": f"{number}.png", "segments_info": [cat]}
        for number in range(1, images + 1)
    ]
    for each in annotations:
        (pictures / str(each["file_name"])).write_bytes(encoded(pixels, ".png"))
    categories = [{"id": 3, "name": "cat", "isthing": 1}]
    path.write_text(json.dumps({"annotations": annotations, "categories": categories}))
    return path
