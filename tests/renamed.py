"""Files with ids of any kind: the same records, other ids."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Mapping
from typing import Any

Id = int | float | str
Naming = Callable[[int], Id]

NAMINGS: dict[str, Naming] = {
    "numbers": int,
    "text": lambda number: f"town_{number * 7919 % 1000003:06d}_leftImg8bit",
    "numbers as text": str,
    "names with quotes": lambda number: f'"{number}" äß\\',
    "hashes": lambda number: 2**64 - 1 - number,
    "numbers on both sides of 2^63": lambda number: 2**63 + (number if number % 2 else -number),
    "negative numbers": lambda number: -number,
    "floats": float,
}
"""What ids may be, by kind; each gives different ids to different numbers."""

FIELDS = {
    "image": (("images", "id"), ("annotations", "image_id")),
    "category": (("categories", "id"), ("annotations", "category_id")),
    "annotation": (("annotations", "id"),),
}
LISTS = ("neg_category_ids", "not_exhaustive_category_ids")


def renamed(
    preds: Iterable[Mapping[str, Any]], gt: Mapping[str, Any], names: Mapping[str, Naming]
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Copies of both files with other ids.

    Args:
        preds: records of predictions.
        gt: ground truth.
        names: new ids of "image", "category" and "annotation"; others stay.
    """
    found, truth = copy.deepcopy([dict(each) for each in preds]), copy.deepcopy(dict(gt))
    for kind, naming in names.items():
        for section, field in FIELDS[kind]:
            for record in truth[section]:
                record[field] = naming(record[field])
        for record in found if kind != "annotation" else ():
            record[f"{kind}_id"] = naming(record[f"{kind}_id"])
        for record in truth["images"] if kind == "category" else ():
            for field in LISTS:
                if field in record:
                    record[field] = [naming(each) for each in record[field]]
    return found, truth


def ranks(preds: Iterable[Mapping[str, Any]], gt: Mapping[str, Any]) -> dict[str, Naming]:
    """Namings that number the ids of files from 1 in their order."""
    found: dict[str, Naming] = {}
    for kind, places in FIELDS.items():
        known = {record[field] for section, field in places for record in gt[section]}
        if kind != "annotation":
            known |= {record[f"{kind}_id"] for record in preds}
        place = {each: rank for rank, each in enumerate(sorted(known), start=1)}
        found[kind] = place.__getitem__
    return found
