"""A comparison as CSV: a row for each number of each pair of models."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from typing import Any

from segeval_cli.csv_rows import ALL, FIRST
from segeval_cli.visible import cell

DIFFERENCE = ("a", "b", "difference")
"""Keys of an object that holds one number of two models."""

NUMBERS = (
    *DIFFERENCE, "low", "high", "se", "p", "p_corrected", "verdict", "detectable", "undefined",
)  # fmt: skip
"""Columns of one number."""

COLUMNS = ("model_a", "model_b", *FIRST, "number", *NUMBERS)

Row = dict[str, Any]


def comparison_csv(document: Mapping[str, Any]) -> str:
    """The differences of a comparison with all digits; undefined is an empty cell.

    Args:
        document: what `segeval compare --json` prints.

    Example:
        >>> found = {"a": 0.5, "b": 0.6, "difference": 0.1, "interval": None, "verdict": "better"}
        >>> inputs = {"a": {"path": "a.json"}, "b": {"path": "b.json"}}
        >>> text = comparison_csv({"inputs": inputs, "results": {"segm": {"ap": found}}})
        >>> print(text.splitlines()[1])
        a.json,b.json,segm,all,,,ap,0.5,0.6,0.1,,,,,,better,,
    """
    pairs = document.get("pairs")
    if pairs is None:
        names = [str(document["inputs"][side].get("path", side)) for side in ("a", "b")]
        pairs = [{"a": names[0], "b": names[1], "results": document["results"]}]
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, restval="", lineterminator="\n")
    writer.writeheader()
    for pair in pairs:
        own = {"model_a": pair["a"], "model_b": pair["b"]}
        for row in _rows(pair["results"], {"table": ALL}):
            full = {**own, **row}
            writer.writerow({key: _cell(value) for key, value in full.items()})
    return text.getvalue()


def _rows(entry: Mapping[str, Any], place: Row, before: str = "") -> Iterator[Row]:
    """The numbers of an object, then those of its parts.

    Args:
        entry: of the results.
        place: first columns.
        before: keys above the numbers, that belong to their names.
    """
    for key, value in entry.items():
        if isinstance(value, Mapping) and {*DIFFERENCE} <= {*value}:
            yield {**place, "number": before + key, **_numbers(value)}
    for key, value in entry.items():
        if isinstance(value, list):
            for each in value:
                named = {"table": key, "id": each.get("id"), "name": each.get("name")}
                if {*DIFFERENCE} <= {*each}:  # an image
                    yield {**place, **named, "name": each["file_name"], **_numbers(each)}
                else:
                    yield from _rows(each, {**place, **named})
        elif isinstance(value, Mapping) and not {*DIFFERENCE} <= {*value}:
            if _is_kind(key, place):
                yield from _rows(value, {**place, "kind": key})
            elif all(isinstance(each, Mapping) for each in value.values()):
                yield from _parts(key, value, place)


def _parts(key: str, parts: Mapping[str, Any], place: Row) -> Iterator[Row]:
    """Parts by name, such as sizes; or one number by several names."""
    if all({*DIFFERENCE} <= {*each} for each in parts.values()):
        yield from _rows(parts, place, f"{key}_")
        return
    for name, each in parts.items():
        yield from _rows(each, {**place, "table": key, "name": name})


def _is_kind(key: str, place: Row) -> bool:
    """Whether a key of the results is a kind of IoU."""
    return key in ("segm", "boundary", "bbox") and "kind" not in place and place["table"] == ALL


def _numbers(found: Mapping[str, Any]) -> Row:
    """The columns of one number."""
    interval = found.get("interval") or (None, None)
    own = {key: found.get(key) for key in NUMBERS if key not in ("low", "high")}
    return {**own, "low": interval[0], "high": interval[1]}


def _cell(value: Any) -> Any:
    """A value as CSV text; text is never a formula."""
    if value is None:
        return ""
    return cell(value) if isinstance(value, str) else value
