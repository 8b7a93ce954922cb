"""A small synthetic data set: furniture in rooms, and two imaginary models that look at it.

The objects make mask evaluation interesting: thin legs, holes, and sizes from a few dozen pixels to
most of the image. The better model sees them almost perfectly; the weaker one draws rougher
outlines, loses legs, fills holes, misses objects and takes chairs for stools.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from segeval.data.synthetic.shapes import CATALOGUE, Points, Shape
from segeval.errors import InputError
from segeval.frozen import frozen
from segeval.masks import Polygons, RunLengths, area, boxes, compress, difference, rasterise

IMAGE_SIZES = ((640, 960), (768, 1024), (960, 720), (800, 1200), (1200, 1200))
"""(H, W) in pixels."""

MEDIAN_SIDE = 230.0
"""Median square root of the area of an object's box, in pixels."""

NAMES = tuple(CATALOGUE)
"""Category names; ids are positions from 1."""


@frozen
class ImaginaryModel:
    """The mistakes of a model, as probabilities and typical sizes.

    Attributes:
        blur: typical error of place, size and outline, as a fraction of the object's side.
        misses: probability of missing an object of median size; small ones are missed more often.
        confusions: probability of taking an object for a similar kind.
        thin_lost: probability of overlooking a leg or a pole.
        holes_filled: probability of overlooking a hole.
        duplicates: probability of predicting an object twice.
        inventions: mean number of predictions per image where there is nothing.
    """

    blur: float
    misses: float
    confusions: float
    thin_lost: float
    holes_filled: float
    duplicates: float
    inventions: float


BETTER = ImaginaryModel(
    blur=0.012, misses=0.05, confusions=0.05, thin_lost=0.05, holes_filled=0.08, duplicates=0.06,
    inventions=0.8,
)  # fmt: skip
WEAKER = ImaginaryModel(
    blur=0.026, misses=0.11, confusions=0.10, thin_lost=0.30, holes_filled=0.35, duplicates=0.15,
    inventions=2.0,
)  # fmt: skip


@frozen(eq=False, repr=False)
class SyntheticSet:
    """Ground truth and the predictions of two models, ready to be written as JSON.

    Attributes:
        ground_truth: a COCO object with info, images, categories and annotations.
        better: records of the better model: image_id, category_id, segmentation, score.
        weaker: records of the weaker model.
    """

    ground_truth: dict[str, Any]
    better: list[dict[str, Any]]
    weaker: list[dict[str, Any]]

    def __repr__(self) -> str:
        """One line: how much there is."""
        return f"SyntheticSet({len(self.ground_truth['images'])} images)"

    def to_json(self) -> dict[str, bytes]:
        """The same as three files: gt.json, model_a.json (the better) and model_b.json."""
        encode = msgspec.json.encode
        return {
            "gt.json": encode(self.ground_truth),
            "model_a.json": encode(self.better),
            "model_b.json": encode(self.weaker),
        }


@frozen(eq=False)
class _Object:
    """One thing in a room, or one that a model believes in; `shape` is in pixels."""

    image: int
    category: int
    shape: Shape
    is_crowd: bool = False
    score: float = 1.0


def furniture(seed: int = 0, *, images: int = 40, objects: float = 7.0) -> SyntheticSet:
    """Rooms with furniture, and the predictions of two imaginary models.

    Objects of one image may overlap without hiding each other. Masks without holes are polygons,
    those with holes compressed runs, crowd regions lists of runs. Equal arguments give equal data.

    Args:
        seed: seed of the random numbers, at least 0.
        images: number of images, at least 1.
        objects: mean number of objects per image, at least 0.

    Raises:
        InputError: if an argument is out of range.

    Example:
        >>> made = furniture(images=2)
        >>> sorted(made.ground_truth)
        ['annotations', 'categories', 'images', 'info']
        >>> sorted(made.better[0])
        ['category_id', 'image_id', 'score', 'segmentation']
    """
    if seed < 0 or images < 1 or objects < 0:
        raise InputError(
            f"seed={seed}, images={images}, objects={objects}: expected a seed and a number of "
            "objects of at least 0, and at least one image.",
            code="synthetic",
        )
    rng = np.random.default_rng(seed)
    sizes = np.array(IMAGE_SIZES, np.int32)[rng.integers(len(IMAGE_SIZES), size=images)]
    things = [thing for i in range(images) for thing in _room(i, sizes[i], objects, rng)]
    return SyntheticSet(
        _ground_truth(things, sizes, seed),
        _predictions(_seen(things, sizes, BETTER, rng), sizes),
        _predictions(_seen(things, sizes, WEAKER, rng), sizes),
    )


