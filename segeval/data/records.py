"""One record of a predictions file in Python's hands: what it says, or what is wrong with it."""

from __future__ import annotations

import json
import math
from typing import Any, NamedTuple

from segeval.data.files import Content
from segeval.errors import FormatError

WINDOW = 1 << 16
"""Bytes of a file that are first decoded to find the end of one record."""

_REQUIRED = {
    "score": "Every prediction needs one; with equal scores AP depends on file order.",
    "image_id": "Every prediction needs one, the id of its image in the ground truth.",
    "category_id": "Every prediction needs one, the id of its category in the ground truth.",
}


class Row(NamedTuple):
    """The fields of one prediction."""

    image_id: int
    category_id: int
    score: float
    box: tuple[float, float, float, float]
    segmentation: Any


def decode_at(content: Content, place: int, size: int) -> tuple[Any, int]:
    """The JSON value that begins at a byte, and the place behind it.

    Raises:
        FormatError: if no complete JSON value begins there.
    """
    window = WINDOW
    while True:
        stop = min(place + window, size)
        # latin-1 keeps one character per byte; numbers and counts are ASCII anyway
        text = content.data[place:stop].tobytes().decode("latin-1")
        try:
            value, length = json.JSONDecoder().raw_decode(text)
        except json.JSONDecodeError as error:
            if stop < size:
                window *= 16
                continue
            raise syntax_error(content, place + error.pos) from None
        except RecursionError:
            raise syntax_error(content, place) from None
        return value, place + length


def checked(record: Any) -> Row:
    """The fields of a parsed record.

    Raises:
        FormatError: naming the field and the value; the caller adds file and record.
    """
    if not isinstance(record, dict):
        raise _wrong("record", record, "an object with image_id, category_id and score")
    for name, why in _REQUIRED.items():
        if name not in record:
            raise FormatError(f"has no {name}. {why}", code=f"missing-{name}", field=name)
    return Row(
        image_id=_integer(record, "image_id"),
        category_id=_integer(record, "category_id"),
        score=_number(record["score"], "score"),
        box=_box(record.get("bbox")),
        segmentation=_segmentation(record.get("segmentation")),
    )


def numbered(error: FormatError, source: str, index: int) -> FormatError:
    """An error of one record with its file and place in the list."""
    if error.path is not None:
        return error
    return FormatError(
        f"{source}: prediction #{index} {error.message}"
        if error.message.startswith("has no")
        else f"{source}: prediction #{index}: {error.message}",
        code=error.code,
        path=source,
        index=index,
        field=error.field,
    )


def _wrong(name: str, value: Any, expected: str, code: str = "bad-field") -> FormatError:
    shown = json.dumps(value, default=str)
    return FormatError(
        f"{name} is {shown[:60]}{'...' if len(shown) > 60 else ''}, expected {expected}",
        code=code,
        field=name,
    )


def _integer(record: dict[str, Any], name: str) -> int:
    value = record[name]
    if isinstance(value, str):
        raise FormatError(
            f'{name} is text ("{value[:40]}"), a number in the ground truth. Write it as a number.',
            code="id-type",
            field=name,
        )
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or abs(value) >= 2**63:
        raise _wrong(name, value, "a whole number")
    return value


