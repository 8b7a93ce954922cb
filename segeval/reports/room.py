"""The room that pictures have on a page: how much they take, and what fits."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from html import escape
from typing import Protocol, TypeVar


class Sized(Protocol):
    """What takes room on a page."""

    @property
    def characters(self) -> int:
        """At most as many bytes as it takes."""


S = TypeVar("S", bound=Sized)


def fitting(
    cards: Callable[[int], list[S]], room: int, sides: Sequence[int]
) -> tuple[list[S], int]:
    """Cards that fit into some characters, and the longest side of their photographs.

    Photographs become smaller to fit; the last cards are left out where that is not enough.

    Args:
        cards: makes them, with photographs of some longest side.
        room: characters that they may take.
        sides: from the largest one down.
    """
    made: list[S] = []
    for longest in sides:
        made = cards(longest)
        if sum(card.characters for card in made) <= room:
            return made, longest
    while made and sum(card.characters for card in made) > room:
        made.pop()
    return made, sides[-1]


def escaped_bytes(texts: Iterable[str]) -> int:
    """How many bytes texts take on a page, on which they are escaped.

    Example:
        >>> escaped_bytes(["cat", "<b>"])
        12
    """
    return sum(len(escape(text).encode()) for text in texts)
