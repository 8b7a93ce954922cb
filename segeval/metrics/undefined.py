"""Undefined numbers: NaN in arrays, None in results."""

from __future__ import annotations

import math


def or_none(value: float) -> float | None:
    """A number of an array as results have it, None for NaN.

    Example:
        >>> or_none(0.5), or_none(float("nan"))
        (0.5, None)
    """
    return None if math.isnan(value) else float(value)
