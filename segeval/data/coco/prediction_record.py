"""One record of a predictions file in Python's hands: what it says, or what is wrong with it."""

from __future__ import annotations

import json
import math
import re
from typing import Any, NamedTuple

from segeval.data.files import BLANK, Content
from segeval.data.json.scan import COUNTS, NONE, POLYGON, STRING
from segeval.errors import FormatError

WINDOW = 1 << 12
"""Bytes of a file that are first decoded to find the end of one record."""

LONGEST_TOKEN = 16
"""Characters that a parser may have to see again when more text follows; strings aside."""

PREDICTIONS = "predictions are a list of {image_id, category_id, segmentation, score}."

CUT_OFF = "the file ends inside a record. Was the writing interrupted?"

_REQUIRED = {
    "score": "Every prediction needs one; with equal scores AP depends on file order.",
    "image_id": "Every prediction needs one, the id of its image in the ground truth.",
    "category_id": "Every prediction needs one, the id of its category in the ground truth.",
}

_DECODER = json.JSONDecoder()

_ALPHABET = re.compile("[0-o]*")


class Row(NamedTuple):
    """The fields of one prediction."""

    image_id: int
    category_id: int
    score: float
    box: tuple[float, float, float, float]
    segmentation: Any


class PlainMask(NamedTuple):
    """A segmentation as the columns hold it: characters, a `Format` value, and (H, W)."""

    text: bytes
    format: int
    size: tuple[int, int]


def decode_at(content: Content, place: int, size: int) -> tuple[Any, int]:
    """The JSON value that begins at a byte, and the place behind it.

    Raises:
        FormatError: if no complete JSON value begins there; it names the byte.
    """
    window = WINDOW
    while True:
        stop = min(place + window, size)
        # latin-1 keeps one character per byte
        text = content.data[place:stop].tobytes().decode("latin-1")
        try:
            value, length = _DECODER.raw_decode(text)
        except json.JSONDecodeError as error:
            unfinished = error.msg.startswith("Unterminated")
            if stop < size and (unfinished or error.pos > len(text) - LONGEST_TOKEN):
                window *= 16
                continue
            where = size if unfinished else place + error.pos
            raise syntax_error(content, where, error.msg) from None
        except (RecursionError, ValueError) as error:
            raise syntax_error(content, place, _reason(error)) from None
        if not text[:length].isascii():
            value = _decoded_utf8(content, place, length)
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
            image = record.get("image_id")
            where = f"(image_id {image}) " if type(image) is int else ""
            raise FormatError(f"{where}has no {name}. {why}", code=f"missing-{name}", field=name)
    return Row(
        image_id=_integer(record, "image_id"),
        category_id=_integer(record, "category_id"),
        score=_number(record["score"], "score"),
        box=_box(record.get("bbox")),
        segmentation=checked_segmentation(record.get("segmentation")),
    )


def checked_segmentation(value: Any) -> Any:
    """The value, if it is of a known kind; its content is checked when it is decoded.

    Raises:
        FormatError: naming the field and the value; the caller adds file and record.
    """
    if value is None or isinstance(value, list):
        return value
    if not isinstance(value, dict):
        raise _wrong(
            "segmentation", value, 'polygons or {"size": [H, W], "counts": ...}', "bad-segmentation"
        )
    for name in ("size", "counts"):
        if name not in value:
            raise FormatError(
                f'segmentation has no {name}, expected {{"size": [H, W], "counts": ...}}',
                code="bad-segmentation",
                field=f"segmentation.{name}",
            )
    size, counts = value["size"], value["counts"]
    sides = size if isinstance(size, list) else []
    if len(sides) != 2 or not all(type(side) is int and 0 <= side < 2**31 for side in sides):
        raise _wrong("segmentation.size", size, "[height, width] in pixels", "bad-segmentation")
    if not isinstance(counts, str | list):
        raise _wrong("segmentation.counts", counts, "text or a list of numbers", "bad-counts")
    if isinstance(counts, str) and not _ALPHABET.fullmatch(counts):
        if counts[:2] in ("b'", 'b"'):
            message = (
                f'counts is the text of Python bytes ("{counts[:8]}..."). '
                'Write rle["counts"].decode("ascii").'
            )
        else:
            message = f"counts holds a character that compressed counts never have: {counts[:24]!r}"
        raise FormatError(message, code="bad-counts", field="counts")
    return value


def plain_mask(segmentation: Any) -> PlainMask:
    """A checked segmentation as the columns hold it."""
    if not segmentation:
        return PlainMask(b"", NONE, (0, 0))
    if isinstance(segmentation, list):
        return PlainMask(_dumped(segmentation), POLYGON, (0, 0))
    height, width = segmentation["size"]
    counts = segmentation["counts"]
    if isinstance(counts, str):
        return PlainMask(counts.encode("ascii"), STRING, (height, width))
    return PlainMask(_dumped(counts), COUNTS, (height, width))


