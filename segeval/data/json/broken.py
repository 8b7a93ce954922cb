"""JSON that the scanner refuses: Python reads it, or explains why it is not JSON."""

from __future__ import annotations

import json
import re
from typing import Any

from segeval.data.beginnings import GZIP, LOOKED_AT
from segeval.data.files import BLANK, Content
from segeval.data.recognisers import known_bytes, known_value, other_format
from segeval.errors import FormatError
from segeval.words import beginning

WINDOW = 1 << 12
"""Bytes of a file decoded first to find the end of one record."""

LONGEST_TOKEN = 16
"""Characters that a parser may need to reread when more text follows; strings aside."""

END = re.compile(rb"\}\s*\]?\s*$")
"""The end of a complete file; compressed counts have no brace."""

SEPARATOR = re.compile(r"[\s,]*")
"""What stands between two values."""

TWICE = ("is compressed with gzip twice", "Unpack it once.")
"""What a file is that is one of gzip after it was unpacked."""

CUT_OFF = "the file ends inside a record. Was the writing interrupted?"

CONTROL = "Invalid control character"
"""What Python says of a byte below 0x20 within a text."""

NOT_ESCAPED = (
    "JSON writes control characters as \\u and four digits. Is the file damaged, or a quotation "
    "mark missing?"
)
"""The hint on such a byte."""

_DECODER = json.JSONDecoder()


def decode_at(content: Content, place: int, size: int) -> tuple[Any, int]:
    """The JSON value that begins at a byte, and the place after it.

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
            if unfinished and _has_end(content):
                raise _no_end(content, place + error.pos) from None
            where = size if unfinished else place + error.pos
            raise syntax_error(content, where, error.msg) from None
        except (RecursionError, ValueError) as error:
            raise syntax_error(content, place, _reason(error)) from None
        if not text[:length].isascii():
            value = _decoded_utf8(content, place, length)
        return value, place + length


def shown(value: Any, length: int) -> str:
    """A parsed JSON value as text of limited length."""
    try:
        text = json.dumps(value, default=str)
    except (RecursionError, ValueError) as error:  # as deep, or as long, as parsing barely allows
        text = _reason(error)
    return beginning(text, length)


def broken_json(content: Content, expected: str, code: str) -> FormatError:
    """The error for a file that is not valid JSON, or whose value is of the wrong kind.

    Args:
        content: the whole file.
        expected: what it should hold, as a sentence.
        code: code of the error if it holds something else.
    """
    data = content.data.tobytes()
    wanted = expected.partition(" is ")[2] or expected.partition(" are ")[2] or expected
    known = TWICE if data[: len(GZIP)] == GZIP else known_bytes(data)
    if known is not None:
        return other_format(content.name, known, wanted.rstrip("."))
    try:
        value = json.loads(data)
    except UnicodeDecodeError as error:
        return syntax_error(content, error.start, "a byte that is not UTF-8")
    except json.JSONDecodeError as error:
        if not data.strip():
            return _invalid(content, 0, "the file is empty")
        cut = error.msg.startswith("Unterminated")
        place = len(error.doc[: error.pos].encode(errors="surrogatepass"))
        if cut and _has_end(content):
            return _no_end(content, place)
        if error.msg == "Extra data":
            return further_value(content, place)
        return syntax_error(content, len(data) if cut else place, error.msg)
    except (RecursionError, ValueError) as error:
        return syntax_error(content, 0, _reason(error))
    known = known_value(value)
    if known is not None:
        return other_format(content.name, known, wanted.rstrip("."))
    kind = "an object" if isinstance(value, dict) else shown(value, 40)
    return FormatError(f"{content.name}: holds {kind}; {expected}", code=code, path=content.name)


def syntax_error(content: Content, place: int, reason: str) -> FormatError:
    """The error for a file that stops being JSON, or ends, at a byte."""
    if not content.data[place : place + WINDOW].tobytes().strip(BLANK):
        return _invalid(content, len(content.data), CUT_OFF)
    from segeval.data.recognisers.first_bytes import PYTHON_TEXT  # only now: JSON needs none of it

    if known_bytes(content.data[:LOOKED_AT].tobytes()) == PYTHON_TEXT:
        return other_format(content.name, PYTHON_TEXT, "JSON")
    if reason.startswith(CONTROL):
        reason = f"a text holds the raw byte 0x{content.data[place]:02X}. {NOT_ESCAPED}"
    return _invalid(content, place, f"{reason[:1].lower()}{reason[1:].removesuffix(' at')}")


def further_value(content: Content, place: int) -> FormatError:
    """The error for what follows the first value of a file, at a byte."""
    start = content.data[place : place + 1].tobytes()
    reason = {
        b"{": "another object follows the first. Objects of a line each belong into a file .jsonl",
        b"[": "another list follows the first. Join them into one list",
    }.get(start, "extra data")
    return _invalid(content, place, reason)


def _has_end(content: Content) -> bool:
    """Whether the last bytes are those of a complete file: a brace, and perhaps a bracket."""
    return END.search(content.data[-WINDOW:].tobytes()) is not None


def _no_end(content: Content, place: int) -> FormatError:
    """The error for a text that runs to the end of a file that is complete."""
    return _invalid(
        content, place, "the text that begins here never ends: a quotation mark is missing"
    )


def _invalid(content: Content, place: int, reason: str) -> FormatError:
    return FormatError(
        f"{content.name}: not valid JSON at byte {place:,} of {len(content.data):,}: {reason}",
        code="bad-json",
        path=content.name,
    )


def _decoded_utf8(content: Content, place: int, length: int) -> Any:
    """A value of known extent that is not plain ASCII."""
    try:
        return json.loads(content.data[place : place + length].tobytes())
    except UnicodeDecodeError as error:
        raise syntax_error(content, place + error.start, "a byte that is not UTF-8") from None


def _reason(error: RecursionError | ValueError) -> str:
    """Why Python cannot parse or write a value of valid JSON."""
    if isinstance(error, RecursionError) or "Circular" in str(error):
        return "lists within lists without end"
    return "a whole number of more than 4,300 digits"


def sound_values(text: str) -> tuple[list[Any], int | None]:
    """The JSON values in a list, or one after the other, up to the first broken one.

    Returns:
        The values, and where the text breaks, None if it does not.
    """
    values: list[Any] = []
    is_list = text.lstrip().startswith("[")
    place = text.find("[") + 1 if is_list else 0
    while True:
        match = SEPARATOR.match(text, place)
        place = match.end() if match else place
        if place == len(text) or text[place] == "]":
            ends = text[place:].strip() == ("]" if is_list else "")
            return values, None if ends else place
        try:
            value, place = _DECODER.raw_decode(text, place)
        except (ValueError, RecursionError):
            return values, place
        values.append(value)
