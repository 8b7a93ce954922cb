"""Tables of a page: cells of text, with the values that they are sorted by."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from segeval.frozen import frozen
from segeval.metrics.tables import Table, Unit, Value, shown
from segeval.words import beginning

LONGEST_NAME = 120
"""Characters of a name that a page shows; the numbers at its end have whole names."""

LONG = 25
"""Rows from which a table scrolls within its own frame."""

VAST = 200
"""Rows from which browsers lay a table out only when it comes near the window."""

OBJECTS = "objects"
"""Title of the column that counts objects of ground truth."""

NUMBERS = ("id", "count", "percent", "signed", "number", "gain")
"""Units of columns that stand on the right."""


@frozen
class Strip:
    """A number on a line with its interval; places are shares of the line's length.

    Attributes:
        place: of the number, in [0, 1].
        low: of the lower end of its interval; None without one.
        high: of the upper end.
        zero: of a line at 0 for differences; None for none.
    """

    place: float
    low: float | None = None
    high: float | None = None
    zero: float | None = None


@frozen
class Cell:
    """One cell.

    Attributes:
        text: what is shown.
        value: what rows are sorted by, if that is not the text.
        strip: a number on a line, in place of the text.
        verdict: "better" or "worse", which are also shown by colour; "" for others.
    """

    text: str
    value: float | None = None
    strip: Strip | None = None
    verdict: str = ""


@frozen
class Column:
    """One column.

    Attributes:
        title: its header.
        is_number: whether cells stand on the right.
        is_strip: whether cells are numbers on a line.
        about: what the header stands for, if that is not plain.
    """

    title: str
    is_number: bool = False
    is_strip: bool = False
    about: str = ""


@frozen
class PageTable:
    """A table; the first cell of each row is its header.

    Attributes:
        caption: what it shows.
        columns: from left to right.
        rows: of as many cells.
        is_sortable: whether rows may be put in another order.
        totals: leading rows that stay at the top.
        below: a sentence under the table; "" for none.
    """

    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    is_sortable: bool = False
    totals: int = 0
    below: str = ""

    @property
    def is_long(self) -> bool:
        """Whether it scrolls within its own frame."""
        return len(self.rows) > LONG

    @property
    def is_vast(self) -> bool:
        """Whether its layout would delay the page."""
        return len(self.rows) > VAST

    def is_unprinted(self, row: Sequence[Cell]) -> bool:
        """Whether paper is saved: a row of a long table that counts no objects has no numbers."""
        titles = [each.title for each in self.columns]
        return self.is_long and OBJECTS in titles and row[titles.index(OBJECTS)].value == 0

    @property
    def unprinted(self) -> int:
        """How many rows are not printed."""
        return sum(map(self.is_unprinted, self.rows))


def name_of(text: str) -> str:
    """A name from a file, cut where it is very long."""
    return beginning(text, LONGEST_NAME)


def cell(value: Value, unit: Unit = "percent") -> Cell:
    """A cell as people read it, sorted by its value.

    Example:
        >>> cell(0.4413), cell("lamp", "text")
        (Cell(text='44.1', value=0.4413, strip=None, verdict=''), Cell(text='lamp', value=None, \
strip=None, verdict=''))
    """
    if isinstance(value, str):
        return Cell(name_of(value))
    if isinstance(value, tuple):
        return Cell(shown(value, unit))
    return Cell(shown(value, unit), None if value is None else float(value))


def column(title: str, unit: Unit = "percent", about: str = "") -> Column:
    """A column of cells with some unit."""
    return Column(title, is_number=unit in NUMBERS, about=about)


def page_table(
    table: Table,
    caption: str,
    *,
    titles: Mapping[str, str] | None = None,
    without: Sequence[str] = (),
    is_sortable: bool = False,
    cells: Mapping[str, Callable[[Value], Cell]] | None = None,
) -> PageTable:
    """A table of a result for the page.

    Args:
        table: of the result.
        caption: what it shows.
        titles: other headers, by key.
        without: keys of columns that are left out.
        is_sortable: whether rows may be put in another order.
        cells: makes the cells of a column, by key.
    """
    kept = [place for place, field in enumerate(table.fields) if field.key not in without]
    fields = [table.fields[place] for place in kept]
    makers = cells or {}
    return PageTable(
        caption=caption,
        columns=tuple(
            column((titles or {}).get(field.key, field.title), field.unit) for field in fields
        ),
        rows=tuple(
            tuple(
                makers[field.key](row[place])
                if field.key in makers
                else cell(row[place], field.unit)
                for place, field in zip(kept, fields, strict=True)
            )
            for row in table.rows
        ),
        is_sortable=is_sortable,
        totals=table.totals,
    )
