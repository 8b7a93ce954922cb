"""Mistakes in masks, of predictions and of ground truth alike."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from segeval.checks.findings import Level
from segeval.data.columns import GroundTruth, Predictions
from segeval.data.ids import rows_of
from segeval.data.json import mask_lists as lists
from segeval.data.segments import Format, Segments
from segeval.errors import FormatError
from segeval.masks import area, rasterise
from segeval.words import counted, more_like_it, size_text

SLICE = 1024
"""So many lists of numbers are measured at a time."""

Columns = TypeVar("Columns", bound=Predictions | GroundTruth)
Measured = tuple[NDArray[np.int64], NDArray[np.int8]]
"""Areas and defects of masks."""


@dataclass(frozen=True, eq=False)
class Found:
    """One kind of mistake in some rows.

    Attributes:
        level: see `Finding`.
        kind: see `Finding`.
        rows: places in the columns, increasing; empty if the mistake is not one of records.
        message: see `Finding`.
        hint: see `Finding`.
        count: how many records have it, if not the number of rows.
    """

    level: Level
    kind: str
    rows: NDArray[np.integer]
    message: str
    hint: str = ""
    count: int | None = None


@dataclass(frozen=True, eq=False)
class Side(Generic[Columns]):
    """One file under examination: its readable records, and where they stand in the file.

    Attributes:
        columns: N records.
        places: position of each record in the file's list, int64, shape (N,).
        total: records in the file, those that cannot be read included.
        gt: the ground truth that knows the images, None if not given.
        noun: what messages call a record.
    """

    columns: Columns
    places: NDArray[np.int64]
    total: int
    gt: GroundTruth | None
    noun: str

    def many(self, rows: NDArray[np.integer], singular: str, plural: str) -> str:
        """Number of rows, noun and verb: "1 prediction has", "41 predictions have"."""
        return counted(len(rows), f"{self.noun} {singular}", f"{self.noun}s {plural}")

    @property
    def segments(self) -> Segments:
        """The records' masks as the file gives them."""
        return self.columns.segments

    def name(self, row: int) -> str:
        """The record in a row, for people."""
        columns = self.columns
        which = columns.id[row] if isinstance(columns, GroundTruth) else f"#{self.places[row]}"
        return f"{self.noun} {which} (image_id {columns.image_id[row]})"

    @cached_property
    def image_sizes(self) -> NDArray[np.int32]:
        """(H, W) of every record's image, int32, shape (N, 2); -1 where unknown."""
        sizes = np.full((len(self.columns), 2), -1, np.int32)
        if self.gt is not None:
            rows = rows_of(self.columns.image_id, self.gt.images.id)
            sizes[rows >= 0] = self.gt.images.sizes[rows[rows >= 0]]
        return sizes

    @cached_property
    def masks(self) -> Measured:
        """Area and defect of every mask.

        Returns:
            Areas in pixels, int64, shape (N,), -1 where there is no mask, none that is sound, or
            no image to draw a polygon in; defects, int8, shape (N,), 0 where none is known.
        """
        areas = np.full(len(self.columns), -1, np.int64)
        defects = np.zeros(len(self.columns), np.int8)
        strings = self.segments.rows(Format.STRING)
        areas[strings], defects[strings] = self.segments.strings.take(strings).measure()
        for form, measure in (
            (Format.COUNTS, self._measure_counts),
            (Format.POLYGON, self._measure_polygons),
        ):
            rows = self.segments.rows(form)
            for start in range(0, len(rows), SLICE):
                part = rows[start : start + SLICE]
                areas[part], defects[part] = measure(part)
        areas[defects != 0] = -1
        return areas, defects

    def _measure_counts(self, rows: NDArray[np.intp]) -> Measured:
        """Areas and defects of lists of counts."""
        areas = np.zeros(len(rows), np.int64)
        defects = np.zeros(len(rows), np.int8)
        left = np.arange(len(rows))
        while len(left):
            try:
                areas[left] = area(lists.counts(self.segments.strings.take(rows[left])))
                break
            except FormatError as error:
                defects[left[error.index or 0]] = lists.MALFORMED
                left = np.delete(left, error.index or 0)
        return areas, defects

    def _measure_polygons(self, rows: NDArray[np.intp]) -> Measured:
        """Areas and defects of polygons."""
        areas = np.full(len(rows), -1, np.int64)
        polygons, defects = self.segments.take(rows).polygons()
        sizes = self.image_sizes[rows]
        drawn = np.flatnonzero((defects == 0) & (sizes >= 0).all(axis=1))
        areas[drawn] = area(rasterise(polygons.take(drawn), sizes[drawn]))
        return areas, defects


