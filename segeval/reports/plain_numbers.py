"""All numbers of a page as values that JSON can write, the same for equal inputs."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any


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
