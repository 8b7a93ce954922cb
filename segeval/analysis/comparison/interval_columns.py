"""Columns of intervals beside the numbers of a table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from segeval.analysis.comparison.names import kinds_of
from segeval.analysis.key_paths import KeyPath
from segeval.metrics.kinds import KINDS
from segeval.metrics.tables import Field, Table, Value

TOTALS = ("all", "mean", "average")
"""Names of rows with the numbers over all categories."""

COCO = "coco"
"""What numbers of the coco protocol begin with, beside those of Cityscapes."""

MAIN = ("ap", "pq", "iou", "miou", "ap50", "share", "cgf1")
"""Keys of numbers that have a column of intervals, the one to prefer first."""

Lookup = Mapping[KeyPath, Sequence[float] | None]
"""Intervals by the place of their number in JSON."""


def with_interval_columns(
    table: Table, intervals: Lookup, categories: Mapping[int | str, str]
) -> Table:
    """A table of an evaluation with intervals beside its main number, by every kind of IoU.

    Args:
        table: of the result; one without such numbers stays as it is.
        intervals: of all numbers, None where there is none.
        categories: names of the categories by id.

    Example:
        >>> fields = Field("size", "size", "text"), Field("ap", "AP")
        >>> table = Table("size", fields, (("all", 0.441),), totals=1)
        >>> print(with_interval_columns(table, {("segm", "ap"): [0.433, 0.449]}, {}))
        size    AP          95 %
        ------------------------
        all   44.1  43.3 .. 44.9
    """
    if table.name.startswith(f"{COCO} "):
        return _coco_columns(table, intervals, categories)
    kinds = kinds_of(list(intervals))
    first = kinds[0] if kinds else ""
    named = Counter(categories.values())
    ids = {name: own for own, name in categories.items() if named[name] == 1}
    number = _main_key(table, kinds, first)
    columns: list[tuple[Field, list[Value]]] = []
    for place, field in enumerate(table.fields):
        columns.append((field, [row[place] for row in table.rows]))
        kind, key = _kind_and_key(field.key, kinds, first)
        if field.unit != "percent" or key != number:
            continue
        cells: list[Value] = [
            _ends(_found(table, at, kind, key, intervals, ids)) for at in range(len(table.rows))
        ]
        if any(cell is not None for cell in cells):
            drop = field.drop + (field.drop > 0)  # gives way before its number does
            columns.append((Field(f"{field.key}_interval", "95 %", "interval", drop=drop), cells))
    return replace(
        table,
        fields=tuple(field for field, _ in columns),
        rows=tuple(zip(*(cells for _, cells in columns), strict=True)),
    )


def _coco_columns(table: Table, intervals: Lookup, categories: Mapping[int | str, str]) -> Table:
    """The same for a table of the coco protocol beside that of Cityscapes."""
    keys = {field.key.removeprefix(f"{COCO}_"): field.key for field in table.fields}
    plain = replace(
        table,
        name=table.name.removeprefix(f"{COCO} "),
        fields=tuple(
            replace(field, key=key) for key, field in zip(keys, table.fields, strict=True)
        ),
    )
    own = {(path[0], *path[2:]): ends for path, ends in intervals.items() if path[1:2] == (COCO,)}
    found = with_interval_columns(plain, own, categories)
    fields = [replace(each, key=keys.get(each.key, f"{COCO}_{each.key}")) for each in found.fields]
    return replace(found, name=table.name, fields=tuple(fields))


def _ends(interval: Sequence[float] | None) -> tuple[float, float] | None:
    """An interval as a cell."""
    return None if interval is None else (interval[0], interval[1])


def _main_key(table: Table, kinds: Sequence[str], first: str) -> str | None:
    """The key of a table's main number."""
    keys = {_kind_and_key(field.key, kinds, first)[1] for field in table.fields}
    return next((key for key in MAIN if key in keys), None)


def _kind_and_key(name: str, kinds: Sequence[str], first: str) -> tuple[str, str]:
    """The kind of IoU and the key of a column's numbers."""
    for kind in kinds:
        for before in (f"{kind}_", f"{KINDS[kind]}_"):
            if name.startswith(before):
                return kind, name.removeprefix(before)
    return first, name


def _found(
    table: Table,
    at: int,
    kind: str,
    key: str,
    intervals: Lookup,
    ids: Mapping[str, int | str],
) -> Sequence[float] | None:
    """The interval of one number of a row."""
    row = dict(zip((field.key for field in table.fields), table.rows[at], strict=True))
    of_row = str(row["iou"]) if row.get("iou") in KINDS else kind
    for path in _places(table, row, key, at, ids):
        for own in ((of_row, *path), path):
            if own in intervals:
                return intervals[own]
    return None


def _places(
    table: Table, row: Mapping[str, Value], key: str, at: int, ids: Mapping[str, int | str]
) -> Iterator[KeyPath]:
    """Places in JSON, below the kind of IoU, where the number of a row may be, the best one first.

    Args:
        table: that has the row.
        row: its cells by the keys of their columns.
        key: of the number.
        at: place of the row in the table.
        ids: of categories whose name no other one has.
    """
    name = row.get("name", next(iter(row.values())))
    name = row.get("category", name) if table.name == "category" else name
    if table.name == "category" and at >= table.totals:
        own = row.get("id", ids.get(str(name)))
        if own is not None:
            yield "categories", own, key  # type: ignore[misc]
    elif at == 0 and name in TOTALS:
        if table.name == "group":  # those of Cityscapes, whose mean is another than of its classes
            yield (f"group_m{key}",)
        yield (key,)
        yield "all", key
        yield (f"m{key}",)
    elif at < table.totals:  # rows of other numbers, such as fw IoU in the column of IoU
        if row[key] is not None:
            yield (str(name).lower().replace(" ", "_"),)
    else:
        for group in ("sizes", "frequencies", "groups", "trimap", "kinds", "thresholds"):
            yield group, name, key  # type: ignore[misc]
        yield str(name), key
