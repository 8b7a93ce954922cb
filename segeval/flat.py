"""Numbers of a result by one name each, for loggers."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from numbers import Real
from typing import Any

REFUSED = re.compile(r"[^\w.-]", re.ASCII)
"""Characters that some logger refuses in a part of a name."""

INTERVAL = "interval"
"""The key of an interval, or the end of it."""

ENDS = ("low", "high")


def flat_numbers(values: Mapping[str, Any], prefix: str = "") -> dict[str, float]:
    """The finite numbers of nested values by name, the keys of which are joined by `/`.

    Names hold ASCII letters, digits and `_ - . /` alone, as MLflow refuses others and TensorBoard
    groups by the first part. Of names that become equal, the second gets `_2` at its end. Lists are
    left out, but for intervals.

    Args:
        values: numbers and mappings by key; None is undefined.
        prefix: what every name begins with.

    Example:
        >>> flat_numbers({"AR@100": 0.5, "sizes": {"a/b": 0.25}, "AP": None}, "val/")
        {'val/AR_100': 0.5, 'val/sizes/a_b': 0.25}
    """
    found: dict[str, float] = {}
    taken: set[str] = set()
    for parts, number in _numbers(values, ()):
        own = "/".join(REFUSED.sub("_", part) or "_" for part in parts)
        name, times = own, 1
        while name in taken:
            times += 1
            name = f"{own}_{times}"
        taken.add(name)
        if number is not None and math.isfinite(number):
            found[f"{prefix}{name}"] = float(number)
    return found


def _numbers(
    values: Mapping[str, Any], before: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], Any]]:
    """The numbers of nested values with their keys, undefined ones too.

    Args:
        values: as in JSON.
        before: keys of what they are in.
    """
    for key, value in values.items():
        name = str(key)
        if isinstance(value, Mapping):
            yield from _numbers(value, (*before, name))
        elif value is None or (isinstance(value, Real) and not isinstance(value, bool)):
            yield (*before, name), value
        elif name.endswith(INTERVAL):
            for end, number in zip(ENDS, value, strict=True):
                yield (*before, f"{name.removesuffix(INTERVAL)}{end}"), number
