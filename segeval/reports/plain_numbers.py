"""All numbers of a page as values that JSON can write, the same for equal inputs."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

MANY = 200
"""Categories from which numbers that are undefined take more room than a page should give them."""


def timeless(document: Mapping[str, Any]) -> dict[str, Any]:
    """A result without the time that it took, and without what the report says elsewhere."""
    return {key: value for key, value in document.items() if key not in ("seconds", "inputs")}


def finite(value: Any) -> Any:
    """Plain values with None for numbers that are not finite, which JSON cannot write."""
    if isinstance(value, Mapping):
        return {str(key): finite(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [finite(each) for each in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def without_undefined(value: Any) -> Any:
    """Plain values in which the rows of more than `MANY` categories hold what is defined alone.

    Example:
        >>> rows = [{"id": n, "ap": None, "sizes": {"small": None}} for n in range(MANY + 1)]
        >>> without_undefined({"ap": None, "categories": rows})["categories"][3]
        {'id': 3}
        >>> without_undefined({"ap": None, "categories": rows[:4]})["categories"][3]
        {'id': 3, 'ap': None, 'sizes': {'small': None}}
    """
    if isinstance(value, Mapping):
        return {
            key: [_defined(row) for row in each]
            if key == "categories" and isinstance(each, list) and len(each) > MANY
            else without_undefined(each)
            for key, each in value.items()
        }
    return [without_undefined(each) for each in value] if isinstance(value, list) else value


def _defined(value: Any) -> Any:
    """Plain values without the entries that are None, or hold nothing else."""
    if not isinstance(value, Mapping):
        return value
    entries = ((key, _defined(each)) for key, each in value.items())
    return {key: each for key, each in entries if each is not None and each != {}}
