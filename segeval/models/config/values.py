"""Values of settings: from TOML or JSON to the type that a setting has, and back to TOML."""

from __future__ import annotations

import json
from typing import Any, get_args, get_origin

from segeval.errors import FormatError

NAMES = {int: "a whole number", float: "a number", bool: "true or false", str: "a text"}
"""What messages call a type."""


def typed(value: Any, kind: Any, source: str, place: str) -> Any:
    """A value as the type of its setting, where that loses nothing.

    Args:
        value: as TOML or JSON has it.
        kind: the type: a plain one, a tuple of them, or one of these or None.
        source: where the value was found, for the message.
        place: section and name of the setting.

    Raises:
        FormatError: if the value is of another type.

    Example:
        >>> typed([1, 2], tuple[float, ...], "mine.toml", "input.std")
        (1.0, 2.0)
    """
    options = [each for each in get_args(kind) if each is not type(None)]
    if get_origin(kind) is not tuple and options:  # X | None
        return None if value is None else typed(value, options[0], source, place)
    if get_origin(kind) is tuple:
        inner = get_args(kind)
        several = inner[-1] is Ellipsis
        fits = isinstance(value, list | tuple) and (several or len(value) == len(inner))
        if not fits:
            number = "a list" if several else f"a list of {len(inner)}"
            raise wrong_value(source, place, value, number)
        return tuple(typed(each, inner[0], source, place) for each in value)
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if type(value) is not kind:
        raise wrong_value(source, place, value, NAMES[kind])
    return value


def as_toml(value: Any) -> str:
    """A value as TOML.

    Example:
        >>> print(as_toml((1, "p2", True)))
        [1, "p2", true]
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)  # its escapes are those of TOML
    if isinstance(value, tuple | list):
        return f"[{', '.join(as_toml(each) for each in value)}]"
    return repr(value)


def wrong_value(source: str, place: str, value: object, expected: str) -> FormatError:
    """The error of a value that a setting cannot have."""
    shown = list(value) if isinstance(value, tuple) else value
    return FormatError(
        f"{source}: {place} is {shown!r}, expected {expected}.",
        code="config",
        path=source,
        field=place,
    )