def _number(value: Any, name: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _wrong(name, value, "a number")
    try:
        return float(value)
    except OverflowError:
        return math.copysign(math.inf, value)


def _box(value: Any) -> tuple[float, float, float, float]:
    if value is None or value == []:
        return (math.nan,) * 4
    if not isinstance(value, list) or len(value) != 4:
        raise _wrong("bbox", value, "four numbers x, y, width, height", code="bad-box")
    x, y, w, h = (_number(side, "bbox") for side in value)
    return x, y, w, h


def _segmentation(value: Any) -> Any:
    """The value, if it is of a known kind; its content is checked when it is decoded."""
    if value is None or isinstance(value, list):
        return value
    if not isinstance(value, dict):
        raise _wrong(
            "segmentation", value, 'polygons or {"size": [H, W], "counts": ...}', "bad-segmentation"
        )
    for name in ("size", "counts"):
        if name not in value:
            raise FormatError(
                f"segmentation has no {name}, expected "
                '{"size": [H, W], "counts": ...}',
                code="bad-segmentation",
                field=f"segmentation.{name}",
            )
    size, counts = value["size"], value["counts"]
    sides = size if isinstance(size, list) else []
    if len(sides) != 2 or not all(isinstance(side, int) and 0 <= side < 2**31 for side in sides):
        raise _wrong("segmentation.size", size, "[height, width] in pixels", "bad-segmentation")
    if not isinstance(counts, str | list):
        raise _wrong("segmentation.counts", counts, "text or a list of numbers", "bad-counts")
    if isinstance(counts, str) and any(character < "0" or character > "o" for character in counts):
        shown = counts[:8] + "..." if counts[:2] in ("b'", 'b"') else counts[:24]
        if counts[:2] in ("b'", 'b"'):
            message = (
                f'counts is the text of Python bytes ("{shown}"). '
                'Write rle["counts"].decode("ascii").'
            )
        else:
            message = (
                f"counts holds a character that compressed counts never have: {shown!r}"
            )
        raise FormatError(message, code="bad-counts", field="counts")
    return value


def not_a_list(content: Content) -> FormatError:
    """Why something that does not begin with a bracket is no list of predictions."""
    name = content.name
    if content.begins != b"{":
        return broken_json(content)
    try:
        value = json.loads(content.data.tobytes())
    except ValueError:
        return broken_json(content)
    keys = sorted(value)
    if "annotations" in value and "images" in value:
        return FormatError(
            f'{name}: this is ground truth (it has "annotations"), expected predictions. '
            "Predictions come first: segeval ap preds.json gt.json",
            code="swapped",
            path=name,
        )
    shown = ", ".join(keys[:4]) + (", ..." if len(keys) > 4 else "")
    hint = ""
    if any(key.endswith("_mAP") or key == "mAP" for key in keys):
        hint = " This looks like mmdetection's metrics file; you want *.segm.json."
    elif {"image_id", "category_id"} <= set(keys):
        hint = " This looks like one prediction a line: name the file .jsonl."
    return FormatError(
        f"{name}: holds an object with keys {shown}; predictions are a list of "
        f"{{image_id, category_id, segmentation, score}}.{hint}",
        code="not-predictions",
        path=name,
    )


def broken_json(content: Content) -> FormatError:
    """Where and why a file is not valid JSON."""
    data = content.data.tobytes()
    try:
        value = json.loads(data)
    except UnicodeDecodeError as error:
        return _invalid(content.name, error.start, len(data), "a byte that is not UTF-8")
    except json.JSONDecodeError as error:
        place = len(error.doc[: error.pos].encode())
        if not data.strip():
            return _invalid(content.name, 0, len(data), "the file is empty")
        if place >= len(data.rstrip()) or error.msg.startswith("Unterminated"):
            ending = "the file ends inside a record. Was the writing interrupted?"
            return _invalid(content.name, len(data), len(data), ending)
        return _invalid(content.name, place, len(data), error.msg.lower())
    except RecursionError:
        return _invalid(content.name, 0, len(data), "lists within lists without end")
    kind = type(value).__name__
    return FormatError(
        f"{content.name}: holds one value of type {kind}; predictions are a list of "
        "{image_id, category_id, segmentation, score}.",
        code="not-predictions",
        path=content.name,
    )


def syntax_error(content: Content, place: int) -> FormatError:
    """An error of JSON's grammar near a byte; says where Python's parser stops."""
    error = broken_json(content)
    if error.code == "bad-json":
        return error
    size = len(content.data)
    shown = content.data[place : place + 20].tobytes().decode("latin-1")
    return _invalid(content.name, place, size, f"unexpected {shown!r}")


def _invalid(name: str, place: int, size: int, reason: str) -> FormatError:
    return FormatError(
        f"{name}: not valid JSON at byte {place:,} of {size:,}: {reason}",
        code="bad-json",
        path=name,
    )
