"""The records of one file under examination."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from segeval.data.columns import GroundTruth, Predictions
from segeval.data.json.count_lists import parse_counts
from segeval.data.json.polygon_lists import MALFORMED
from segeval.data.keys import shown_id
from segeval.data.places import place_text
from segeval.data.segmentations import Format, Segmentations
from segeval.errors import FormatError, InputError
from segeval.findings import Finding, Level
from segeval.limits import limits
from segeval.masks import RunLengths, area, rasterise
from segeval.masks.drawn_runs import most_drawn_runs
from segeval.words import counted

SLICE = 1024
"""Lists of numbers measured at a time."""

BEYOND_LIMIT = -100
"""Defect of polygons that would be drawn as more runs than a limit allows."""

Columns = TypeVar("Columns", bound=Predictions | GroundTruth)
Measured = tuple[NDArray[np.int64], NDArray[np.int8]]
"""Areas and defects of masks."""


@dataclass(frozen=True, eq=False)
class Records(Generic[Columns]):
    """N readable records of one file, and their places in it.

    Attributes:
        columns: the records.
        gt: the ground truth with their images, None if not given.
        places: position of each record in the file's list, int64, shape (N,); None if every
            record of the file is here.
        unreadable: number of records that the file has besides.
        by_image: whether messages name the image of a record alone, whatever its place in a file.
    """

    columns: Columns
    gt: GroundTruth | None = None
    places: NDArray[np.int64] | None = None
    unreadable: int = 0
    by_image: bool = False

    @property
    def total(self) -> int:
        """Number of records in the file, unreadable ones included."""
        return len(self.columns) + self.unreadable

    @property
    def noun(self) -> str:
        """The name of a record in messages."""
        return "annotation" if isinstance(self.columns, GroundTruth) else "prediction"

    @property
    def segmentations(self) -> Segmentations:
        """The records' masks as the file gives them."""
        return self.columns.segmentations

    @property
    def drawn_masks(self) -> RunLengths | None:
        """The masks of all records as runs, if an evaluation has drawn them: all are sound."""
        columns = self.columns
        return columns.drawn_masks if isinstance(columns, GroundTruth) else None

    def place(self, row: int) -> int:
        """Position of a row's record in the file's list."""
        if self.places is not None:
            return int(self.places[row])
        return row if isinstance(self.columns, GroundTruth) else self.columns.place(row)

    def name(self, row: int) -> str:
        """The record of a row, for people."""
        columns = self.columns
        if self.by_image:
            return f"{self.noun} of image {columns.shown_image(row)}"
        if isinstance(columns, GroundTruth):
            which = shown_id(columns.id[row], columns.keys)
        else:
            which = place_text(self.place(row), columns.files)
        return f"{self.noun} {which} (image_id {columns.shown_image(row)})"

    def first(self, row: int) -> str:
        """The record of a row, for people, as the first of several."""
        image = self.columns.shown_image(row)
        return f"first in image {image}" if self.by_image else f"first {self.name(row)}"

    def many(self, rows: NDArray[np.integer], singular: str, plural: str) -> str:
        """Number of rows, noun and verb: "1 prediction has", "41 predictions have"."""
        return counted(len(rows), f"{self.noun} {singular}", f"{self.noun}s {plural}")

    def finding(
        self,
        level: Level,
        kind: str,
        message: str,
        *,
        code: str,
        rows: NDArray[np.integer] | None = None,
        hint: str = "",
        field: str | None = None,
        error: type[InputError] = FormatError,
        count: int | None = None,
        option: str | None = None,
    ) -> Finding:
        """A mistake of some rows, or without rows of the file.

        Args and errors as in `Finding`; the count is that of the rows unless given.
        """
        first = None if rows is None or not len(rows) else int(rows[0])
        return Finding(
            level,
            kind,
            message,
            count=max(0 if rows is None else len(rows), 1) if count is None else count,
            path=self.columns.source,
            index=None if first is None or self.by_image else self.place(first),
            first="" if first is None else self.name(first),
            hint=hint,
            code=code,
            field=field,
            error=error,
            option=option,
        )

    @cached_property
    def image_sizes(self) -> NDArray[np.int32]:
        """(H, W) of every record's image, int32, shape (N, 2); -1 where unknown."""
        return self.sizes_of(np.arange(len(self.columns)))

    def sizes_of(self, rows: NDArray[np.integer]) -> NDArray[np.int32]:
        """(H, W) of the images of some records, int32, shape (n, 2); -1 where unknown."""
        if self.gt is None:
            return np.full((len(rows), 2), -1, np.int32)
        return self.gt.images.sizes_of(self.columns.image_id[rows])

    @property
    def mask_areas(self) -> NDArray[np.int64]:
        """Areas of the masks in pixels, int64, shape (N,).

        -1 without a mask, with an unsound one, or without an image size to draw a polygon in.
        """
        return self._masks[0]

    @property
    def mask_defects(self) -> NDArray[np.int8]:
        """Defects of the masks, int8, shape (N,); 0 where none is known."""
        return self._masks[1]

    @property
    def known_defects(self) -> NDArray[np.int8] | None:
        """`mask_defects`, if they have been looked for already."""
        known: Measured | None = vars(self).get("_masks")
        return None if known is None else known[1]

    @cached_property
    def _masks(self) -> Measured:
        """Area and defect of every mask."""
        if self.drawn_masks is not None:
            without = self.segmentations.format == Format.NONE
            return np.where(without, -1, area(self.drawn_masks)), np.zeros(len(without), np.int8)
        areas = np.full(len(self.columns), -1, np.int64)
        defects = np.zeros(len(self.columns), np.int8)
        strings = self.segmentations.rows(Format.STRING)
        areas[strings], defects[strings] = self.segmentations.strings.take(strings).measure()
        rows = self.segmentations.rows(Format.COUNTS)
        for start in range(0, len(rows), SLICE):
            part = rows[start : start + SLICE]
            areas[part], defects[part] = self._measure_counts(part)
        rows, left = self.segmentations.rows(Format.POLYGON), self.drawn_limit
        for start in range(0, len(rows), SLICE):
            part = rows[start : start + SLICE]
            (areas[part], defects[part]), left = self._measure_polygons(part, left)
        areas[defects != 0] = -1
        return areas, defects

    def _measure_counts(self, rows: NDArray[np.intp]) -> Measured:
        """Areas and defects of lists of counts."""
        areas = np.zeros(len(rows), np.int64)
        defects = np.zeros(len(rows), np.int8)
        left = np.arange(len(rows))
        while len(left):
            try:
                areas[left] = area(parse_counts(self.segmentations.strings.take(rows[left])))
                break
            except FormatError as error:
                defects[left[error.index or 0]] = MALFORMED
                left = np.delete(left, error.index or 0)
        return areas, defects

    @property
    def drawn_limit(self) -> int:
        """Runs that all polygons together may be drawn as."""
        text = self.segmentations.strings.lengths[self.segmentations.rows(Format.POLYGON)]
        return max(limits().drawn_runs, limits().drawn_ratio * int(text.sum()))

    def runs_of(self, row: int) -> int:
        """Runs that the polygons of one record would be drawn as."""
        polygons, _ = self.segmentations.take(np.array([row])).polygons()
        return int(most_drawn_runs(polygons, self.sizes_of(np.array([row])), each=0, together=0)[0])

    def _measure_polygons(self, rows: NDArray[np.intp], left: int) -> tuple[Measured, int]:
        """Areas and defects of polygons that may be drawn as `left` runs, and what is left then."""
        areas = np.full(len(rows), -1, np.int64)
        polygons, defects = self.segmentations.take(rows).polygons()
        sizes = self.image_sizes[rows]
        drawn = np.flatnonzero((defects == 0) & (sizes > 0).all(axis=1))
        most = limits().mask_runs
        runs = most_drawn_runs(polygons.take(drawn), sizes[drawn], each=most, together=left)
        beyond = (runs > most) | (np.cumsum(np.where(runs > most, 0, runs)) > left)
        defects[drawn[beyond]] = BEYOND_LIMIT
        drawn = drawn[~beyond]
        areas[drawn] = area(rasterise(polygons.take(drawn), sizes[drawn]))
        return (areas, defects), left - int(runs[~beyond].sum())


AnyRecords = Records[Any]
"""Records of either file."""
