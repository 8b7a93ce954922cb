"""JSON files as Python values, as pycocotools holds them."""

from __future__ import annotations

import json
from os import PathLike
from typing import Any

from segeval.data.files import open_content
from segeval.data.json.broken import broken_json


def read_json(path: str | PathLike[str], kind: type, expected: str) -> Any:
    """The value of a JSON file.

    Args:
        path: a file (.json, .json.gz).
        kind: type of the value.
        expected: what the file should hold, as a sentence, for messages.

    Raises:
        InputError: if the file cannot be read.
        FormatError: if it is not JSON, or holds a value of another type.
    """
    content = open_content(str(path))
    try:
        value = json.loads(content.data.tobytes())
    except (RecursionError, ValueError):
        raise broken_json(content, expected, "type") from None
    if type(value) is not kind:
        raise broken_json(content, expected, "type")
    return value
