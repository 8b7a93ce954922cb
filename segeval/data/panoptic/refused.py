"""Refusals of files that are not panoptic: what they are instead, or which record is wrong."""

from __future__ import annotations

import json
import re
from typing import Any

import msgspec

from segeval.data.files import Content
from segeval.data.json.broken import broken_json, shown
from segeval.data.keys import shown_key
from segeval.data.recognisers import known_value, other_format
from segeval.errors import FormatError

PANOPTIC = "a panoptic file is an object with annotations {image_id, file_name, segments_info}"

_EXPECTED = {
    "id": "a whole number from 1 to 16777215; 0 is void in the picture",
    "area": "a number of pixels, 0 or more",
    "iscrowd": "0 or 1",
    "isthing": "0 or 1",
    "file_name": "the name of a picture",
    "segments_info": "a list of segments",
    "bbox": "four numbers x, y, width, height",
    "name": "a text",
}

_SECTIONS = {
    "annotations": "annotation",
    "categories": "category",
    "images": "image",
    "segments_info": "segment",
}
"""The lists of records, and the name of one of them in messages."""


def has_segments(content: Content) -> bool:
    """Whether a file of JSON has a panoptic annotation, however wrong all else in it is."""
    data = content.data.tobytes()
    if b"segments_info" not in data and b"\\u" not in data:  # as JSON may write its letters
        return False
    try:
        file = json.loads(data)
    except (ValueError, RecursionError):
        return False
    annotations = file.get("annotations") if isinstance(file, dict) else None
    return isinstance(annotations, list) and any(
        isinstance(each, dict) and "segments_info" in each for each in annotations
    )


def explained(content: Content, error: Exception) -> FormatError:
    """Why a file cannot be read as a panoptic one.

    Args:
        content: the whole file.
        error: the typed parser's error.
    """
    name = content.name
    try:
        file = json.loads(content.data.tobytes())
    except (ValueError, RecursionError):
        return broken_json(content, f"{PANOPTIC}.", "not-ground-truth")
    known = None if has_segments(content) else known_value(file)
    if known is not None:
        return other_format(name, known, PANOPTIC.partition(" is ")[2])
    other = _other_kind(file)
    if other:
        return FormatError(f"{name}: {other}; {PANOPTIC}.", code="not-panoptic", path=name)
    if not isinstance(error, msgspec.ValidationError):
        return FormatError(
            f"{name}: not valid JSON: {error}. JSON has neither NaN nor Infinity.",
            code="bad-json",
            path=name,
        )
    return _wrong_field(name, file, str(error))


def _other_kind(file: Any) -> str:
    """What a file is instead of panoptic, in words; "" if it may be panoptic."""
    if isinstance(file, list):
        return "holds a list, as predictions of instances do"
    if not isinstance(file, dict):
        return f"holds {shown(file, 40)}"
    if not isinstance(file.get("annotations"), list):
        return f"has no list of annotations, but {', '.join(sorted(file)[:6]) or 'nothing'}"
    first = next(iter(file["annotations"]), None)
    if isinstance(first, dict) and "segments_info" not in first:
        if "segmentation" in first or "bbox" in first:
            return "holds instances (its annotations have no segments_info, but a mask or box each)"
        return "its annotations have no segments_info"
    return ""


def _wrong_field(name: str, file: Any, error: str) -> FormatError:
    """Our words for the typed parser's error about a field of a record."""
    reason, _, path = error.partition(" - at ")
    keys = re.findall(r"\.(\w+)|\[(\d+)\]", path)
    place: list[str] = []
    value = file
    for word, number in keys:
        value = value.get(word) if word else value[int(number)]
        if number:
            place[-1:] = [f"{_singular(place[-1])} #{number}"]
        else:
            place.append(word)
    image = _image_of(file, keys)
    missing = re.search(r"missing required field `(\w+)`", reason)
    field = missing[1] if missing else next(word for word, _ in reversed(keys) if word)
    if missing:
        what = f"{' '.join(place)}{image} has no {field}"
    elif len(place) == 1 or (keys[-1][1] and field in _SECTIONS):  # a section, or a record of one
        expected = "an object" if keys[-1][1] else "a list"
        what = f"{' '.join(place)}{image} is {shown(value, 40)}, expected {expected}"
    else:
        *record, name_of_value = place
        expected = "a number" if keys[-1][1] else _EXPECTED.get(field, "a whole number")
        if field == "id" and not record[-1].startswith("segment"):
            expected = "a whole number"
        what = (
            f"{' '.join(record)}{image}: {name_of_value} is {shown(value, 40)}, expected {expected}"
        )
    index = next((int(number) for _, number in keys if number), None)
    return FormatError(f"{name}: {what}.", code="bad-field", path=name, index=index, field=field)


def _singular(section: str) -> str:
    """The name of one record of a list in messages."""
    return _SECTIONS.get(section, section)


def _image_of(file: Any, keys: list[tuple[str, str]]) -> str:
    """The image of a path within the annotations, in brackets."""
    if len(keys) < 3 or keys[0][0] != "annotations":
        return ""
    image = file["annotations"][int(keys[1][1])].get("image_id")
    return f" (image_id {shown_key(image)})" if isinstance(image, int | str) else ""
