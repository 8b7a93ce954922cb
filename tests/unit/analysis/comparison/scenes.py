"""A small data set with predictions of two models, and fields of its images to divide it by."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from segeval.data.synthetic import furniture

WEATHER = ("rain", "sun", "fog")


@cache
def _texts() -> dict[str, str]:
    files: dict[str, Any] = {k: json.loads(v) for k, v in furniture().to_json().items()}
    for place, image in enumerate(files["gt.json"]["images"]):
        image["weather"] = WEATHER[place % 7 % 3]
        image["scene"] = place // 3
        image["night"] = place % 2 == 0
        image["tags"] = ["a"]
    return {name: json.dumps(value) for name, value in files.items()}


def rooms() -> tuple[list[dict[str, Any]], list[dict[str, Any]], dict[str, Any]]:
    """Predictions of the weaker and the better model, and 40 images of ground truth."""
    weaker, better, gt = (
        json.loads(_texts()[name]) for name in ("model_b.json", "model_a.json", "gt.json")
    )
    return weaker, better, gt


def some_rooms(number: int) -> tuple[list[dict[str, Any]], list[dict[str, Any]], dict[str, Any]]:
    """The same for the first images only."""
    weaker, better, gt = rooms()
    images = gt["images"][:number]
    ids = {image["id"] for image in images}
    gt["images"] = images
    gt["annotations"] = [each for each in gt["annotations"] if each["image_id"] in ids]
    kept = [[each for each in preds if each["image_id"] in ids] for preds in (weaker, better)]
    return kept[0], kept[1], gt
