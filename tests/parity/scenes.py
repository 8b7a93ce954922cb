"""Random small data sets that hold what evaluators disagree on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.random import Generator
from pycocotools import mask as coco_mask

from tests.build import Mask, coco_rle

Record = dict[str, Any]
Pair = tuple[list[Record], dict[str, Any]]
"""Predictions and ground truth."""

SHAPES = ((48, 64), (70, 70), (101, 40), (1, 90), (60, 1), (33, 35), (130, 110))
"""(H, W) of images."""


def clean_pair(seed: int, *, boxes: bool = False, lvis: bool = False) -> Pair:
    """A pair that both of our modes must score as the official package does."""
    rng = np.random.default_rng(seed)
    gt = _ground_truth(rng)
    preds = _predictions(rng, gt)
    if boxes:
        for record in preds:
            box = coco_mask.toBbox(record.pop("segmentation"))
            record["bbox"] = (box + rng.normal(0, rng.choice([0, 1]), 4).round(2)).tolist()
    if lvis:
        _make_lvis(rng, gt)
    for annotation in gt["annotations"]:
        del annotation["mask"]
    return preds, gt


def nasty_pair(seed: int, *, boxes: bool = False, lvis: bool = False) -> Pair:
    """A pair with about two of the traps in it."""
    preds, gt = clean_pair(seed, boxes=boxes, lvis=lvis)
    rng = np.random.default_rng([seed, 1])
    traps = [*TRAPS, *(() if boxes else MASK_TRAPS), *(() if lvis else COCO_TRAPS)]
    for place in sorted(rng.choice(len(traps), 2, replace=False)):
        traps[place](rng, preds, gt)
    return preds, gt


def _ground_truth(rng: Generator) -> dict[str, Any]:
    """One to five images; annotations keep their pixels under the key mask."""
    ids = rng.choice(10**6, 5, replace=False) + 1
    images = [
        {"id": int(number), "height": height, "width": width, "file_name": f"{number}.jpg"}
        for number, (height, width) in zip(
            ids[: rng.integers(1, 6)], rng.permutation(SHAPES).tolist(), strict=False
        )
    ]
    categories = [
        {"id": int(number), "name": f"thing {number}"}
        for number in rng.choice(40, rng.integers(1, 5), replace=False) + 1
    ]
    annotations = []
    has_crowds = rng.random() < 0.4
    for number in range(int(rng.choice([0, 6, 12, 20]))):
        image = images[rng.integers(len(images))]
        mask, segmentation = _segment(rng, image["height"], image["width"])
        annotations.append(
            {
                "id": number + 1,
                "image_id": image["id"],
                "category_id": categories[rng.integers(len(categories))]["id"],
                "segmentation": segmentation,
                "area": float(mask.sum()),
                "bbox": coco_mask.toBbox(coco_rle(mask)).tolist(),
                "iscrowd": int(has_crowds and rng.random() < 0.3),
                "mask": mask,
            }
        )
    return {"images": images, "annotations": annotations, "categories": categories}


def _predictions(rng: Generator, gt: dict[str, Any]) -> list[Record]:
    """Several tries at each object, and some at nothing."""
    digits = int(rng.choice([1, 2, 12]))
    categories = [category["id"] for category in gt["categories"]]
    found = [
        (annotation["image_id"], annotation["category_id"], _disturbed(rng, annotation["mask"]))
        for annotation in gt["annotations"]
        for _ in range(rng.integers(0, 4))
    ]
    for _ in range(rng.integers(1, 8)):
        image = gt["images"][rng.integers(len(gt["images"]))]
        found.append((image["id"], rng.choice(categories), _pixels(rng, *_size(image))))
    if rng.random() < 0.15:  # more than the caps let through, most of them of one category
        image = gt["images"][0]
        small = _pixels(rng, *_size(image))
        for _ in range(int(rng.choice([14, 110, 310]))):
            category = categories[0] if rng.random() < 0.9 else rng.choice(categories)
            found.append((image["id"], category, small))
    records = [
        {
            "image_id": image_id,
            "category_id": int(rng.choice(categories) if rng.random() < 0.1 else category_id),
            "score": round(float(rng.random()), digits),
            "segmentation": coco_rle(mask),
        }
        for image_id, category_id, mask in found
    ]
    return [records[place] for place in rng.permutation(len(records))]


def _size(image: Record) -> tuple[int, int]:
    return image["height"], image["width"]


def _segment(rng: Generator, height: int, width: int) -> tuple[Mask, Any]:
    """Pixels, and how a file says it: polygons, a list of runs, or a compressed string."""
    if rng.random() < 0.4:
        parts = [_polygon(rng, height, width) for _ in range(rng.integers(1, 4))]
        rles = coco_mask.frPyObjects(parts, height, width)
        return coco_mask.decode(coco_mask.merge(rles)), parts
    mask = _pixels(rng, height, width)
    if rng.random() < 0.5:
        return mask, coco_rle(mask)
    edges = np.flatnonzero(np.diff(mask.ravel(order="F"), prepend=0))
    runs = np.diff(np.concatenate([[0], edges, [mask.size]]))
    return mask, {"size": [height, width], "counts": runs.tolist()}


def _polygon(rng: Generator, height: int, width: int) -> list[float]:
    """A star with corners at random distances, which may reach beyond the image."""
    corners = int(rng.integers(3, 9))
    turn = np.sort(rng.uniform(0, 2 * np.pi, corners))
    reach = rng.choice([0.0, 3.0, 20.0, 45.0]) * rng.random(corners)
    centre = rng.uniform(0, [[width], [height]])
    points = centre + reach * np.stack([np.cos(turn), np.sin(turn)])
    numbers: list[float] = points.T.ravel().round(int(rng.choice([0, 1, 2]))).tolist()
    return numbers


def _pixels(rng: Generator, height: int, width: int) -> Mask:
    """Nothing, everything, noise, 32 x 32 pixels, or an ellipse with a bar cut out."""
    mask = np.zeros((height, width), np.uint8)
    kind = rng.choice(
        ["nothing", "everything", "noise", "square", "ellipse"], p=[0.05, 0.05, 0.1, 0.2, 0.6]
    )
    if kind == "everything":
        mask[:] = 1
    elif kind == "noise":
        mask[:] = rng.random((height, width)) < rng.uniform(0.05, 0.95)
    elif kind == "square":
        top, left = rng.integers(0, max(height - 31, 1)), rng.integers(0, max(width - 31, 1))
        mask[top : top + 32, left : left + 32] = 1
    elif kind == "ellipse":
        y, x = np.ogrid[:height, :width]
        radii = rng.uniform(2, [height / 2 + 3, width / 2 + 3])
        middle = rng.uniform(0, [height, width])
        mask[((y - middle[0]) / radii[0]) ** 2 + ((x - middle[1]) / radii[1]) ** 2 <= 1] = 1
        mask[int(middle[0]), : int(middle[1])] = 0
    return mask


def _disturbed(rng: Generator, mask: Mask) -> Mask:
    """The same pixels, or shifted, or with some rows lost."""
    kind = rng.integers(3)
    if kind == 0:
        return mask
    if kind == 1:
        step = (int(rng.integers(-3, 4)), int(rng.integers(-3, 4)))
        return np.roll(mask, step, axis=(0, 1))
    lost = mask.copy()
    lost[: rng.integers(0, len(mask))] = 0
    return lost


def _make_lvis(rng: Generator, gt: dict[str, Any]) -> None:
    """What LVIS has and COCO has not, and no crowds."""
    ids = [category["id"] for category in gt["categories"]]
    for category in gt["categories"]:
        category["frequency"] = str(rng.choice(["r", "c", "f"]))
    for image in gt["images"]:
        image["neg_category_ids"] = [number for number in ids if rng.random() < 0.4]
        image["not_exhaustive_category_ids"] = [number for number in ids if rng.random() < 0.3]
    for annotation in gt["annotations"]:
        del annotation["iscrowd"]


# Traps: each is done to a pair in place.


def ids_from_zero(_: Generator, preds: list[Record], gt: dict[str, Any]) -> None:
    for annotation in gt["annotations"]:
        annotation["id"] -= 1


def repeated_annotation_ids(rng: Generator, preds: list[Record], gt: dict[str, Any]) -> None:
    for annotation in gt["annotations"]:
        if rng.random() < 0.3:
            annotation["id"] = max(1, annotation["id"] - int(rng.integers(1, 4)))


def repeated_images_and_categories(rng: Generator, preds: list[Record], gt: dict[str, Any]) -> None:
    gt["images"].append(dict(gt["images"][0]))
    gt["categories"].append({**gt["categories"][0], "name": "again"})


def unlisted_category(rng: Generator, preds: list[Record], gt: dict[str, Any]) -> None:
    for record in [*preds, *gt["annotations"]]:
        if rng.random() < 0.1:
            record["category_id"] = 77


def unlisted_image(rng: Generator, preds: list[Record], gt: dict[str, Any]) -> None:
    for annotation in gt["annotations"][:2]:
        annotation["image_id"] = 5_000_000


def areas_of_another_kind(rng: Generator, preds: list[Record], gt: dict[str, Any]) -> None:
    for annotation in gt["annotations"]:
        if rng.random() < 0.3:
            annotation["area"] = float(rng.choice([-3, 0, 1023.5, 1024, 9216, 1e10, 3e10]))


def ignored_annotations(rng: Generator, preds: list[Record], gt: dict[str, Any]) -> None:
    for annotation in gt["annotations"]:
        if rng.random() < 0.3:
            annotation["ignore"] = 1


def negative_scores(rng: Generator, preds: list[Record], gt: dict[str, Any]) -> None:
    for record in preds:
        record["score"] = -record["score"]


def no_predictions(_: Generator, preds: list[Record], gt: dict[str, Any]) -> None:
    preds.clear()


def boxes_beside_masks(rng: Generator, preds: list[Record], gt: dict[str, Any]) -> None:
    for record in preds:
        box = coco_mask.toBbox(record["segmentation"])
        record["bbox"] = (box * rng.choice([1, 1, 0.5, -1])).tolist()


def boxes_beside_later_masks(rng: Generator, preds: list[Record], gt: dict[str, Any]) -> None:
    for record in preds[1:]:
        if rng.random() < 0.5:
            record["bbox"] = [1.0, 1.0, 40.0, 40.0]


def masks_of_another_size(rng: Generator, preds: list[Record], gt: dict[str, Any]) -> None:
    for record in preds:
        if rng.random() < 0.2:
            record["segmentation"] = coco_rle(_pixels(rng, 55, 44))


def scores_that_are_no_numbers(rng: Generator, preds: list[Record], gt: dict[str, Any]) -> None:
    for record in preds:
        if rng.random() < 0.2:
            record["score"] = float(rng.choice([np.nan, np.inf, -np.inf]))


Trap = Callable[[Generator, list[Record], dict[str, Any]], None]

TRAPS: tuple[Trap, ...] = (
    ids_from_zero,
    repeated_annotation_ids,
    repeated_images_and_categories,
    unlisted_category,
    unlisted_image,
    areas_of_another_kind,
    ignored_annotations,
    negative_scores,
    no_predictions,
)
MASK_TRAPS: tuple[Trap, ...] = (
    boxes_beside_masks,
    boxes_beside_later_masks,
    masks_of_another_size,
)
COCO_TRAPS: tuple[Trap, ...] = (scores_that_are_no_numbers,)
