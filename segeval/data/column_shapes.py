"""Columns that fit together, proven when they are made: kernels check no bounds."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from types import SimpleNamespace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

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


def prove_numbers(columns: Mapping[str, NDArray[Any]], length: int) -> None:
    """Refuse columns of numbers, by name, that do not have one for each record.

    Raises:
        ShapeError: for the first that has another length, shape or kind of numbers.
    """
    prove_columns(SimpleNamespace(**columns), length, dict.fromkeys(columns, ("f", _ROW)))


def new_scores(scores: ArrayLike, length: int) -> NDArray[np.float64]:
    """A copy of scores, one for each prediction.

    Raises:
        ShapeError: unless there is one number for each prediction.
    """
    refusal = partial(ShapeError, code="score", option="scores")
    try:
        new = np.array(scores, np.float64)  # a copy: the caller may change theirs later
    except (TypeError, ValueError, OverflowError):
        raise refusal("`scores` must be numbers, one for each prediction") from None
    if np.isnan(new).any():
        raise refusal("`scores` must be numbers: NaN has no place in their order")
    if new.shape != (length,):
        raise refusal(
            f"`scores` has shape {new.shape}, expected {(length,)}: one number for each prediction"
        )
    return new


_KINDS = {"i": "signed whole numbers", "u": "unsigned whole numbers", "f": "floats", "b": "bools"}
