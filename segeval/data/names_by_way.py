"""What is found by one of several kinds of names, the surest first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeVar

T = TypeVar("T")


def by_way(named: Iterable[tuple[T, Sequence[str]]], ways: int) -> list[dict[str, list[T]]]:
    """Things by each kind of their names; several may share a name.

    Args:
        named: things with a name of each kind, "" where one has none.
        ways: number of kinds of names.

    Example:
        >>> by_way([(0, ("7", "a.png")), (1, ("8", "")), (2, ("9", "a.png"))], 2)
        [{'7': [0], '8': [1], '9': [2]}, {'a.png': [0, 2]}]
    """
    found: list[dict[str, list[T]]] = [{} for _ in range(ways)]
    for each, names in named:
        for way, name in zip(found, names, strict=True):
            if name:
                way.setdefault(name, []).append(each)
    return found
