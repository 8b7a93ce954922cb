"""Differences and intervals at the places where the JSON of an evaluation has its numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from segeval.analysis.comparison.differences import Difference
from segeval.analysis.comparison.official_names import official_intervals
from segeval.analysis.key_paths import KeyPath, entry_key

ABOUT = (
    "id", "name", "frequency", "group", "isthing", "width", "ratio", "px", "threshold",
    "min_area", "max_area", "relative", "gt", "group_of", "categories_with_gt",
)  # fmt: skip
"""Keys of values that describe the ground truth or the rules, and so hold for every model."""

BY_NAME = ("ap_by_size", "ar_by_max_dets", "pool")
"""Keys of objects that hold nothing but one number by several names."""


def with_differences(
    document: Mapping[str, Any], found: Mapping[KeyPath, Difference]
) -> dict[str, Any]:
    """An evaluation's `results` with differences in place of numbers.

    Args:
        document: of one of the models.
        found: differences by the place of their number.
    """
    return _differences(document, (), found)


def with_intervals(
    document: Mapping[str, Any], found: Mapping[KeyPath, list[float] | None]
) -> dict[str, Any]:
    """An evaluation's `results`, each object with `intervals` of its numbers.

    Args:
        document: of the evaluation.
        found: intervals by the place of their number, None where undefined.
    """
    return _intervals(document, (), found)


def is_table(value: object) -> bool:
    """Whether a value is a list of objects."""
    return (
        isinstance(value, list | tuple)
        and len(value) > 0
        and all(isinstance(each, Mapping) for each in value)
    )


def _differences(
    document: Mapping[str, Any], path: KeyPath, found: Mapping[KeyPath, Difference]
) -> dict[str, Any]:
    """The part of a document at a path."""
    kept: dict[str, Any] = {}
    for key, value in document.items():
        own = (*path, key)
        if own in found:
            kept[key] = found[own].to_dict()
        elif isinstance(value, Mapping):
            if inner := _differences(value, own, found):
                kept[key] = inner
        elif is_table(value):
            entries = [_differences(each, (*own, entry_key(each)), found) for each in value]
            if any({*entry} - {*ABOUT} for entry in entries):
                kept[key] = entries
        elif key in ABOUT and not isinstance(value, list | tuple):
            kept[key] = value
    return kept


def _intervals(
    document: Mapping[str, Any], path: KeyPath, found: Mapping[KeyPath, list[float] | None]
) -> dict[str, Any]:
    """The part of a document at a path."""
    kept: dict[str, Any] = {}
    intervals: dict[str, Any] = {}
    for key, value in document.items():
        own = (*path, key)
        kept[key] = value
        if own in found:
            intervals[key] = found[own]
        elif key in BY_NAME:
            inner = {name: found[(*own, name)] for name in value if (*own, name) in found}
            if inner:
                intervals[key] = inner
        elif key == "official" and isinstance(value, Mapping):
            intervals[key] = official_intervals(value, document, path, found)
        elif isinstance(value, Mapping):
            kept[key] = _intervals(value, own, found)
        elif is_table(value):
            kept[key] = [_intervals(each, (*own, entry_key(each)), found) for each in value]
    if intervals:
        kept["intervals"] = intervals
    return kept
