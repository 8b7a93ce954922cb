"""Where the masks of some records are: areas, boxes, and outlines of polygons."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.checks.nested_parts import nested_areas
from segeval.checks.records import AnyRecords
from segeval.data.segmentations import BATCH, Format, Segmentations
from segeval.masks import Polygons, RunLengths
from segeval.masks.measure import areas_and_boxes

FEW = 1000
"""Records that one thread measures."""


@dataclass(frozen=True, eq=False)
class Shapes:
    """Sound masks of n records of one file.

    Attributes:
        rows: rows of the records, increasing, int64, shape (n,).
        area: pixels squared, int64, shape (n,).
        box: xywh of the pixels, float64, shape (n, 4); 0 for a mask without pixels.
        outline: smallest and largest x and y of a polygon's corners, as x, y, x, y, float64,
            shape (n, 4); NaN for other masks.
        sums: sum of the coordinates of a polygon of one part, float64, shape (n,); else NaN.
        nested: area of the parts of a polygon that lie inside another one, float64, shape (n,).
    """

    rows: NDArray[np.int64]
    area: NDArray[np.int64]
    box: NDArray[np.float64]
    outline: NDArray[np.float64]
    sums: NDArray[np.float64]
    nested: NDArray[np.float64]

    @classmethod
    def concatenate(cls, parts: list[Shapes]) -> Shapes:
        """Shapes of several parts of a file, one after the other; at least one."""
        columns = zip(*(vars(part).values() for part in parts), strict=True)
        return cls(*(np.concatenate(column) for column in columns))

    def take(self, places: NDArray[Any]) -> Shapes:
        """The shapes at some places, or where a mask is True."""
        return Shapes(*(column[places] for column in vars(self).values()))


def shapes_of(records: AnyRecords, rows: NDArray[np.int64]) -> Shapes:
    """The shapes of the sound masks among some rows.

    Args:
        records: records of one file.
        rows: rows to look at, increasing.
    """
    rows = rows[records.segmentations.format[rows] != Format.NONE]
    starts = range(0, max(len(rows), 1), BATCH)
    return Shapes.concatenate([_measured(records, rows[i : i + BATCH]) for i in starts])


def _measured(records: AnyRecords, rows: NDArray[np.int64]) -> Shapes:
    """The shapes of a few thousand masks, those that are unsound left out."""
    segments = records.segmentations.take(rows)
    polygons, bad = segments.polygons()
    if records.drawn_masks is not None:
        sound, masks = np.arange(len(rows)), records.drawn_masks.take(rows)
    else:
        sound, masks = _drawn(records, segments, rows, bad)
    outline, sums = outlines(polygons)
    return Shapes(
        rows[sound],
        *areas_and_boxes(masks),
        outline[sound],
        sums[sound],
        nested_areas(polygons)[sound],
    )


def _drawn(
    records: AnyRecords, segments: Segmentations, rows: NDArray[np.int64], bad: NDArray[np.int8]
) -> tuple[NDArray[np.intp], RunLengths]:
    """The sound ones among some masks, and their runs; `bad` has the defects of polygons."""
    strings = segments.rows(Format.STRING)
    workers = 1 if len(rows) <= FEW else None  # starting threads would take longer
    if records.known_defects is not None:
        bad[strings] = records.known_defects[rows[strings]]
    else:
        bad[strings] = segments.strings.take(strings).measure(workers)[1]
    is_polygon = segments.format == Format.POLYGON
    bad[is_polygon & (records.sizes_of(rows) <= 0).any(axis=1)] = -1
    sound = np.flatnonzero(bad == 0)
    sizes = records.sizes_of(rows[sound])
    return sound, segments.take(sound).run_lengths(sizes, workers=workers)


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
