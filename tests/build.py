"""Small data sets and masks for tests, made by hand or from a seed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pycocotools import mask as coco_mask

from segeval.masks import RunLengths

Mask = NDArray[np.uint8]


def build_masks(count: int, height: int, width: int, *, seed: int = 0) -> NDArray[np.uint8]:
    """Boxes with a hole each, at random places: dense, shape (count, height, width)."""
    rng = np.random.default_rng(seed)
    masks = np.zeros((count, height, width), np.uint8)
    for mask in masks:
        top, bottom = np.sort(rng.integers(0, height + 1, 2))
        left, right = np.sort(rng.integers(0, width + 1, 2))
        mask[top:bottom, left:right] = 1
        mask[(top + bottom) // 2, (left + right) // 2 : right] = 0
    return masks


def nasty_masks() -> dict[str, Mask]:
    """Dense masks that break careless code, by name."""
    one_pixel = np.zeros((5, 7), np.uint8)
    one_pixel[4, 6] = 1
    tall = np.zeros((70_001, 3), np.uint8)
    tall[65_530:65_545, 1] = 1
    return {
        "empty": np.zeros((5, 7), np.uint8),
        "full": np.ones((5, 7), np.uint8),
        "one pixel": one_pixel,
        "single": np.ones((1, 1), np.uint8),
        "one row": np.array([[1, 0, 1, 1, 0, 0, 1]], np.uint8),
        "one column": np.array([[1, 0, 1, 1, 0, 0, 1]], np.uint8).T,
        "chessboard": (np.indices((6, 9)).sum(axis=0) % 2).astype(np.uint8),
        "higher than 65535": tall,
        "no rows": np.zeros((0, 4), np.uint8),
        "no columns": np.zeros((4, 0), np.uint8),
    }


def build_runs(counts: Sequence[Sequence[int]], height: int, width: int) -> RunLengths:
    """Masks of one size from lists of run lengths, which may hold zeros or be wrong."""
    return RunLengths(
        np.array([run for runs in counts for run in runs], np.uint32),
        np.cumsum([0, *(len(runs) for runs in counts)], dtype=np.int64),
        np.tile(np.array([[height, width]], np.int32), (len(counts), 1)),
    )


def coco_rle(mask: Mask) -> dict[str, Any]:
    """A dense mask as a COCO segmentation with compressed counts as text."""
    rle = coco_mask.encode(np.asfortranarray(mask, np.uint8))
    return {"size": list(mask.shape), "counts": rle["counts"].decode("ascii")}


def build_gt(images: Sequence[tuple[int, int]], annotations: Sequence[dict[str, Any]]) -> Any:
    """A COCO ground-truth object.

    Images get the ids 1, 2, … and are `images` (height, width); categories are those of the
    annotations. An annotation may give its pixels as `mask`; it is then stored as
    `segmentation`, `area` and `bbox`. What else it does not say: ids 1, 2, …, image 1,
    category 1, no crowd.
    """
    records = [
        {"id": number, "image_id": 1, "category_id": 1, "iscrowd": 0, **_with_pixels(annotation)}
        for number, annotation in enumerate(annotations, 1)
    ]
    return {
        "images": [
            {"id": number, "height": height, "width": width, "file_name": f"{number}.jpg"}
            for number, (height, width) in enumerate(images, 1)
        ],
        "annotations": records,
        "categories": [
            {"id": number, "name": f"category {number}"}
            for number in sorted({record["category_id"] for record in records} or {1})
        ],
    }


def build_preds(predictions: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """A list of COCO results; image 1, category 1 and score 1 where nothing else is said.

    A `mask` is stored as `segmentation` alone, as detectors write it.
    """
    return [
        {"image_id": 1, "category_id": 1, "score": 1.0, **_with_pixels(prediction, box=False)}
        for prediction in predictions
    ]


def _with_pixels(record: dict[str, Any], *, box: bool = True) -> dict[str, Any]:
    """The record with COCO's fields instead of a dense `mask`; what it says itself comes first."""
    rest = {key: value for key, value in record.items() if key != "mask"}
    if "mask" not in record:
        return rest
    rle = coco_rle(np.asarray(record["mask"], np.uint8))
    fields: dict[str, Any] = {"segmentation": rle}
    if box:
        fields["area"] = float(coco_mask.area(rle))
        fields["bbox"] = coco_mask.toBbox(rle).tolist()
    return {**fields, **rest}
