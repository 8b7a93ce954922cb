"""Predictions that the scanner refuses: Python reads or explains them."""

from __future__ import annotations

import json
import math
from typing import Any, NamedTuple

from segeval.data.coco.refused_segmentations import checked_segmentation, wrong_field
from segeval.data.files import Content
from segeval.data.id_values import id_value
from segeval.data.json.broken import broken_json
from segeval.data.keys import Key, shown_key
from segeval.data.recognisers import known_value, other_format
from segeval.errors import FormatError
from segeval.words import first_few

LIST_OF_PREDICTIONS = "a list of {image_id, category_id, segmentation, score}"

PREDICTIONS = f"predictions are {LIST_OF_PREDICTIONS}."

_REQUIRED = {
    "score": "Every prediction needs one; with equal scores AP depends on file order.",
    "image_id": "Every prediction needs one, the id of its image in the ground truth.",
    "category_id": (
        "Every prediction needs one, the id of its category in the ground truth; `agnostic=True` "
        "ignores categories."
    ),
}


LIKE_SCORE = ("confidence", "conf", "probability", "prob", "predicted_iou")
"""Names that others give to the score."""


class Row(NamedTuple):
    """The fields of one prediction."""

    image_id: Key
    category_id: Key
    score: float
    box: tuple[float, float, float, float]
    segmentation: Any

    @property
    def ids(self) -> tuple[Key, Key]:
        """The ids, in the order of the columns."""
        return self.image_id, self.category_id


def checked_prediction(record: Any) -> Row:
    """The fields of a parsed record.

    Raises:
        FormatError: names the field and the value; the caller adds file and record.
    """
    if not isinstance(record, dict):
        raise wrong_field("record", record, "an object with image_id, category_id and score")
    for name, why in _REQUIRED.items():
        if name not in record:
            image = record.get("image_id")
            where = ""
            if type(image) is int or isinstance(image, str):
                where = f"(image_id {shown_key(image)}) "
            other = next((each for each in LIKE_SCORE if each in record), None)
            option = None
            if name == "score" and other is not None:
                why = f"It has {other}: `score_field={other!r}` takes that one."
                option = "score_field"
            raise FormatError(
                f"{where}has no {name}. {why}", code=f"missing-{name}", field=name, option=option
            )
    return Row(
        image_id=id_value(record["image_id"], "image_id"),
        category_id=id_value(record["category_id"], "category_id"),
        score=_number(record["score"], "score"),
        box=_box(record.get("bbox")),
        segmentation=checked_segmentation(record.get("segmentation")),
    )


def numbered(error: FormatError, source: str, index: int) -> FormatError:
    """An error of one record with its file and place in the list."""
    if error.path is not None:
        return error
    joint = " " if error.message.startswith(("has no", "(image_id")) else ": "
    message = f"{source}: prediction #{index}{joint}{error.message}"
    return error.placed(message, path=source, index=index)


def not_a_list(content: Content) -> FormatError:
    """Why something that does not begin with a bracket is not a list of predictions."""
    name = content.name
    if content.begins != b"{":
        return broken_json(content, PREDICTIONS, "not-predictions")
    try:
        value = json.loads(content.data.tobytes())
    except (ValueError, RecursionError):
        return broken_json(content, PREDICTIONS, "not-predictions")
    if not isinstance(value, dict):
        return broken_json(content, PREDICTIONS, "not-predictions")
    known = known_value(value)
    if known is not None:
        return other_format(name, known, LIST_OF_PREDICTIONS)
    if "annotations" in value:
        return FormatError(
            f"{name}: is ground truth (its annotations have no score); {PREDICTIONS}",
            code="swapped",
            path=name,
        )
    keys = sorted(value)
    listed = first_few(keys, 4)
    return FormatError(
        f"{name}: holds an object with {f'keys {listed}' if keys else 'no keys'}; {PREDICTIONS}",
        code="not-predictions",
        path=name,
    )


def _number(value: Any, name: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise wrong_field(name, value, "a number")
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def _box(value: Any) -> tuple[float, float, float, float]:
    if value is None or value == []:
        return (math.nan,) * 4
    if not isinstance(value, list) or len(value) != 4:
        raise wrong_field("bbox", value, "four numbers x, y, width, height", code="bad-box")
    x, y, w, h = (_number(side, "bbox") for side in value)
    return x, y, w, h
