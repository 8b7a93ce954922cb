"""Sets of images with the predictions of two equally good models, simulated.

Both models are drawn from one law: given an image, whatever one does the other could have done with
the same probability. So every difference between them is chance, and no number of either is better
on the average over such sets.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import log
from typing import Any

import numpy as np
from numpy.typing import NDArray

SPACING = 256
"""Pixels between objects, which do not touch."""

COLUMNS = 6
"""Objects side by side in an image."""

OBJECTS = 6.0
"""Mean number of objects of an image beyond the first."""

KINDS = 2.0
"""Mean number of categories of an image beyond the first."""

BACKGROUND = 3.0
"""Mean number of predictions on the background of an image of middling difficulty."""

DUPLICATES = 0.1
"""Share of objects that are found twice."""

SIDES = (12.0, 200.0)
"""Sides of objects in pixels, spread evenly by their logarithm: small, medium and large ones."""

MISSED = -1.0
"""Ease below which an object is not found."""


@dataclass(frozen=True, eq=False)
class Predicted:
    """Predictions of one model, one value for each of N.

    Attributes:
        image_id: int64, shape (N,).
        category_id: int64, shape (N,).
        score: float64, shape (N,).
        boxes: xywh in pixels, float64, shape (N, 4).
    """

    image_id: NDArray[np.int64]
    category_id: NDArray[np.int64]
    score: NDArray[np.float64]
    boxes: NDArray[np.float64]

    def records(self) -> list[dict[str, Any]]:
        """The predictions as COCO results."""
        columns = (self.image_id, self.category_id, self.score, self.boxes)
        names = ("image_id", "category_id", "score", "bbox")
        rows = zip(*(column.tolist() for column in columns), strict=True)
        return [dict(zip(names, row, strict=True)) for row in rows]


def zipf(categories: int) -> NDArray[np.float64]:
    """How often each category occurs: the first one twice as often as the second, and so on.

    Example:
        >>> zipf(2).round(3).tolist()
        [0.667, 0.333]
    """
    shares = 1 / np.arange(1, categories + 1)
    return np.asarray(shares / shares.sum(), np.float64)


def equal_models(
    images: int, categories: int, rng: np.random.Generator
) -> tuple[dict[str, Any], tuple[Predicted, Predicted]]:
    """Ground truth as COCO, and what two equally good models predict.

    Images differ in difficulty for both models, and a little more for each of them. Categories
    differ in difficulty too, and images hold few of them. The second model writes its scores on
    another scale.

    Args:
        images: number of images.
        categories: number of categories.
        rng: source of chance.
    """
    difficulty = rng.normal(0, 0.8, images)
    number = 1 + rng.poisson(OBJECTS, images)
    image = np.repeat(np.arange(images), number)
    category = _categories(image, images, categories, rng)
    sides = _sides(len(image), rng)
    place = _places(image)
    corner = _corners(place)
    # harder categories are the same in every set: the middle of the list is easiest
    of_category = 0.5 * np.cos(2.4 * np.arange(categories))
    of_object = rng.normal(0, 0.6, len(image)) + 0.3 * np.log(sides.prod(axis=1) / 2500) / 2
    ease = 0.5 + of_category[category] - difficulty[image] + of_object
    boxes = np.concatenate([corner, sides], axis=1)
    models = [
        _predicted(ease, difficulty, image, category, boxes, categories, number, rng)
        for _ in range(2)
    ]
    other = models[1]
    models[1] = Predicted(other.image_id, other.category_id, other.score**3 / 2, other.boxes)
    return _coco(images, categories, image, category, boxes), (models[0], models[1])


def _categories(
    image: NDArray[np.intp], images: int, categories: int, rng: np.random.Generator
) -> NDArray[np.intp]:
    """The category of each object: one of the few that its image has."""
    kinds = 1 + rng.poisson(KINDS, images)
    own = rng.choice(categories, (images, int(kinds.max())), p=zipf(categories))
    return np.asarray(own[image, rng.integers(0, kinds[image])], np.intp)


def _places(image: NDArray[np.intp]) -> NDArray[np.intp]:
    """The number of each object within its image, from 0; image ascends."""
    first = np.searchsorted(image, image)
    return np.asarray(np.arange(len(image)) - first, np.intp)


def _corners(place: NDArray[np.intp]) -> NDArray[np.float64]:
    """The upper left corner of a place."""
    grid = np.stack([place % COLUMNS, place // COLUMNS], axis=1)
    return np.asarray(grid * SPACING, np.float64)


def _sides(number: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Widths and heights, float64, shape (number, 2)."""
    return np.asarray(np.exp(rng.uniform(log(SIDES[0]), log(SIDES[1]), (number, 2))), np.float64)


def _predicted(
    ease: NDArray[np.float64],
    difficulty: NDArray[np.float64],
    image: NDArray[np.intp],
    category: NDArray[np.intp],
    boxes: NDArray[np.float64],
    categories: int,
    number: NDArray[np.intp],
    rng: np.random.Generator,
) -> Predicted:
    """What one model predicts."""
    images = len(difficulty)
    own = ease + rng.normal(0, 0.4, images)[image] + rng.normal(0, 0.5, len(image))
    found = np.flatnonzero(own > MISSED)
    found = np.concatenate([found, found[rng.random(len(found)) < DUPLICATES]])
    quality = own[found] + rng.normal(0, 0.4, len(found))
    iou = 0.4 + 0.58 * _sigmoid(1.2 * quality)
    on_objects = boxes[found].copy()
    on_objects[:, 0] += on_objects[:, 2] * (1 - iou) / (1 + iou)  # two equal boxes, moved apart
    false = np.repeat(np.arange(images), rng.poisson(BACKGROUND * np.exp(0.4 * difficulty)))
    sides = _sides(len(false), rng)
    behind = number[false] + COLUMNS + _places(false)  # places that hold no object
    on_nothing = np.concatenate([_corners(behind), sides], axis=1)
    score = np.concatenate(
        [
            _sigmoid(quality + rng.normal(0, 0.6, len(found))),
            _sigmoid(rng.normal(-1, 1, len(false))),
        ]
    )
    return Predicted(
        image_id=1 + np.concatenate([image[found], false]),
        category_id=1
        + np.concatenate([category[found], rng.choice(categories, len(false), p=zipf(categories))]),
        score=score,
        boxes=np.concatenate([on_objects, on_nothing]),
    )


def _sigmoid(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(1 / (1 + np.exp(-values)), np.float64)


def _coco(
    images: int,
    categories: int,
    image: NDArray[np.intp],
    category: NDArray[np.intp],
    boxes: NDArray[np.float64],
) -> dict[str, Any]:
    """Ground truth as COCO writes it."""
    size = {"width": (COLUMNS + 1) * SPACING, "height": 20 * SPACING}
    rows = zip(image.tolist(), category.tolist(), boxes.tolist(), strict=True)
    return {
        "images": [{"id": each, **size} for each in range(1, images + 1)],
        "categories": [{"id": each, "name": f"c{each}"} for each in range(1, categories + 1)],
        "annotations": [
            {
                "id": at,
                "image_id": 1 + own,
                "category_id": 1 + kind,
                "bbox": box,
                "area": box[2] * box[3],
                "iscrowd": 0,
            }
            for at, (own, kind, box) in enumerate(rows, 1)
        ],
    }