AnySide = Side[Predictions] | Side[GroundTruth]


def missing_masks(side: AnySide) -> Iterator[Found]:
    """Records without a segmentation, though others have one; or none has one."""
    rows = side.segments.rows(Format.NONE)
    if not len(rows):
        return
    if len(rows) == len(side.columns):
        yield Found(
            "warn",
            "segmentation",
            rows[:0],
            f"no {side.noun} has a segmentation: only boxes can be evaluated",
            "Use --iou bbox, or export masks.",
            count=len(side.columns),
        )
    else:
        yield Found(
            "error",
            "segmentation",
            rows,
            f"{side.many(rows, 'has', 'have')} no segmentation, the others have one",
            "Export a mask for every record, or use --iou bbox.",
        )


def unsound_masks(side: AnySide) -> Iterator[Found]:
    """Run lengths and polygons that are malformed, one finding per kind of defect."""
    _, defects = side.masks
    bad = np.flatnonzero(defects)
    keys = np.stack([side.segments.format[bad], defects[bad]], axis=1)
    for key in np.unique(keys, axis=0):
        rows = bad[(keys == key).all(axis=1)]
        first = int(rows[0])
        yield Found(
            "error",
            "polygons" if key[0] == Format.POLYGON else "counts",
            rows,
            f"{side.name(first)}: {side.segments.problem(first)}.{more_like_it(len(rows))}",
        )


def mask_sizes(side: AnySide) -> Iterator[Found]:
    """Masks whose size is not that of their image."""
    rows = np.flatnonzero(np.isin(side.segments.format, (Format.STRING, Format.COUNTS)))
    sizes = side.segments.strings.sizes[rows]
    expected = side.image_sizes[rows]
    differs = (expected >= 0).all(axis=1) & (sizes != expected).any(axis=1)
    swapped = differs & (sizes[:, ::-1] == expected).all(axis=1)
    for chosen, what in ((swapped, " (H x W swapped?)"), (differs & ~swapped, "")):
        bad = np.flatnonzero(chosen)
        if len(bad):
            first = bad[0]
            yield Found(
                "error",
                "size",
                rows[bad],
                f"{counted(len(bad), 'mask has', 'masks have')} another size than the image: "
                f"{size_text(sizes[first])}, the image {size_text(expected[first])}{what}",
                "Sizes are [height, width].",
            )


def unknown_sizes(side: AnySide) -> Iterator[Found]:
    """Polygons whose image has no height and width in the ground truth."""
    if side.gt is None:
        return
    rows = side.segments.rows(Format.POLYGON)
    known = rows_of(side.columns.image_id[rows], side.gt.images.id) >= 0
    bad = rows[known & (side.image_sizes[rows] < 0).any(axis=1)]
    if len(bad):
        yield Found(
            "error",
            "image size",
            bad,
            f"{side.many(bad, 'is a polygon', 'are polygons')} in images without height and "
            f"width in {side.gt.source}: polygons cannot be drawn",
            "Add height and width to every image.",
        )


def empty_masks(side: AnySide) -> Iterator[Found]:
    """Sound masks that cover no pixel."""
    rows = np.flatnonzero(side.masks[0] == 0)
    if len(rows):
        yield Found(
            "warn",
            "empty masks",
            rows,
            f"{counted(len(rows), 'mask covers', 'masks cover')} no pixel: their IoU with "
            "everything is 0",
        )
