"""Arguments that must be one of a few words, or large enough: one refusal for all of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from segeval.errors import InputError


def require_choice(name: str, value: str | None, choices: Sequence[str]) -> None:
    """Refuse a word that is not one of the choices; None is always allowed.

    Raises:
        InputError: for another word.

    Example:
        >>> require_choice("mode", "up", ("max", "min"))
        Traceback (most recent call last):
        segeval.errors.InputError: `mode` is 'up', expected one of max, min.
    """
    if value is not None and value not in choices:
        raise InputError(
            f"`{name}` is {value!r}, expected one of {', '.join(choices)}.", code=name, option=name
        )


def require_least(values: Iterable[tuple[str, int | None, int]]) -> None:
    """Refuse numbers that are too small; None is always allowed.

    Args:
        values: name, value and least value of each.

    Raises:
        InputError: for the first one that is too small.

    Example:
        >>> require_least([("batch", 0, 1)])
        Traceback (most recent call last):
        segeval.errors.InputError: `batch` is 0, expected 1 or more.
    """
    for name, value, least in values:
        if value is not None and value < least:
            raise InputError(
                f"`{name}` is {value}, expected {least} or more.", code=name, option=name
            )
