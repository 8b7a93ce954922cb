"""Values of a recipe with their places, which messages name."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

from segeval.errors import FormatError
from segeval.frozen import frozen

LONGEST_SHOWN = 60
"""Characters of a wrong value that a message shows."""


@frozen
class Value:
    """A value of a recipe.

    Attributes:
        value: as JSON holds it.
        path: name of the file.
        place: where it stands, such as "inputs[0].sha256"; "" for the whole.
    """

    value: Any
    path: str
    place: str = ""

    def refused(self, expected: str) -> FormatError:
        """The error for a value that is none of those expected."""
        shown = repr(self.value)
        if len(shown) > LONGEST_SHOWN:
            shown = f"{shown[:LONGEST_SHOWN]}…"
        return FormatError(
            f"{self.path}: {self.place or 'the recipe'} is {shown}, expected {expected}.",
            code="recipe",
            path=self.path,
            field=self.place,
        )

    @property
    def is_null(self) -> bool:
        """Whether nothing stands here."""
        return self.value is None

    def at(self, key: str) -> Value:
        """The value of a key of an object; null where it is missing.

        Raises:
            FormatError: if this is no object.
        """
        if not isinstance(self.value, dict):
            raise self.refused("an object")
        place = f"{self.place}.{key}" if self.place else key
        return Value(self.value.get(key), self.path, place)

    def items(self) -> Iterator[tuple[str, Value]]:
        """Keys of an object with their values."""
        if not isinstance(self.value, dict):
            raise self.refused("an object")
        for key in self.value:
            yield key, self.at(key)

    def each(self, number: int | None = None, what: str = "a list") -> list[Value]:
        """The values of a list.

        Args:
            number: how many there must be; None for any.
            what: what the list is, for the message.

        Raises:
            FormatError: for no list, or another number.
        """
        if not isinstance(self.value, list) or (number is not None and len(self.value) != number):
            raise self.refused(what)
        return [
            Value(each, self.path, f"{self.place}[{place}]")
            for place, each in enumerate(self.value)
        ]

    def text(self, choices: Sequence[str] = ()) -> str:
        """A text, one of some choices.

        Raises:
            FormatError: for another value.
        """
        if not isinstance(self.value, str) or (choices and self.value not in choices):
            raise self.refused(f"one of {', '.join(choices)}" if choices else "a text")
        return self.value

    def number(
        self, least: float = -math.inf, most: float = math.inf, what: str = "a number"
    ) -> float:
        """A finite number.

        Raises:
            FormatError: for another value, or one out of the range.
        """
        value = self.value
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self.refused(what)
        try:
            found = float(value)
        except OverflowError:
            raise self.refused(what) from None
        if not math.isfinite(found) or not least <= found <= most:
            raise self.refused(what)
        return found

    def whole(self, least: int, most: int | None = None) -> int:
        """A whole number.

        Raises:
            FormatError: for another value, or one out of the range.
        """
        value = self.value
        end = "" if most is None else f" to {most}"
        is_whole = isinstance(value, int) and not isinstance(value, bool)
        if not is_whole or value < least or (most is not None and value > most):
            raise self.refused(f"a whole number from {least}{end}" if end else
                               f"a whole number of at least {least}")  # fmt: skip
        return int(value)

    def truth(self) -> bool:
        """True or false.

        Raises:
            FormatError: for another value.
        """
        if not isinstance(self.value, bool):
            raise self.refused("true or false")
        return self.value
