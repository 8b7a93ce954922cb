"""The records of one file under examination."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from segeval.checks.shapes import Shapes, measured
from segeval.data.columns import GroundTruth, Predictions
from segeval.data.keys import shown_id
from segeval.data.places import place_text
from segeval.data.segmentations import Segmentations
from segeval.errors import FormatError, InputError
from segeval.findings import Finding, Level
from segeval.frozen import frozen
from segeval.masks import RunLengths
from segeval.masks.drawn_runs import most_drawn_runs
from segeval.words import counted

Columns = TypeVar("Columns", bound=Predictions | GroundTruth)


@frozen(eq=False)
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

    @cached_property
    def shapes(self) -> Shapes:
        """The masks of all records, unsound ones included."""
        return measured(self.segmentations, self.image_sizes, self.drawn_masks)

    def shapes_of(self, rows: NDArray[np.int64]) -> Shapes:
        """The sound masks among some rows, which are increasing."""
        shapes: Shapes | None = vars(self).get("shapes")
        if shapes is not None:
            return (shapes if len(rows) == len(shapes.rows) else shapes.take(rows)).sound()
        drawn = None if self.drawn_masks is None else self.drawn_masks.take(rows)
        found = measured(self.segmentations.take(rows), self.sizes_of(rows), drawn)
        return replace(found, rows=rows).sound()

    def runs_of(self, row: int) -> int:
        """Runs that the polygons of one record would be drawn as."""
        polygons, _ = self.segmentations.take(np.array([row])).polygons()
        return int(most_drawn_runs(polygons, self.sizes_of(np.array([row])), each=0, together=0)[0])


AnyRecords = Records[Any]
"""Records of either file."""
