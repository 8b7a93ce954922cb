"""Objects in one line, however much they hold."""

from __future__ import annotations

from collections.abc import Mapping, Sized
from dataclasses import fields
from typing import Any

FEW = 3
"""Most entries of a list that are shown."""

LONGEST = 60
"""Most characters of one value."""


class Brief:
    """A base of dataclasses whose repr names arrays by type and shape, and long lists by length.

    The dataclass itself is made with `repr=False`.
    """

    def __repr__(self) -> str:
        """One line."""
        named: Any = self
        values = ((each.name, getattr(self, each.name)) for each in fields(named) if each.repr)
        return f"{type(self).__name__}({', '.join(f'{name}={_shown(v)}' for name, v in values)})"


def _shown(value: Any) -> str:
    """A value in a few characters.

    Example:
        >>> _shown((1, 2)), _shown(range(9)), _shown({"a": 1})
        ('(1, 2)', '<9 entries>', "{'a': 1}")
    """
    if hasattr(value, "dtype") and hasattr(value, "shape"):
        return f"<{value.dtype} {tuple(value.shape)}>"
    if isinstance(value, Sized) and not isinstance(value, str) and len(value) > FEW:
        return f"<{len(value):,} entries>"
    inside = value.values() if isinstance(value, Mapping) else value
    if isinstance(value, list | tuple | dict) and any(map(_is_large, inside)):
        return f"<{len(value)} {'entry' if len(value) == 1 else 'entries'}>"
    text = repr(value)
    is_short = len(text) <= LONGEST and "\n" not in text
    return text if is_short else f"<{type(value).__name__}>"


def _is_large(value: Any) -> bool:
    """Whether an entry of a list is more than a plain value."""
    return not isinstance(value, str | int | float | bool | None) or len(repr(value)) > LONGEST // 2
