"""JSON files as Python values, as pycocotools holds them."""

from __future__ import annotations

from os import PathLike
from typing import Any

from segeval.data.files import open_content
from segeval.data.json.plain import plain_value


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
    return plain_value(open_content(str(path)), kind, expected)
