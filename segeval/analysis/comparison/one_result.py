"""Numbers of one result by their names, those of its slices too."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from segeval.analysis.comparison.differences import GROUPS
from segeval.analysis.comparison.documents import ABOUT, is_table
from segeval.analysis.comparison.names import PARTS, named_path, number_name
from segeval.analysis.comparison.slice_names import (
    SLICES,
    overall_path,
    path_of_slice,
    slice_name,
)
from segeval.analysis.key_paths import KeyPath, entry_key

NO_NUMBERS = {*ABOUT, *PARTS, *GROUPS}
"""Keys of what is no number, and of groups of numbers, which are null where not asked for."""


def named_numbers(
    results: Mapping[str, Any], name: str, categories: Mapping[int | str, str]
) -> dict[str, float | None]:
    """The numbers that a name stands for: one, or one for each slice.

    Args:
        results: of the JSON object of a result.
        name: as in `compare`, such as "AP50", "sizes.small.ap", "slices.night.ap" or
            "slices.worst.ap" for all slices.
        categories: names of the categories by their id.

    Returns:
        Fractions by what people call them; None is undefined.

    Raises:
        InputError: if there is no such number.

    Example:
        >>> slices = [{"name": "day", "ap": 0.5}, {"name": "night", "ap": 0.2}]
        >>> results = {"segm": {"ap": 0.4, "slices": slices}}
        >>> named_numbers(results, "slices.worst.ap", {})
        {'AP of day': 0.5, 'AP of night': 0.2}
    """
    found = dict(_numbers(results, ()))
    of_slices = [path for path in found if SLICES in path[:2]]
    paths = [path for path in found if path not in of_slices]
    labels = dict.fromkeys(str(path[path.index(SLICES) + 1]) for path in of_slices)
    asked = slice_name(name, labels)
    if asked is None:
        path = named_path(name, paths, categories)
        return {number_name(path, paths, categories): found[path]}
    path = overall_path(asked, paths)
    called = number_name(path, paths, categories)
    return {
        f"{called} of {label}": found[path_of_slice(path, label, paths)] for label in asked.labels
    }


def _numbers(entry: Mapping[str, Any], path: KeyPath) -> Iterator[tuple[KeyPath, float | None]]:
    """Fractions, and undefined ones, with their places below `results`."""
    for key, value in entry.items():
        own = (*path, key)
        if key == "intervals":  # an undefined one is null, as numbers are
            continue
        if isinstance(value, Mapping):
            yield from _numbers(value, own)
        elif is_table(value):
            for each in value:
                yield from _numbers(each, (*own, _entry(each)))
        elif (value is None or isinstance(value, float)) and key not in NO_NUMBERS:
            yield own, value


def _entry(entry: Mapping[str, Any]) -> Any:
    """What tells an entry of a list apart, whole numbers as people write them."""
    key = entry_key(entry)
    return int(key) if isinstance(key, float) and key.is_integer() else key
