"""Ground-truth files that the typed parser refuses: Python reads or explains them.

Python's json accepts NaN and Infinity, and to Python an id of 7.0 equals 7. So pycocotools reads
files that a strict parser refuses.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from segeval.data.coco.refused_segmentations import checked_segmentation
from segeval.data.files import Content
from segeval.data.id_values import id_value
from segeval.data.json.broken import broken_json, shown
from segeval.data.json.count_lists import counts_defect
from segeval.data.json.polygon_lists import polygon_defect
from segeval.data.keys import Key, shown_key
from segeval.data.recognisers import known_value, other_format
from segeval.errors import FormatError
from segeval.words import more_like_it

GROUND_TRUTH = "ground truth is an object with images, annotations and categories"

NOUNS = {"images": "image", "annotations": "annotation", "categories": "category"}
"""The lists of a file, and the names of their records in messages."""

WHAT_FIELDS_ARE = {
    "id": "an id of its own",
    "image_id": "the id of its image",
    "category_id": "the id of its category",
}
"""What records need, in messages."""

_SIDES = {"height", "width"}

_IDS = {"id", "image_id", "category_id"}

_WHOLE = {*_IDS, "height", "width", "iscrowd", "ignore"}
"""Fields that hold whole numbers."""

_FINITE = {
    "area": "a finite number",
    "bbox": "four finite numbers x, y, width, height",
}

Record = dict[str, Any]


def known_fields(content: Content, fields: Mapping[str, Iterable[str]]) -> dict[str, list[Record]]:
    """The records of a file with only the fields that are read, and ids of 7.0 as 7.

    Args:
        content: a file.
        fields: names of the fields to keep, by section.

    Raises:
        FormatError: if the file is not JSON, lacks the lists, or has a number that is not finite.
    """
    name = content.name
    try:
        file = json.loads(content.data.tobytes())
    except (ValueError, RecursionError):
        file = None
    if isinstance(file, dict):
        _refuse_panoptic(name, file)
    known = _known_kind(file, fields)
    if known is not None:
        raise other_format(name, known, GROUND_TRUTH.partition(" is ")[2])
    if content.begins == b"[":
        raise FormatError(
            f"{name}: holds a list, as predictions do; {GROUND_TRUTH}.", code="swapped", path=name
        )
    if not isinstance(file, dict):
        raise broken_json(content, f"{GROUND_TRUTH}.", "not-ground-truth")
    for section in fields:
        if section not in file:
            keys = ", ".join(sorted(file)[:6])
            raise FormatError(
                f"{name}: has no {section}; {GROUND_TRUTH}, this one has {keys or 'nothing'}.",
                code="not-ground-truth",
                path=name,
                field=section,
            )
        if not isinstance(file[section], list):
            found = shown(file[section], 40)
            raise FormatError(
                f"{name}: {section} is {found}, expected a list.",
                code="not-ground-truth",
                path=name,
                field=section,
            )
    return {
        section: [
            _known(record, index, set(names), NOUNS[section], name)
            for index, record in enumerate(file[section])
        ]
        for section, names in fields.items()
    }


def _known_kind(file: Any, sections: Iterable[str]) -> tuple[str, str] | None:
    """What a file is that lacks the lists of ground truth, if that is well known."""
    if isinstance(file, dict) and {*sections} <= {*file}:
        return None
    if isinstance(file, list) and file and isinstance(file[0], dict) and "score" in file[0]:
        return None
    return known_value(file)


def _refuse_panoptic(name: str, file: Record) -> None:
    """Refuse panoptic ground truth, and say where it belongs.

    It needs no images, so that without annotations either its categories tell it.
    """
    has_none = file.get("annotations") == [] and "images" not in file
    what = ""
    if "segments_info" in _first(file.get("annotations")):
        what = "its annotations have segments_info"
    elif has_none and "isthing" in _first(file.get("categories")):
        what = "its categories have isthing"
    if what:
        raise FormatError(
            f"{name}: is panoptic ground truth ({what}). Evaluate it "
            "with `panoptic_quality`, look at its images with `report`, or make instances of it "
            "with `panoptic_to_instances`",
            code="panoptic",
            path=name,
        )


def _first(records: Any) -> Record:
    """The first record of a list; an empty one if there is none."""
    first = records[0] if isinstance(records, list) and records else None
    return first if isinstance(first, dict) else {}


def explained(name: str, file: dict[str, list[Record]], error: Exception) -> FormatError:
    """Our words for the typed parser's error about a field of a record.

    Args:
        name: name of the file in messages.
        file: its records, from `known_fields`.
        error: the typed parser's error.
    """
    reason, _, path = str(error).partition(" - at ")
    found = re.match(r"`\$\.(\w+)\[(\d+)\]\.?(\w*)(?:\[(\d+)\])?", path)
    if found is None:
        return FormatError(f"{name}: {error}", code="bad-field", path=name)
    section, index, field = found[1], int(found[2]), found[3]
    record = file[section][index]
    missing = re.search(r"missing required field `(\w+)`", reason)
    place = f"{name}: {NOUNS[section]} #{index}"
    code = "bad-field"
    if missing is not None:
        field = missing[1]
        lacking, noun = sum(field not in each for each in file[section]), NOUNS[section]
        what = WHAT_FIELDS_ARE.get(field, "one")
        message = f"{place} has no {field}.{more_like_it(lacking)} Every {noun} needs {what}."
    elif isinstance(record[field], str):
        code = "id-type"
        message = f'{place}: {field} is text ("{record[field][:40]}"). Write it as a number.'
    else:
        value = record[field]
        if found[4] and isinstance(value, list):
            value = value[int(found[4])]
        expected = f"; {reason[0].lower()}{reason[1:]}"
        if isinstance(value, int) and abs(value) >= 2**31:
            expected = f", expected a whole number below 2^{31 if field in _SIDES else 63}"
        message = f"{place}: {field} is {shown(value, 60)}{expected}."
    return FormatError(message, code=code, path=name, index=index, field=field)


def _known(record: Any, index: int, names: set[str], noun: str, source: str) -> Record:
    """The known fields of one record."""
    if not isinstance(record, dict):
        raise FormatError(
            f"{source}: {noun} #{index} is {shown(record, 60)}, expected an object.",
            code="bad-field",
            path=source,
            index=index,
            field="record",
        )
    kept = {field: _plain(field, record[field]) for field in record if field in names}
    for field, value in kept.items():
        if field in _IDS:
            kept[field] = _id(field, value, index, noun, source)
            continue
        try:
            json.dumps(value, allow_nan=False)
        except (ValueError, RecursionError):
            error = _not_finite(field, value)
            ids = (kept.get("id"), kept.get("image_id"))
            which = ""
            if all(isinstance(each, int | str) for each in ids):
                which = f"{shown_key(ids[0])} (image_id {shown_key(ids[1])})"  # type: ignore[arg-type]
            message = f"{source}: {noun} {which or f'#{index}'}: {error.message}."
            raise error.placed(message, path=source, index=index) from None
    return kept


def _id(field: str, value: Any, index: int, noun: str, source: str) -> Key:
    """The id of a record."""
    try:
        return id_value(value, field)
    except FormatError as error:
        message = f"{source}: {noun} #{index}: {error.message}."
        raise error.placed(message, path=source, index=index) from None


def _plain(field: str, value: Any) -> Any:
    """A value in the form that the typed parser accepts."""
    if field in _IDS or (isinstance(value, list) and field.endswith("_ids")):
        return value  # `id_value` decides
    if isinstance(value, float) and field in _WHOLE and value.is_integer():
        return int(value)
    if isinstance(value, str):
        return value.encode(errors="replace").decode()  # halves of surrogate pairs
    if field == "segmentation" and isinstance(value, dict):
        return {name: value[name] for name in ("size", "counts") if name in value}
    return value


def _not_finite(field: str, value: Any) -> FormatError:
    """The error for a field that holds NaN or Infinity; the caller adds file and record."""
    if field != "segmentation":
        expected = _FINITE.get(field, "a whole number" if field in _WHOLE else "finite numbers")
        return FormatError(
            f"{field} is {shown(value, 60)}, expected {expected}",
            code="bad-box" if field == "bbox" else "not-finite",
            field=field,
        )
    try:
        checked_segmentation(value)
    except FormatError as error:
        return error
    if isinstance(value, list):
        return FormatError(polygon_defect(value) or "", code="bad-polygon", field=field)
    height, width = value["size"]
    reason = counts_defect(value["counts"], height, width)
    return FormatError(reason, code="bad-counts", field="segmentation.counts")
