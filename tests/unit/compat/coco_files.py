"""Small data sets for both packages: odd sizes, crowd regions, ties, and masks of every form."""

from __future__ import annotations

import copy
import io
import re
from collections.abc import Callable
from contextlib import redirect_stdout
from typing import Any

import numpy as np
import pycocotools.mask as masks
from pycocotools.coco import COCO as TheirCOCO
from pycocotools.cocoeval import COCOeval as TheirCOCOeval

from segeval.compat.pycocotools import COCO, COCOeval

ours, theirs = (COCO, COCOeval), (TheirCOCO, TheirCOCOeval)

Record = dict[str, Any]

SIDE = 64
"""Height of images in pixels; they are 16 wider."""

IMAGES = 12

CATEGORIES = (3, 1, 7)


def truth(seed: int = 0) -> Record:
    """Ground truth: polygons, and crowd regions as lists of counts."""
    random = np.random.default_rng(seed)
    anns: list[Record] = []
    for image in range(IMAGES - 1):  # the last image is empty
        for _ in range(int(random.integers(0, 6))):
            x, y, side = random.uniform(0, 40), random.uniform(0, 30), random.uniform(4, 36)
            part = [x, y, x + side, y, x + side, y + side / 2, x, y + side * 0.9]
            record = {
                "id": len(anns) + 1,
                "image_id": image * 5 + 2,
                "category_id": int(random.choice(CATEGORIES[:2])),
                "bbox": [x, y, side, side * 0.9],
                "area": side * side * 0.7,
                "iscrowd": 0,
                "segmentation": [part] if random.random() < 0.7 else [part, [1, 1, 9, 2, 5, 8]],
            }
            if random.random() < 0.2:
                record["iscrowd"] = 1
                record["segmentation"] = {"size": [SIDE, SIDE + 16], "counts": [500, 2000, 2620]}
            anns.append(record)
    return {
        "info": {"description": "small", "year": 2026},
        "images": [
            {"id": image * 5 + 2, "height": SIDE, "width": SIDE + 16, "file_name": f"{image}.jpg"}
            for image in reversed(range(IMAGES))
        ],
        "categories": [
            {"id": each, "name": f"c{each}", "supercategory": "things" if each > 1 else "stuff"}
            for each in CATEGORIES
        ],
        "annotations": anns,
    }


def predictions(seed: int = 0, *, boxes: bool = True, masks_too: bool = True) -> list[Record]:
    """Predictions near the objects, with ties of scores, duplicates and inventions."""
    random = np.random.default_rng(seed + 100)
    found = []
    for ann in truth(seed)["annotations"] * 2:
        shift = random.normal(0, 2, 2)
        x, y, width, height = ann["bbox"]
        box = [float(x + shift[0]), float(y + shift[1]), width, float(height + shift.sum())]
        record: Record = {
            "image_id": ann["image_id"],
            "category_id": ann["category_id"] if random.random() < 0.9 else 7,
            "score": round(float(random.random()), 1),
        }
        if boxes:
            record["bbox"] = box
        if masks_too:
            left, top, right, bottom = box[0], box[1], box[0] + width, box[1] + box[3]
            part = np.array([left, top, right, top, right, bottom, left, bottom])
            [mask] = masks.frPyObjects([part], SIDE, SIDE + 16)
            record["segmentation"] = {"size": mask["size"], "counts": mask["counts"].decode()}
        found.append(record)
    return found


def both(dataset: Record) -> tuple[COCO, Any]:
    """The data set in segeval's and in pycocotools' object, each with a copy of its own."""
    pair = COCO(), TheirCOCO()
    for coco in pair:
        coco.dataset = copy.deepcopy(dataset)
        coco.createIndex()
    return pair


def assert_alike(found: Any, expected: Any) -> None:
    """Equal values of equal types, arrays included."""
    assert type(found) is type(expected)
    if isinstance(expected, dict):
        assert list(found) == list(expected)
        for key in expected:
            assert_alike(found[key], expected[key])
    elif isinstance(expected, list):
        assert len(found) == len(expected)
        for one, other in zip(found, expected, strict=True):
            assert_alike(one, other)
    elif isinstance(expected, np.ndarray):
        assert (found.dtype, found.shape) == (expected.dtype, expected.shape)
        np.testing.assert_array_equal(found, expected)
    else:
        assert found == expected


def evaluated(
    dataset: Record, results: Any, kind: str, change: Callable[[Any], None] = lambda _: None
) -> tuple[COCOeval, Any]:
    """An evaluation by segeval and by pycocotools, whose printed words are the same."""
    found, words = [], []
    for package in (ours, theirs):
        printed = io.StringIO()
        with redirect_stdout(printed):
            coco = package[0]()
            coco.dataset = copy.deepcopy(dataset)
            coco.createIndex()
            evaluation = package[1](coco, coco.loadRes(copy.deepcopy(results)), kind)
            change(evaluation.params)
            evaluation.evaluate()
            evaluation.accumulate()
            if len(evaluation.params.maxDets) > 2:
                evaluation.summarize()
        found.append(evaluation)
        words.append(re.sub(r"t=[0-9.]+s", "t=s", printed.getvalue()))
    assert words[0] == words[1]
    return found[0], found[1]


def assert_same_curves(found: Any, expected: Any) -> None:
    """Equal arrays of `eval`, to the last bit."""
    for name in ("counts", "precision", "recall", "scores"):
        assert_alike(found.eval[name], expected.eval[name])