def numbered(error: FormatError, source: str, index: int) -> FormatError:
    """An error of one record with its file and place in the list."""
    if error.path is not None:
        return error
    joint = " " if error.message.startswith(("has no", "(image_id")) else ": "
    return FormatError(
        f"{source}: prediction #{index}{joint}{error.message}",
        code=error.code,
        path=source,
        index=index,
        field=error.field,
    )


def shown(value: Any, length: int) -> str:
    """A parsed JSON value as text of limited length."""
    try:
        text = json.dumps(value, default=str)
    except (RecursionError, ValueError) as error:  # as deep, or as long, as parsing just allows
        text = _reason(error)
    return text if len(text) <= length else text[:length] + "..."


def not_a_list(content: Content) -> FormatError:
    """Why something that does not begin with a bracket is no list of predictions."""
    name = content.name
    if content.begins != b"{":
        return broken_json(content)
    try:
        value = json.loads(content.data.tobytes())
    except (ValueError, RecursionError):
        return broken_json(content)
    keys = sorted(value)
    if "annotations" in value and "images" in value:
        return FormatError(
            f'{name}: this is ground truth (it has "annotations"), expected predictions. '
            "Predictions come first: segeval ap preds.json gt.json",
            code="swapped",
            path=name,
        )
    listed = ", ".join(keys[:4]) + (", ..." if len(keys) > 4 else "")
    hint = ""
    if any(key.endswith("_mAP") or key == "mAP" for key in keys):
        hint = " This looks like mmdetection's metrics file; you want *.segm.json."
    elif {"image_id", "category_id"} <= set(keys):
        hint = " This looks like one prediction a line: name the file .jsonl."
    return FormatError(
        f"{name}: holds an object with {f'keys {listed}' if keys else 'no keys'}; "
        f"{PREDICTIONS}{hint}",
        code="not-predictions",
        path=name,
    )


def broken_json(content: Content, expected: str = PREDICTIONS) -> FormatError:
    """Where and why a file is not valid JSON, or that its one value is not what it should be.

    Args:
        content: the whole file.
        expected: what it should hold, as a sentence.
    """
    data = content.data.tobytes()
    if data.startswith(b"ImageID,"):
        return FormatError(
            f"{content.name}: is a CSV file of Open Images, expected JSON. Evaluate it with "
            "segeval ap --protocol openimages, or make COCO files of it: segeval convert "
            "openimages-to-coco",
            code="bad-json",
            path=content.name,
        )
    try:
        value = json.loads(data)
    except UnicodeDecodeError as error:
        return syntax_error(content, error.start, "a byte that is not UTF-8")
    except json.JSONDecodeError as error:
        if not data.strip():
            return _invalid(content, 0, "the file is empty")
        cut = error.msg.startswith("Unterminated")
        place = len(error.doc[: error.pos].encode(errors="surrogatepass"))
        return syntax_error(content, len(data) if cut else place, error.msg)
    except (RecursionError, ValueError) as error:
        return syntax_error(content, 0, _reason(error))
    kind = "an object" if isinstance(value, dict) else shown(value, 40)
    code = "not-predictions" if expected == PREDICTIONS else "not-ground-truth"
    return FormatError(f"{content.name}: holds {kind}; {expected}", code=code, path=content.name)


def syntax_error(content: Content, place: int, reason: str) -> FormatError:
    """The error for a file that is not JSON from a byte on, or that has no more behind it."""
    if not content.data[place : place + WINDOW].tobytes().strip(BLANK):
        return _invalid(content, len(content.data), CUT_OFF)
    return _invalid(content, place, f"{reason[:1].lower()}{reason[1:]}")


def _invalid(content: Content, place: int, reason: str) -> FormatError:
    return FormatError(
        f"{content.name}: not valid JSON at byte {place:,} of {len(content.data):,}: {reason}",
        code="bad-json",
        path=content.name,
    )


def _decoded_utf8(content: Content, place: int, length: int) -> Any:
    """A value with other than ASCII characters, whose extent is known."""
    try:
        return json.loads(content.data[place : place + length].tobytes())
    except UnicodeDecodeError as error:
        raise syntax_error(content, place + error.start, "a byte that is not UTF-8") from None


def _reason(error: RecursionError | ValueError) -> str:
    """Why Python cannot parse or write a value that follows JSON's grammar."""
    if isinstance(error, RecursionError):
        return "lists within lists without end"
    return "a whole number of more than 4,300 digits"


def _dumped(value: list[Any]) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def _wrong(name: str, value: Any, expected: str, code: str = "bad-field") -> FormatError:
    return FormatError(f"{name} is {shown(value, 60)}, expected {expected}", code=code, field=name)


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
        return math.inf if value > 0 else -math.inf


def _box(value: Any) -> tuple[float, float, float, float]:
    if value is None or value == []:
        return (math.nan,) * 4
    if not isinstance(value, list) or len(value) != 4:
        raise _wrong("bbox", value, "four numbers x, y, width, height", code="bad-box")
    x, y, w, h = (_number(side, "bbox") for side in value)
    return x, y, w, h
