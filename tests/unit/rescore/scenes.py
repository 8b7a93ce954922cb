"""Small data sets whose categories go together, or do not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from segeval.data import GroundTruth, Predictions, load_ground_truth, load_predictions

BICYCLE, WHEEL = 1, 2
NAMES = {BICYCLE: "bicycle", WHEEL: "wheel"}

Object = tuple[int, Sequence[float]]
"""Category and box."""


def ground_truth(images: Sequence[Sequence[Object]], **more: Any) -> GroundTruth:
    """Ground truth with boxes; image n has the id n + 1."""
    records = [(place, *each) for place, objects in enumerate(images, 1) for each in objects]
    return load_ground_truth(
        {
            "images": [
                {"id": place, "width": 400, "height": 400, **more}
                for place in range(1, len(images) + 1)
            ],
            "categories": [{"id": k, "name": n, "frequency": "f"} for k, n in NAMES.items()],
            "annotations": [
                {
                    "id": number,
                    "image_id": image,
                    "category_id": category,
                    "bbox": list(box),
                    "area": box[2] * box[3],
                    "iscrowd": 0,
                }
                for number, (image, category, box) in enumerate(records, 1)
            ],
        }
    )


def street(images: int, *, seed: int, inside: bool) -> tuple[GroundTruth, Predictions]:
    """Bicycles and wheels, with predictions whose scores say little about what is true.

    Args:
        images: number of images, each with a bicycle and a wheel.
        seed: of the places.
        inside: whether true wheels lie inside of bicycles and false ones elsewhere; if not, both
            lie anywhere.
    """
    rng = np.random.default_rng(seed)
    objects, rows = [], []
    for image in range(1, images + 1):
        corner = rng.integers(0, 100, 2).tolist()
        bicycle = [*corner, 120, 100]
        here = [corner[0] + rng.integers(5, 80), corner[1] + rng.integers(5, 60), 30, 30]
        there = [*rng.integers(250, 360, 2), 30, 30]
        if not inside and rng.random() < 0.5:
            here, there = there, here
        objects.append([(BICYCLE, bicycle), (WHEEL, [float(x) for x in here])])
        for category, box, score in (
            (BICYCLE, bicycle, rng.uniform(0.6, 0.95)),
            (WHEEL, here, rng.uniform(0.3, 0.7)),
            (WHEEL, there, rng.uniform(0.3, 0.7)),
        ):
            row = [float(x) for x in box]
            rows.append({"image_id": image, "category_id": category, "bbox": row, "score": score})
    return ground_truth(objects), load_predictions(rows)
