"""Ids of another kind than most of their file: text among numbers, or numbers among text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from segeval.data.id_values import UsualKind, usual_kind
from segeval.data.keys import Key
from segeval.errors import FormatError

ID_PLACES = {
    "image": (("images", "id"), ("annotations", "image_id")),
    "category": (("categories", "id"), ("annotations", "category_id")),
    "annotation": (("annotations", "id"),),
}
"""Sections and fields with ids, by what they are of."""


def ids_in(records: list[Any], field: str) -> Iterator[Key]:
    """The possible ids in a field of records of any kind."""
    for record in records:
        if isinstance(record, dict) and type(record.get(field)) in (int, str):
            yield record[field]


def require_usual(usual: UsualKind | None, key: Key, field: str) -> None:
    """Refuse an id of another kind than most; the caller adds file and record."""
    problem = "" if usual is None else usual.problem(key)
    if problem:
        raise FormatError(f"{field} {problem}", code="id-type", field=field)


def usual_kinds(file: Mapping[str, list[Any]]) -> dict[tuple[str, str], UsualKind | None]:
    """The kind of most ids, by section and field, where a file has two kinds."""
    found: dict[tuple[str, str], UsualKind | None] = {}
    for noun, places in ID_PLACES.items():
        ids = (key for section, field in places for key in ids_in(file[section], field))
        found |= dict.fromkeys(places, usual_kind(ids, noun))
    return found
