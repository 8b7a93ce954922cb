"""JSON files as the dicts and lists that Python's own reader would make."""

from __future__ import annotations

import json
from typing import Any

import msgspec

from segeval.data.files import Content
from segeval.data.json.broken import broken_json


def plain_value(content: Content, kind: type, expected: str) -> Any:
    """The value of a JSON file; of keys that are repeated the last counts.

    Args:
        content: the whole file.
        kind: type of the value.
        expected: what the file should hold, as a sentence, for messages.

    Raises:
        FormatError: if it is not JSON, or holds a value of another type.
    """
    try:
        value = msgspec.json.decode(content.data.data)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        try:  # NaN, halves of pairs and the like, which Python reads
            value = json.loads(content.data.tobytes())
        except (RecursionError, ValueError):
            raise broken_json(content, expected, "type") from None
    if type(value) is not kind:
        raise broken_json(content, expected, "type")
    return value
