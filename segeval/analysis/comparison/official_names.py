"""The numbers that official packages have other names for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from segeval.analysis.key_paths import KeyPath

PARTS = {
    "s": ("sizes", "small"),
    "m": ("sizes", "medium"),
    "l": ("sizes", "large"),
    "r": ("frequencies", "rare"),
    "c": ("frequencies", "common"),
    "f": ("frequencies", "frequent"),
}
"""What the letters behind AP and AR stand for."""


def official_path(name: str) -> KeyPath:
    """Where our number is that a package calls so, below the kind of IoU.

    Example:
        >>> official_path("APs"), official_path("AP50"), official_path("AR10")
        (('sizes', 'small', 'ap'), ('ap50',), ('ar_by_max_dets', '10'))
        >>> official_path("AR@300"), official_path("APr")
        (('ar',), ('frequencies', 'rare', 'ap'))
    """
    known = name.partition("@")[0]
    key, rest = known[:2].lower(), known[2:]
    if rest in PARTS:
        return (*PARTS[rest], key)
    if not rest:
        return (key,)
    return (f"ap{rest}",) if key == "ap" else ("ar_by_max_dets", rest)


def official_intervals(
    numbers: Mapping[str, float],
    scores: Mapping[str, Any],
    before: KeyPath,
    found: Mapping[KeyPath, list[float] | None],
) -> dict[str, list[float] | None]:
    """Intervals of a package's numbers: those of ours, where it has the same number.

    pycocotools' AP is at a cap of 100, whatever the largest cap; another one has no interval.

    Args:
        numbers: of the package, by its names.
        scores: JSON object of the kind of IoU.
        before: place of that object.
        found: intervals by the place of their number.
    """
    intervals: dict[str, list[float] | None] = {}
    for name, number in numbers.items():
        path = official_path(name)
        if _at(scores, path) == number:
            intervals[name] = found.get((*before, *path))
        else:
            intervals[name] = None
    return intervals


def _at(document: Any, path: KeyPath) -> Any:
    """The value at a path, None if there is none."""
    for key in path:
        document = document.get(key) if isinstance(document, Mapping) else None
    return document
