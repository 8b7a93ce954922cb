"""What one thread reads of a file of predictions, and ids that its columns cannot hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import msgspec
import numpy as np
from numpy.typing import NDArray

from segeval.data.id_values import IdField, check_one_kind, id_value
from segeval.data.json.id_text import id_text
from segeval.data.json.scan import Columns
from segeval.data.keys import BEYOND, Key, Keys, numbering
from segeval.errors import FormatError

ID_FIELDS = ("image_id", "category_id")
"""Fields of ids, in the order of the columns."""


@dataclass
class Chunk:
    """Rows that one thread read, from the record at `start` to the record at `stop`.

    Attributes:
        start: place of the first record in the file.
        stop: place of the next record, or of what is wrong.
        columns: arrays with room for more rows than there are.
        rows: number of rows read.
        text_end: place in the text behind the last mask written.
        ended: whether the list ends here.
        error: what is wrong with the record at `stop`; None if nothing is.
        long: row and mask of records whose mask has no room in the text.
        keys: ids by row, of images and of categories, that the columns cannot hold.
    """

    start: int
    stop: int
    columns: Columns
    rows: int = 0
    text_end: int = 0
    ended: bool = False
    error: FormatError | None = None
    long: list[tuple[int, bytes]] = field(default_factory=list)
    keys: tuple[dict[int, Key], ...] = field(default_factory=lambda: tuple({} for _ in ID_FIELDS))

    @property
    def over(self) -> bool:
        """Whether reading ends with this chunk."""
        return self.ended or self.error is not None

    def plain_id(self, column: int, value: Key, row: int) -> int:
        """The number of an id in its column; one that has none is kept beside it."""
        if isinstance(value, int) and value < BEYOND:
            return value
        self.keys[column][row] = value
        return 0

    def read_ids(self, data: NDArray[np.uint8], first: int) -> None:
        """Read the ids that the scanner has only found; the rows end before the first wrong one.

        Args:
            data: bytes that the scanner read.
            first: the first row that it read.
        """
        *_, beside = self.columns
        if not beside[first : self.rows].any():
            return
        known: dict[bytes, Key] = {}
        for column, name in enumerate(ID_FIELDS):
            ids = self.columns[column]
            for row in (np.flatnonzero(beside[first : self.rows] & (1 << column)) + first).tolist():
                text = id_text(data, int(ids[row]))
                try:
                    if text not in known:
                        known[text] = id_value(msgspec.json.decode(text), name)
                except FormatError as error:
                    self.rows, self.error = row, error
                    break
                ids[row] = self.plain_id(column, known[text], row)


def ids_beside(chunks: Sequence[Chunk], column: int) -> dict[int, Key]:
    """Ids that a column cannot hold, by row of the file."""
    found: dict[int, Key] = {}
    first = 0
    for chunk in chunks:
        found |= {first + row: key for row, key in chunk.keys[column].items()}
        first += chunk.rows
    return found


def with_ids_beside(
    column: NDArray[np.int64], beside: Mapping[int, Key], name: str, source: str
) -> tuple[NDArray[np.int64], Keys | None]:
    """The ids of one field with those beside their column, and their keys."""
    if not beside:
        return column, None
    ids: list[Key] = column.tolist()
    for row, key in beside.items():
        ids[row] = key
    listed = IdField(name, ids, lambda row: f"prediction #{row}")
    check_one_kind([listed], name.removesuffix("_id"), source)
    found = numbering(ids)
    return found.column(ids), found.keys
