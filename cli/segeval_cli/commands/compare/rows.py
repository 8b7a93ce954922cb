"""A comparison as CSV: a row for each number of each pair of models."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from typing import Any

from segeval.metrics.kinds import KINDS
from segeval_cli.csv_rows import ALL, FIRST
from segeval_cli.visible import cell

DIFFERENCE = ("a", "b", "difference")
"""Keys of an object that holds one number of two models."""

NUMBERS = (
    *DIFFERENCE, "low", "high", "se", "p", "p_corrected", "verdict", "detectable", "undefined",
)  # fmt: skip
"""Columns of one number."""

WIDTH = "width"
"""Column of the widths of bands, in files that have any."""

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
    rows = [
        {"model_a": pair["a"], "model_b": pair["b"], **row}
        for pair in pairs
        for row in _of_results(pair["results"])
    ]
    first = [*FIRST, WIDTH] if any(WIDTH in row for row in rows) else FIRST
    text = io.StringIO()
    columns = ("model_a", "model_b", *first, "number", *NUMBERS)
    writer = csv.DictWriter(text, columns, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows({key: _cell(value) for key, value in row.items()} for row in rows)
    return text.getvalue()


def _of_results(results: Mapping[str, Any]) -> Iterator[Row]:
    """The rows of one pair, by kind of IoU unless they are of label maps, which have none."""
    if next(iter(results), None) not in KINDS:
        yield from _rows(results, {"table": ALL})
        return
    yield from _rows({k: v for k, v in results.items() if k not in KINDS}, {"table": ALL})
    for kind in (key for key in results if key in KINDS):
        yield from _rows(results[kind], {"table": ALL, "kind": kind})


def _rows(entry: Mapping[str, Any], place: Row, before: str = "") -> Iterator[Row]:
    """The numbers of an object, then those of its parts.

    Args:
        entry: of the results.
        place: first columns.
        before: keys above the numbers, that belong to their names.
    """
    for key, value in entry.items():
        if _is_number(value):
            yield {**place, "number": before + key, **_numbers(value)}
    for key, value in entry.items():
        table = key if place["table"] == ALL else f"{place['table']}_{key}"
        if isinstance(value, list):
            for each in value:
                own = {"table": table, "id": each.get("id"), "name": each.get("name")}
                if WIDTH in each:
                    own[WIDTH] = each[WIDTH]
                if _is_number(each):  # an image
                    yield {**place, **own, "name": each["file_name"], **_numbers(each)}
                else:
                    yield from _rows(each, {**place, **own})
        elif isinstance(value, Mapping) and not _is_number(value):
            yield from _parts(key, value, {**place, "table": table}, place)


def _parts(key: str, parts: Mapping[str, Any], own: Row, place: Row) -> Iterator[Row]:
    """One number by several names; parts by name, such as sizes; or an object with its own table.

    Args:
        key: of the parts.
        parts: what is there.
        own: first columns of their table.
        place: first columns of the object that has them.
    """
    if all(map(_is_number, parts.values())):
        yield from _rows(parts, place, f"{key}_")
    elif all(isinstance(each, Mapping) for each in parts.values()):
        for name, each in parts.items():
            yield from _rows(each, {**own, "name": name})
    else:
        yield from _rows(parts, own)


def _is_number(value: Any) -> bool:
    """Whether a value is one number of two models."""
    return isinstance(value, Mapping) and {*DIFFERENCE} <= {*value}


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
