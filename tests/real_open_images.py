"""Open Images: a stored case and real predictions, against the numbers of the official tool."""

from __future__ import annotations

import csv
import json
import random
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from segeval.data.open_images.mask_text import mask_text
from segeval.metrics.open_images import open_images_ap
from tests.open_images_files import BOXES, LABELS, MASKS, PREDS, write_csv

TOLERANCE = 1e-12

ORDERS = 12
"""So many orders of equal scores are tried to find the classes whose AP depends on it."""

Check = tuple[str, Callable[[], str | None]]
"""A name, and what finds a difference to tell of."""


def checks(folder: Path) -> Iterator[Check]:
    """Every check there is; `folder` holds `data`."""
    case = folder / "data" / "parity" / "openimages_basic"
    for compat in ("official", None):
        yield f"parity/{case.name} {compat or 'default'}", partial(stored_case, case, compat)
    tiny = folder / "data" / "coco_tiny"
    yield f"{tiny.name} 320.oid_view", partial(two_orders, tiny)


def stored_case(case: Path, compat: str | None) -> str | None:
    """What differs from expected.json, with the case written as CSV files."""
    expected = read(case / "expected.json")
    with tempfile.TemporaryDirectory() as name:
        files = as_csv(read(case / "gt.json"), read(case / "dt.json"), Path(name))
        result = open_images_ap(
            files["preds"],
            files["masks"],
            boxes=files["boxes"],
            labels=files["labels"],
            group_of_weight=expected["params"]["group_of_weight"],
            compat=compat,
        )
    numbers = {each.name: each.ap50 for each in result.scores["segm"].categories}
    for key, value in expected["stats"].items():
        ours = numbers[key.rpartition("/")[2]] if "Category" in key else result.ap50
        if ours is None or not abs(ours - value) <= TOLERANCE:
            return f"{key} is {ours!r}, official {value!r}"
    return None


def as_csv(gt: Any, preds: Any, folder: Path) -> dict[str, Path]:
    """The case as the files of Open Images."""
    names = {each["id"]: each["name"] for each in gt["categories"]}
    rows: dict[str, list[tuple[Any, ...]]] = {"masks": [], "boxes": [], "labels": [], "preds": []}
    for image, about in gt["images"].items():
        height, width = about["size"]
        rows["labels"] += [(image, names[label], 1) for label in about["image_labels"]]
        for one in about["instances"]:
            top, left, bottom, right = one["box"]
            sides = (left, right, top, bottom, one["group_of"])
            rows["boxes"].append((image, names[one["class"]], 1, *sides))
            if one["mask"] is not None:
                text = mask_text(one["mask"]["counts"].encode())
                rows["masks"].append((image, names[one["class"]], width, height, *sides, text))
    for image, about in preds["images"].items():
        height, width = about["size"]
        for one in about["detections"]:
            text = mask_text(one["mask"]["counts"].encode())
            rows["preds"].append((image, width, height, names[one["class"]], one["score"], text))
    headers = {"masks": MASKS, "boxes": BOXES, "labels": LABELS, "preds": PREDS}
    return {
        name: write_csv(folder / f"{name}.csv", headers[name], found)
        for name, found in rows.items()
    }


def two_orders(folder: Path) -> str | None:
    """Real predictions: the same AP wherever the order of equal scores does not matter."""
    expected = read(folder / "reference.json")["320.oid_view"]
    view = folder / "oid_view"
    per_class = expected["per_class_AP@0.5"]
    first, mean = numbers_of(view, view)
    if not abs(mean - expected["mAP@0.5"]) <= 0.005:
        return f"mAP is {mean!r}, official {expected['mAP@0.5']!r}"
    if first.keys() != per_class.keys():
        return f"classes differ: {first.keys() ^ per_class.keys()}"
    settled = set(first)
    for seed in range(ORDERS):
        with tempfile.TemporaryDirectory() as name:
            reorder(view, Path(name), seed)
            other, _ = numbers_of(Path(name), view)
        settled = {key for key in settled if other[key] == first[key]}
    differing = [key for key in settled if not abs(first[key] - per_class[key]) <= TOLERANCE]
    if differing or len(settled) < 30:
        return f"{len(settled)} classes do not depend on the order, of which differ {differing}"
    return None


def numbers_of(files: Path, view: Path) -> tuple[dict[str, float], float]:
    """AP of every class and the mean."""
    result = open_images_ap(
        files / "predictions-segm.csv",
        files / "annotations-segm.csv",
        boxes=files / "annotations-bbox.csv",
        labels=files / "annotations-labels.csv",
        hierarchy=view / "hierarchy.json",
        expand_predictions=True,
    )
    classes = result.scores["segm"].categories
    return {each.name: each.ap50 or 0.0 for each in classes}, result.ap50 or 0.0


def reorder(view: Path, folder: Path, seed: int) -> None:
    """The same files with other names of the images and another order of the predictions."""
    shuffled = random.Random(seed)
    with (view / "predictions-segm.csv").open(newline="") as file:
        images = sorted({row["ImageID"] for row in csv.DictReader(file)})
    names = images.copy()
    shuffled.shuffle(names)
    renamed = dict(zip(images, names, strict=True))
    for path in view.glob("*-*.csv"):
        with path.open(newline="") as file:
            header, *rows = csv.reader(file)
        place = header.index("ImageID")
        for row in rows:
            row[place] = renamed.get(row[place], f"other {row[place]}")
        if path.name.startswith("predictions"):
            shuffled.shuffle(rows)
        write_csv(folder / path.name, header, rows)


def read(path: Path) -> Any:
    """A JSON file."""
    return json.loads(path.read_text(encoding="utf-8"))
