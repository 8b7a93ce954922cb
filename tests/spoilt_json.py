"""JSON in which any one value is replaced, or missing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

Place = tuple[str | int, ...]
"""The way to a value: keys of objects and places in lists."""


ABSENT = object()
"""In place of a value: it and its key are missing."""


def places(value: Any, place: Place = (), *, most: int | None = None) -> Iterator[Place]:
    """The way to every value of JSON; of lists at most so many members."""
    if place:
        yield place
    members = value.items() if isinstance(value, dict) else ()
    for key, own in enumerate(value[:most]) if isinstance(value, list) else members:
        yield from places(own, (*place, key), most=most)


def with_value(value: Any, place: Place, new: Any) -> Any:
    """A copy of JSON with one value replaced, or without it for `ABSENT`."""
    if not place:
        return new
    copy = value.copy()
    if new is ABSENT and len(place) == 1:
        del copy[place[0]]
        return copy
    copy[place[0]] = with_value(value[place[0]], place[1:], new)
    return copy
