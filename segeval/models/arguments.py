"""Checks that arguments are large enough."""

from __future__ import annotations

from collections.abc import Iterable

from segeval.errors import InputError


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
                f"`{name}` is {value}, expected {least} or more.",
                code=name.replace("_", "-"),
                option=name,
            )
