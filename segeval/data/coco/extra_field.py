"""One more field of every record of a file of predictions, such as the quality of its mask."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from segeval.data.coco.json_folders import json_files
from segeval.data.coco.read_predictions import are_lines
from segeval.data.files import STANDARD_INPUT, Content, open_content
from segeval.errors import FormatError, InputError


def field_of_predictions(
    source: str | Path | Sequence[Mapping[str, Any]], name: str
) -> NDArray[np.float64]:
    """A field of numbers of all records, NaN where a record lacks it.

    Args:
        source: path of a COCO results file, of a whole COCO file with scores, or of a folder of
            them; or the records.
        name: of the field.

    Returns:
        float64, shape (N,).

    Raises:
        FormatError: if the field holds anything but numbers.
        InputError: if there is no such file, or for standard input, which was read before.

    Example:
        >>> field_of_predictions([{"score": 0.5, "mask_score": 0.8}, {"score": 0.4}], "mask_score")
        array([0.8, nan])
    """
    values = _values(source, name, float)
    try:
        return np.array([np.nan if value is None else value for value in values], np.float64)
    except (TypeError, ValueError):
        raise _not_numbers(_name(source), name) from None


def lists_of_predictions(
    source: str | Path | Sequence[Mapping[str, Any]], name: str
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """A field of lists of numbers of all records, none where a record lacks it.

    Args:
        source: as in `field_of_predictions`.
        name: of the field.

    Returns:
        The numbers, end to end, float64, and where each record's begin, int64, shape (N + 1,).

    Raises:
        FormatError: if the field holds anything but lists of numbers.
        InputError: if there is no such file, or for standard input, which was read before.

    Example:
        >>> numbers, starts = lists_of_predictions([{"probs": [0.5, 0.5]}, {}], "probs")
        >>> numbers.tolist(), starts.tolist()
        ([0.5, 0.5], [0, 2, 2])
    """
    values = [each or [] for each in _values(source, name, list[float])]
    try:
        numbers = np.array([number for each in values for number in each], np.float64)
    except (TypeError, ValueError):
        raise _not_numbers(_name(source), name, "a list of numbers") from None
    return numbers, np.cumsum([0, *map(len, values)], dtype=np.int64)


def _name(source: object) -> str:
    """The name of what records are read from, as `load_predictions` gives it."""
    return str(source) if isinstance(source, str | Path) else "predictions"


def _values(source: str | Path | Sequence[Mapping[str, Any]], name: str, kind: Any) -> list[Any]:
    """The field of all records, None where a record lacks it."""
    if not isinstance(source, str | Path):
        return [record.get(name) for record in source]
    if str(source) == STANDARD_INPUT:
        raise InputError(
            f"standard input is read once, and {name} would need a second look: expected the path "
            "of a file",
            code="field",
            field=name,
        )
    files = json_files(source)
    paths = [source] if files is None else files
    return [each for path in paths for each in _of_file(open_content(path), path, name, kind)]


def _of_file(content: Content, path: str | Path, name: str, kind: Any) -> list[Any]:
    """The field of the records of a file, of a kind of values."""
    record: Any = msgspec.defstruct(
        "Record", [("value", kind | None, None)], rename={"value": name}
    )
    whole: Any = msgspec.defstruct("Whole", [("annotations", list[record])])
    try:
        if are_lines(content, path):
            rows = msgspec.json.Decoder(record).decode_lines(content.data.data)
        elif content.begins == b"{":
            rows = msgspec.json.decode(content.data.data, type=whole).annotations
        else:
            rows = msgspec.json.decode(content.data.data, type=list[record])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        expected = "a number" if kind is float else "a list of numbers"
        raise _not_numbers(content.name, name, expected) from None
    return [row.value for row in rows]


def _not_numbers(source: str, name: str, expected: str = "a number") -> FormatError:
    """The error for a field of other values."""
    return FormatError(
        f"{source}: {name} is not {expected} in every record that has it.",
        code="field",
        path=source,
        field=name,
    )
