"""Fields of what frameworks hand over, which may be missing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from segeval.errors import FormatError


def field_of(given: Any, name: str, where: str, advice: str = "") -> Any:
    """A field of a dictionary, or an attribute.

    Args:
        given: what has it.
        name: of the field.
        where: what has it, in messages.
        advice: what to do where it is missing.

    Raises:
        FormatError: if it is missing, or None.
    """
    found = given.get(name) if isinstance(given, Mapping) else getattr(given, name, None)
    if found is None:
        raise FormatError(
            f"{where} has no `{name}`{advice and ': '}{advice}.", code="missing-field", field=name
        )
    return found
