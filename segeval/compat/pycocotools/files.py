"""JSON files as Python values, as pycocotools holds them."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
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


@contextmanager
def many_records() -> Iterator[None]:
    """Make many records at once: Python does not look for circles among them meanwhile.

    It would go through all of them again and again, for half of the time that reading takes.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