def placed(category: int, size: NDArray[np.int32], side: float, rng: Generator) -> Shape:
    """A piece of furniture of about side x side pixels somewhere in an image of (H, W)."""
    kind = CATALOGUE[NAMES[category]]
    stretch = np.sqrt(kind.aspect * rng.uniform(0.8, 1.25))
    room = size[::-1].astype(np.float64)
    extent = np.minimum(side * np.array([stretch, 1 / stretch]), 0.94 * room)
    corner = rng.random(2) * (room - extent)
    return kind.draw(rng).moved(lambda part: np.round(corner + part * extent, 2))


def _room(image: int, size: NDArray[np.int32], objects: float, rng: Generator) -> list[_Object]:
    """The furniture of one image; one room in six also has a row of chairs as a crowd."""
    things = []
    for _ in range(rng.poisson(objects)):
        side = np.clip(np.exp(rng.normal(np.log(MEDIAN_SIDE), 0.65)), 36, 0.8 * size.min())
        category = int(rng.integers(len(NAMES)))
        things.append(_Object(image, category, placed(category, size, side, rng)))
    if image % 6 == 2:
        category = NAMES.index("chair")
        chair = placed(category, size, 0.13 * size.min(), rng)
        width = 0.9 * float(np.ptp(chair.solids[1][:, 0]))
        steps = [np.array([x, 0.0]) for x in width * np.arange(4)]
        crowd = Shape(
            tuple(part + step for step in steps for part in chair.solids),
            tuple(part + step for step in steps for part in chair.thin),
        )
        things.append(_Object(image, category, crowd, is_crowd=True))
    return things


def _seen(
    things: Sequence[_Object], sizes: NDArray[np.int32], model: ImaginaryModel, rng: Generator
) -> list[_Object]:
    """What a model predicts in all images, in order of the images."""
    seen = []
    for thing in things:
        corners = np.concatenate(thing.shape.solids)
        side = float(np.sqrt(np.prod(np.ptp(corners, axis=0))))
        if rng.random() < model.misses * np.sqrt(MEDIAN_SIDE / side):
            continue
        for _ in range(1 + (rng.random() < model.duplicates)):
            # How hard this object is for the model: most are easy, a few are very hard.
            trouble = rng.gamma(2.0, 0.5) * np.sqrt(np.sqrt(MEDIAN_SIDE / side))
            category = thing.category
            if rng.random() < model.confusions * (0.5 + trouble):
                category = NAMES.index(CATALOGUE[NAMES[category]].resembles)
                trouble += 0.8
            shape = _blurred(thing.shape, side, model, trouble, rng)
            score = _score(1 - 9 * model.blur * trouble, rng)
            seen.append(_Object(thing.image, category, shape, score=score))
    for image, size in enumerate(sizes):
        for _ in range(rng.poisson(model.inventions)):
            side = rng.uniform(0.08, 0.4) * size.min()
            category = int(rng.integers(len(NAMES)))
            shape = placed(category, size, side, rng)
            seen.append(_Object(image, category, shape, score=_score(rng.beta(1.5, 4), rng)))
    return sorted(seen, key=lambda thing: thing.image)


def _score(quality: float, rng: Generator) -> float:
    """A score in (0, 1) that grows with quality, but not exactly."""
    believed = quality + rng.normal(0, 0.09)
    return round(float(1 / (1 + np.exp(6 * (0.5 - believed)))), 6)


