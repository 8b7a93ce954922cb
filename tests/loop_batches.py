"""Files in the form of COCO as a training loop holds them: two dictionaries per image."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from segeval import APResult, Metric
from segeval.data.coco.read_ground_truth import load_ground_truth
from segeval.masks import decode_one

Item = tuple[Any, dict[str, Any], dict[str, Any]]
"""Id, predictions and ground truth of an image."""

FIELDS = {"labels": "category_id", "masks": "segmentation", "boxes": "bbox", "scores": "score"}
FIELDS |= {name: name for name in ("area", "iscrowd", "ignore")}
LISTS = ("neg_category_ids", "not_exhaustive_category_ids", "file_name")


def batch_items(preds: Sequence[Any], gt: dict[str, Any]) -> list[Item]:
    """The images of two files."""
    found: dict[Any, list[Any]] = {image["id"]: [] for image in gt["images"]}
    truth: dict[Any, list[Any]] = {image["id"]: [] for image in gt["images"]}
    for record in preds:
        found[record["image_id"]].append(record)
    for record in gt["annotations"]:
        truth[record["image_id"]].append(record)
    items = []
    for image in gt["images"]:
        targets = {"size": (image["height"], image["width"]), **_columns(truth[image["id"]])}
        targets |= {name: image[name] for name in LISTS if name in image}
        items.append((image["id"], {"scores": [], **_columns(found[image["id"]])}, targets))
    return items


def _columns(records: list[Any]) -> dict[str, Any]:
    """Fields of records, each as one list."""
    columns = {
        name: [record[field] for record in records]
        for name, field in FIELDS.items()
        if records and all(field in record for record in records)
    }
    return {"labels": [], **columns}


def with_dense_masks(item: Item) -> Item:
    """The image with bool arrays in place of what its files hold."""
    key, preds, targets = item
    height, width = targets["size"]
    image = {"id": 1, "height": height, "width": width}

    def dense(side: dict[str, Any]) -> dict[str, Any]:
        if "masks" not in side:
            return side
        category = {"image_id": 1, "category_id": 1, "area": 1, "bbox": [0, 0, 1, 1], "iscrowd": 0}
        records = [
            {"id": place + 1, "segmentation": mask, **category}
            for place, mask in enumerate(side["masks"])
        ]
        file = {"images": [image], "categories": [{"id": 1}], "annotations": records}
        masks = load_ground_truth(file).masks
        pixels = [decode_one(masks, place) for place in range(len(masks))]
        return {**side, "masks": np.array(pixels, bool).reshape(-1, height, width)}

    return key, dense(preds), dense(targets)


def updated(metric: Metric, items: Sequence[Item], size: int = 1) -> Metric:
    """The metric with all images, in batches of a size."""
    for start in range(0, len(items), size):
        metric.update(*map(list, zip(*items[start : start + size], strict=True)))
    return metric


def numbers(result: APResult) -> dict[str, Any]:
    """All numbers and settings of a result."""
    document = result.to_dict(per_image=True)
    return {key: document[key] for key in ("results", "settings")}


def parts_of(items: Sequence[Item], count: int, new: Callable[[], Metric]) -> list[Metric]:
    """Metrics of every n-th image."""
    return [updated(new(), items[place::count], 2) for place in range(count)]
