"""Where a number is in the JSON of a result, below `results`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

KeyPath = tuple[str | int, ...]
"""Keys from the outside in, such as ("segm", "sizes", "small", "ap").

Entries of a list go by what tells them apart, such as ids: ("segm", "categories", 17, "ap").
"""

IDENTITY = ("id", "width", "name")
"""Keys that tell entries of a list apart, the one to go by first."""

THRESHOLD = "threshold"
"""The key that tells entries apart that have none of these, as a number of two digits."""


def dotted(path: KeyPath) -> str:
    """A key path as users write it.

    Example:
        >>> dotted(("segm", "categories", 17, "ap"))
        'segm.categories.17.ap'
    """
    return ".".join(map(str, path))


def entry_key(entry: Mapping[str, Any]) -> Any:
    """What tells an entry of a list apart from the others, None if nothing does.

    Example:
        >>> entry_key({"name": "sofa", "id": 17}), entry_key({"iou": 0.5})
        (17, None)
        >>> entry_key({"threshold": 0.5, "cgf1": 0.3})
        '0.50'
    """
    of_threshold = f"{entry[THRESHOLD]:.2f}" if THRESHOLD in entry else None
    return next((entry[key] for key in IDENTITY if key in entry), of_threshold)
