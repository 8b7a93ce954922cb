"""What the masks of a file are: areas, boxes, outlines of polygons, and what is wrong with them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.data.json.count_lists import parse_counts
from segeval.data.json.polygon_lists import MALFORMED
from segeval.data.segmentations import Format, Segmentations
from segeval.errors import FormatError
from segeval.frozen import frozen
from segeval.limits import limits
from segeval.masks import Polygons, RunLengths
from segeval.masks.drawn_runs import most_drawn_runs
from segeval.masks.measure import areas_and_boxes
from segeval.masks.polygons import rasterised_parts

SLICE = 1024
"""Lists of numbers measured at a time."""

FEW = 1000
"""Records that one thread measures: starting threads would take longer."""

BEYOND_LIMIT = -100
"""Defect of polygons that would be drawn as more runs than a limit allows."""


@frozen(eq=False)
class Shapes:
    """The masks of n records of one file.

    Attributes:
        rows: rows of the records, increasing, int64, shape (n,).
        area: pixels squared, int64, shape (n,); -1 without a mask, with an unsound one, or without
            an image size to draw a polygon in.
        defect: defects of the masks, int8, shape (n,); 0 where none is known.
        box: xywh of the pixels, float64, shape (n, 4); 0 for a mask without pixels.
        outline: smallest and largest x and y of a polygon's corners, as x, y, x, y, float64,
            shape (n, 4); NaN for other masks.
        parts: number of a polygon's parts, int64, shape (n,); 0 for other masks.
        sums: sum of the coordinates of a polygon of one part, float64, shape (n,); else NaN.
    """

    rows: NDArray[np.int64]
    area: NDArray[np.int64]
    defect: NDArray[np.int8]
    box: NDArray[np.float64]
    outline: NDArray[np.float64]
    parts: NDArray[np.int64]
    sums: NDArray[np.float64]

    def take(self, places: NDArray[Any]) -> Shapes:
        """The shapes at some places, or where a mask is True."""
        return Shapes(*(column[places] for column in vars(self).values()))

    def sound(self) -> Shapes:
        """Those of sound masks."""
        is_sound = self.area >= 0
        return self if is_sound.all() else self.take(is_sound)


def measured(
    segments: Segmentations, sizes: NDArray[np.int32], drawn: RunLengths | None = None
) -> Shapes:
    """The shapes of all masks of a column.

    Args:
        segments: N masks as the file gives them.
        sizes: (H, W) of their images, int32, shape (N, 2), not above 0 where unknown.
        drawn: the same as runs, if an evaluation has drawn them: then all are sound.
    """
    number = len(segments)
    found = Shapes(
        rows=np.arange(number),
        area=np.full(number, -1, np.int64),
        defect=np.zeros(number, np.int8),
        box=np.zeros((number, 4)),
        outline=np.full((number, 4), np.nan),
        parts=np.zeros(number, np.int64),
        sums=np.full(number, np.nan),
    )
    if drawn is None:
        _measure_strings(found, segments)
        _measure_counts(found, segments)
        _measure_polygons(found, segments, sizes)
    else:
        given = segments.format != Format.NONE
        areas, boxes = areas_and_boxes(drawn)
        found.area[given], found.box[given] = areas[given], boxes[given]
        _measure_polygons(found, segments, None)
    return found


def drawn_limit(segments: Segmentations) -> int:
    """Runs that all polygons together may be drawn as."""
    text = segments.strings.lengths[segments.rows(Format.POLYGON)]
    return max(limits().drawn_runs, limits().drawn_ratio * int(text.sum()))


def outlines(polygons: Polygons) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Outlines (N, 4) of polygons, and sums (N,) of the coordinates of those of one part."""
    outline = np.full((len(polygons), 4), np.nan)
    sums = np.full(len(polygons), np.nan)
    starts = polygons.part_offsets[polygons.mask_offsets]
    drawn = np.flatnonzero(np.diff(starts) > 0)
    if len(drawn):
        first = starts[drawn]
        outline[drawn, :2] = np.minimum.reduceat(polygons.points, first)
        outline[drawn, 2:] = np.maximum.reduceat(polygons.points, first)
        sums[drawn] = np.add.reduceat(polygons.points.sum(axis=1), first)
        sums[np.diff(polygons.mask_offsets) != 1] = np.nan
    return outline, sums


def _workers(number: int) -> int | None:
    """Threads for so many masks."""
    return 1 if number <= FEW else None


def _measure_strings(found: Shapes, segments: Segmentations) -> None:
    """Areas, defects and boxes of compressed strings."""
    rows = segments.rows(Format.STRING)
    areas, defects, boxes = segments.strings.take(rows).measure_with_boxes(_workers(len(rows)))
    found.area[rows] = np.where(defects == 0, areas, -1)
    found.defect[rows], found.box[rows] = defects, boxes


def _measure_counts(found: Shapes, segments: Segmentations) -> None:
    """Areas, defects and boxes of lists of counts."""
    rows = segments.rows(Format.COUNTS)
    for start in range(0, len(rows), SLICE):
        left = rows[start : start + SLICE]
        while len(left):
            try:
                masks = parse_counts(segments.strings.take(left))
            except FormatError as error:
                found.defect[left[error.index or 0]] = MALFORMED
                left = np.delete(left, error.index or 0)
            else:
                found.area[left], found.box[left] = areas_and_boxes(masks)
                break


def _measure_polygons(
    found: Shapes, segments: Segmentations, sizes: NDArray[np.int32] | None
) -> None:
    """Outlines of polygons; with sizes (N, 2), areas, defects and boxes in images where known."""
    rows, left = segments.rows(Format.POLYGON), drawn_limit(segments)
    for start in range(0, len(rows), SLICE):
        part = rows[start : start + SLICE]
        polygons, defects = segments.take(part).polygons()
        found.outline[part], found.sums[part] = outlines(polygons)
        found.parts[part] = np.diff(polygons.mask_offsets)
        if sizes is not None:
            found.defect[part] = defects
            can_draw = (defects == 0) & (sizes[part] > 0).all(axis=1)
            left -= _draw(
                found, part[can_draw], polygons.take(np.flatnonzero(can_draw)), sizes, left
            )


def _draw(
    found: Shapes,
    rows: NDArray[np.intp],
    polygons: Polygons,
    sizes: NDArray[np.int32],
    left: int,
) -> int:
    """Areas and boxes of polygons, which may be drawn as `left` runs; returns how many they are."""
    most = limits().mask_runs
    runs = most_drawn_runs(polygons, sizes[rows], each=most, together=left)
    beyond = (runs > most) | (np.cumsum(np.where(runs > most, 0, runs)) > left)
    if beyond.any():
        found.defect[rows[beyond]] = BEYOND_LIMIT
        rows, polygons = rows[~beyond], polygons.take(np.flatnonzero(~beyond))
    for masks in rasterised_parts(polygons, sizes[rows], workers=_workers(len(rows))):
        drawn, rows = rows[: len(masks)], rows[len(masks) :]
        found.area[drawn], found.box[drawn] = areas_and_boxes(masks)
    return int(runs[~beyond].sum())
