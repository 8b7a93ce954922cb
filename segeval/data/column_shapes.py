"""Columns that fit together, proven when they are made: kernels check no bounds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from segeval.errors import ShapeError

Layout = Mapping[str, tuple[str, tuple[int, ...]]]
"""Of each column the kinds that its dtype may have (as `numpy.dtype.kind`), and the shape of an
entry."""

_ROW: tuple[int, ...] = ()

RECORDS: Layout = {
    "image_id": ("i", _ROW),
    "category_id": ("i", _ROW),
    "boxes": ("f", (4,)),
}
"""What all records have."""

PREDICTIONS: Layout = {**RECORDS, "score": ("f", _ROW)}

ANNOTATIONS: Layout = {
    **RECORDS,
    "id": ("i", _ROW),
    "area": ("f", _ROW),
    "is_crowd": ("b", _ROW),
    "crowd_missing": ("b", _ROW),
    "ignore": ("b", _ROW),
}

OPEN_IMAGES: Layout = {"image": ("i", _ROW), "label": ("i", _ROW)}
"""What all records of Open Images have."""

OBJECTS: Layout = {
    **OPEN_IMAGES,
    "boxes_xyxy": ("f", (4,)),
    "is_group_of": ("b", _ROW),
    "has_box": ("b", _ROW),
    "mask": ("i", _ROW),
}

VERIFIED: Layout = {
    "verified_image": ("i", _ROW),
    "verified_label": ("i", _ROW),
    "verified_present": ("b", _ROW),
}

IMAGES: Layout = {"id": ("i", _ROW), "sizes": ("i", (2,))}

SEGMENTATIONS: Layout = {"format": ("u", _ROW)}


def prove_columns(columns: Any, length: int, layout: Layout, *lists: str) -> None:
    """Refuse columns that do not fit together.

    Args:
        columns: the object that holds them.
        length: number of entries of each.
        layout: the arrays.
        lists: names of other columns, of which only the length matters.

    Raises:
        ShapeError: for the first that has another length, shape or kind of numbers.

    Example:
        >>> from types import SimpleNamespace
        >>> one = SimpleNamespace(format=np.zeros(3, np.uint8))
        >>> prove_columns(one, 2, SEGMENTATIONS)
        Traceback (most recent call last):
        segeval.errors.ShapeError: format has shape (3,), expected (2,): an entry for each record.
    """
    for name, (kinds, entry) in layout.items():
        found, expected = getattr(columns, name), (length, *entry)
        if not isinstance(found, np.ndarray) or found.dtype.kind not in kinds:
            kind = found.dtype if isinstance(found, np.ndarray) else type(found).__name__
            raise ShapeError(
                f"{name} is {kind}, expected an array of {_KINDS[kinds]}.",
                code="columns",
                field=name,
            )
        if found.shape != expected:
            raise ShapeError(
                f"{name} has shape {found.shape}, expected {expected}: an entry for each record.",
                code="columns",
                field=name,
            )
    for name in lists:
        found = getattr(columns, name)
        if len(found) != length:
            raise ShapeError(
                f"{name} has {len(found)} entries, expected {length}: one for each record.",
                code="columns",
                field=name,
            )


_KINDS = {"i": "signed whole numbers", "u": "unsigned whole numbers", "f": "floats", "b": "bools"}
