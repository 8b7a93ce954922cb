"""Panoptic files from small drawings, for tests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from tests.parity.panoptic_scenes import write_set

CATEGORIES = (
    {"id": 1, "name": "cat", "isthing": 1},
    {"id": 2, "name": "dog", "isthing": 1},
    {"id": 7, "name": "sky", "isthing": 0},
)


def drawing(*rows: str) -> np.ndarray[Any, np.dtype[np.int64]]:
    """A map of ids from rows of letters; "." is void, "a" is 1, "b" is 2."""
    return np.array(
        [[0 if letter == "." else ord(letter) - ord("a") + 1 for letter in row] for row in rows],
        np.int64,
    )


def segment(letter: str, category: int, **fields: Any) -> dict[str, Any]:
    """One entry of segments_info."""
    return {"id": ord(letter) - ord("a") + 1, "category_id": category, **fields}


def build(
    path: Path,
    *images: tuple[Any, list[dict[str, Any]]],
    gt: bool = False,
    first: int = 1,
    **fields: Any,
) -> Path:
    """A panoptic file of maps and segments, numbered from `first`; areas as in the map for gt."""
    maps: dict[str, Any] = {}
    annotations = []
    for number, (ids, segments) in enumerate(images, first):
        maps[f"{number}.png"] = ids
        if gt:
            segments = [
                {"iscrowd": 0, "area": int((ids == one["id"]).sum()), **one} for one in segments
            ]
        annotations.append(
            {"image_id": number, "file_name": f"{number}.png", "segments_info": segments}
        )
    data = {"annotations": annotations, **({"categories": list(CATEGORIES)} if gt else {})}
    return write_set(path, {**data, **fields}, maps)
