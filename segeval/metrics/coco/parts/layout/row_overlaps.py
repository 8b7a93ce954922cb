"""Overlaps with objects among the rows of a part file."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from segeval.metrics.coco.overlaps import BY_PAIR, BY_ROW, OF_MASKS, Overlaps
from segeval.metrics.parts.files import PartReader

EVERY_SHAPE = 1 << 6
"""No bits of a shape are as high."""


def read_overlaps(
    reader: PartReader, where: str, kind: str, thresholds: int, objects: NDArray[np.integer]
) -> Overlaps:
    """The overlaps of a block of n rows, whose places were found right.

    Args:
        reader: of the part file.
        where: the beginning of the names of the block's columns.
        kind: kind of IoU.
        thresholds: number of IoU thresholds.
        objects: number of ground truths in the image of each row, shape (n,).

    Raises:
        FormatError: if the file is damaged.
    """
    names = (*BY_ROW, *BY_PAIR, *(OF_MASKS if kind == "segm" else ()))
    columns = {name: reader.array(f"{where}/{name}_{kind}") for name in names}
    count, place, iou = (columns[name] for name in ("count", "place", "iou"))
    sound = all(
        column.ndim == 1 and (name == "iou" or column.dtype.kind == "u")
        for name, column in columns.items()
    )
    if not sound or len(count) != len(objects) or iou.dtype != np.float64:
        raise reader.damaged(f"{where}/count_{kind}")
    pairs = int(count.sum(dtype=np.int64)) if (count <= objects).all() else -1
    none = np.zeros(max(pairs, 0), np.uint8)
    found = Overlaps(**{**dict.fromkeys(OF_MASKS, none), **columns})
    sound = (
        all(len(getattr(found, name)) == pairs for name in (*BY_PAIR, *OF_MASKS))
        and len(found.beside) == len(count)
        and all(
            each.dtype == np.uint8 and bool((each <= most).all())
            for each, most in (
                (found.beside, thresholds),
                (found.box, thresholds),
                (found.boundary, thresholds),
                (found.shape, EVERY_SHAPE - 1),
            )
        )
        and bool(((iou > 0) & (iou <= 1)).all())
        and bool((place < np.repeat(objects, count)).all())
        and _ascends(place.astype(np.int64), found.row)
    )
    if not sound:
        raise reader.damaged(f"{where}/place_{kind}")
    return found


def _ascends(place: NDArray[np.int64], row: NDArray[np.int64]) -> bool:
    """Whether the places of each row ascend."""
    return bool(((np.diff(place) > 0) | (np.diff(row) > 0)).all())