def _blurred(
    shape: Shape, side: float, model: ImaginaryModel, trouble: float, rng: Generator
) -> Shape:
    """A shape as a model draws it: moved, resized, with wavy outlines, without some details."""
    error = model.blur * trouble
    centre = np.concatenate(shape.solids).mean(axis=0)
    shift = rng.normal(0, error * side / 2, 2)
    scale = np.exp(rng.normal(0, error, 2))

    def change(part: Points) -> Points:
        pieces = max(1, 16 // len(part))
        along = np.linspace(0, 1, pieces, endpoint=False)[:, None]
        finer = part[:, None] + along * (np.roll(part, -1, axis=0) - part)[:, None]
        wave = rng.normal(0, error * side / 4, (len(part) * pieces, 2))
        moved: Points = centre + shift + (finer.reshape(-1, 2) - centre) * scale + wave
        return np.round(moved, 2)

    kept = Shape(
        shape.solids,
        tuple(part for part in shape.thin if rng.random() >= model.thin_lost),
        tuple(part for part in shape.holes if rng.random() >= model.holes_filled),
    )
    return kept.moved(change)


def mask_column(masks: Sequence[Sequence[Points]]) -> Polygons:
    """Polygons of N masks as one column."""
    parts = [part for mask in masks for part in mask]
    return Polygons(
        np.concatenate([np.empty((0, 2)), *parts]),
        np.cumsum([0, *(len(part) for part in parts)], dtype=np.int64),
        np.cumsum([0, *(len(mask) for mask in masks)], dtype=np.int64),
    )


def _masks(things: Sequence[_Object], sizes: NDArray[np.int32]) -> RunLengths:
    """The pixels of every object."""
    per_mask = sizes[[thing.image for thing in things]].reshape(-1, 2)
    filled = rasterise(mask_column([t.shape.solids + t.shape.thin for t in things]), per_mask)
    return difference(filled, rasterise(mask_column([t.shape.holes for t in things]), per_mask))


def _ground_truth(things: Sequence[_Object], sizes: NDArray[np.int32], seed: int) -> dict[str, Any]:
    """A COCO object of all rooms, without objects that cover no pixel."""
    masks = _masks(things, sizes)
    strings = compress(masks).strings()
    areas, xywh = area(masks), boxes(masks)
    annotations: list[dict[str, Any]] = []
    for i, thing in enumerate(things):
        if areas[i] == 0:
            continue
        segmentation: Any
        if thing.is_crowd:
            segmentation = {"size": masks.sizes[i].tolist(), "counts": masks.runs(i).tolist()}
        elif thing.shape.holes:
            segmentation = {"size": masks.sizes[i].tolist(), "counts": strings[i]}
        else:
            segmentation = [p.ravel().tolist() for p in thing.shape.solids + thing.shape.thin]
        annotations.append(
            {
                "id": len(annotations) + 1,
                "image_id": thing.image + 1,
                "category_id": thing.category + 1,
                "segmentation": segmentation,
                "area": float(areas[i]),
                "bbox": xywh[i].astype(np.float64).tolist(),
                "iscrowd": int(thing.is_crowd),
            }
        )
    return {
        "info": {"description": "segeval synthetic furniture", "version": "1", "seed": seed},
        "images": [
            {"id": i + 1, "file_name": f"room_{i + 1:04}.png", "height": int(h), "width": int(w)}
            for i, (h, w) in enumerate(sizes)
        ],
        "categories": [{"id": i + 1, "name": name} for i, name in enumerate(NAMES)],
        "annotations": annotations,
    }


def _predictions(things: Sequence[_Object], sizes: NDArray[np.int32]) -> list[dict[str, Any]]:
    """Prediction records with compressed masks, without those that cover no pixel."""
    masks = _masks(things, sizes)
    shown = np.flatnonzero(area(masks)).tolist()
    strings = compress(masks).strings()
    return [
        {
            "image_id": things[i].image + 1,
            "category_id": things[i].category + 1,
            "segmentation": {"size": masks.sizes[i].tolist(), "counts": strings[i]},
            "score": things[i].score,
        }
        for i in shown
    ]
