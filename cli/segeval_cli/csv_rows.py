"""The results of any JSON object as CSV: a row per entry, equal first columns for all commands.

A list of objects is a table with a row for each. So is an object of objects; its keys are their
names. An object of plain values is a table of one row; within an entry it adds columns. Plain
values at the top are the table "all". Where both an entry and one within it have names, that of
the outer one is in the column `part`.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from segeval_cli.visible import cell

FIRST = ("kind", "table", "id", "name")
"""First columns of every file; numbers follow, named as in JSON."""

ALL = "all"
"""The table of overall numbers."""

INTERVALS = "intervals"
"""The key of intervals of the other numbers of an object."""

INTERVAL = "interval"
"""The key of an interval, or the end of it, which becomes two columns."""

PART = "part"
"""Column of the name of what an entry with a name of its own is within."""

Row = dict[str, Any]


def csv_text(document: Mapping[str, Any]) -> str:
    """The results of a JSON object with all digits; undefined is an empty cell.

    Example:
        >>> results = {"miou": 0.5, "categories": [{"id": 7, "name": "road", "iou": 0.96}]}
        >>> print(csv_text({"settings": {}, "results": results}), end="")
        kind,table,id,name,miou,iou
        ,all,,,0.5,
        ,categories,7,road,,0.96
    """
    results, kinds = document["results"], document["settings"].get("iou", [])
    by_kind = results if list(results) == kinds else {"".join(kinds[:1]): results}
    rows = [{"kind": kind, **row} for kind, each in by_kind.items() for row in _rows(ALL, each)]
    keys = dict.fromkeys(key for row in rows for key in row if key not in FIRST)
    text = io.StringIO()
    writer = csv.DictWriter(text, [*FIRST, *keys], restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows({key: _cell(value) for key, value in row.items()} for row in rows)
    return text.getvalue()


def _rows(table: str, entry: Mapping[str, Any]) -> Iterator[Row]:
    """The row of an entry, then the rows of its tables, which repeat its plain values."""
    plain: Row = {}
    inner: list[tuple[str, Sequence[Row]]] = []
    for key, value in entry.items():
        if key == INTERVALS:
            plain |= _ends(value)
        elif _is_table(value):
            inner.append((key, value))
        elif not isinstance(value, Mapping):
            plain[key] = value
        elif all(isinstance(each, Mapping) for each in value.values()):
            inner.append((key, [{"name": name, **each} for name, each in value.items()]))
        elif table == ALL or any(map(_is_table, value.values())):
            columns = (name if name.isidentifier() else f"{key}_{name}" for name in value)
            inner.append((key, [dict(zip(columns, value.values(), strict=True))]))
        else:
            plain |= {f"{key}_{name}": each for name, each in value.items()}
    plain = _with_ends(plain)
    if plain:
        yield {"table": table, **plain}
    for key, entries in inner:
        name, outer = (key, {}) if table == ALL else (f"{table}_{key}", plain)
        for each in entries:
            yield from (_within(outer, row) for row in _rows(name, each))


def _within(outer: Row, row: Row) -> Row:
    """A row with the values of the entry that it is within."""
    part = {PART: outer["name"]} if "name" in outer and "name" in row else {}
    return {**outer, **part, **row}


def _with_ends(plain: Row) -> Row:
    """The values of an entry, with both ends of an interval as columns of their own.

    Example:
        >>> _with_ends({"share": 0.1, "share_interval": [0.0, 0.2], "interval": None})
        {'share': 0.1, 'share_low': 0.0, 'share_high': 0.2, 'low': None, 'high': None}
    """
    found: Row = {}
    for key, value in plain.items():
        if key == INTERVAL or key.endswith(f"_{INTERVAL}"):
            before = key.removesuffix(INTERVAL)
            found[f"{before}low"], found[f"{before}high"] = value or (None, None)
        else:
            found[key] = value
    return found


def _ends(intervals: Mapping[str, Any], before: str = "") -> Row:
    """Both ends of intervals, as columns of their own.

    Example:
        >>> _ends({"ap": [0.4, 0.5], "ap50": None})
        {'ap_low': 0.4, 'ap_high': 0.5, 'ap50_low': None, 'ap50_high': None}
    """
    found: Row = {}
    for key, value in intervals.items():
        if isinstance(value, Mapping):
            found |= _ends(value, f"{before}{key}_")
        else:
            low, high = value or (None, None)
            found |= {f"{before}{key}_low": low, f"{before}{key}_high": high}
    return found


def _is_table(value: object) -> bool:
    """Whether a value is a list of objects, perhaps empty."""
    return isinstance(value, list | tuple) and all(isinstance(each, Mapping) for each in value)


def _cell(value: object) -> object:
    """A plain value as CSV text; numbers stay numbers, text is never a formula."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list | tuple):
        text = " ".join(map(str, value))
        return cell(text) if any(isinstance(each, str) for each in value) else text
    return cell(value) if isinstance(value, str) else value
