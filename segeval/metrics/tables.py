"""Tables of values, which reports, notebooks and the command line show of any result."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from html import escape
from typing import Any, Literal

from segeval.data.data_frame import data_frame
from segeval.errors import InputError
from segeval.words import counted, percent, signed

FIRST_ROWS = 20
"""Rows of a long table shown by default."""

Value = str | int | float | None
"""A cell; None is undefined."""

Unit = Literal["text", "label", "id", "count", "percent", "signed", "number", "words"]
"""How a cell is shown: names (text) and other words (label) unchanged, an id without commas, a
count with commas, a fraction as a percentage, a difference of fractions as one with its sign, any
other number in few digits, words like names but never cut short."""


@dataclass(frozen=True)
class Field:
    """One column of a table.

    Attributes:
        key: name in a program, snake_case.
        title: header for people.
        unit: how cells are shown; a "percent" holds a fraction.
        drop: columns with the highest value give way first on a narrow terminal; 0 never does.
    """

    key: str
    title: str
    unit: Unit = "percent"
    drop: int = 0


@dataclass(frozen=True)
class Table:
    """Rows of values under fields.

    Attributes:
        name: what one row is, such as "category".
        fields: the columns, from left to right.
        rows: rows in the order of display, one cell per field.
        totals: number of leading rows that are totals, set apart.
        extras: number of trailing rows about something else, set apart.

    Example:
        >>> fields = Field("category", "category", "text"), Field("ap", "AP")
        >>> Table("category", fields, (("lamp", 0.42), ("chair", None)))
        Table(2 category rows)
    """

    name: str
    fields: tuple[Field, ...]
    rows: tuple[tuple[Value, ...], ...]
    totals: int = 0
    extras: int = 0

    def __repr__(self) -> str:
        """One line: what the rows are, and how many."""
        return f"Table({counted(len(self.rows), f'{self.name} row')})"

    def __str__(self) -> str:
        """The table as text, with every row; totals and extras are set apart by a line.

        Example:
            >>> fields = Field("category", "category", "text"), Field("ap", "AP")
            >>> print(Table("category", fields, (("all", 0.4), ("lamp", 0.42)), totals=1))
            category    AP
            --------------
            all       40.0
            --------------
            lamp      42.0
        """
        units = [field.unit for field in self.fields]
        cells = [
            [field.title for field in self.fields],
            *([shown(*cell) for cell in zip(row, units, strict=True)] for row in self.rows),
        ]
        widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
        lines = [
            "  ".join(
                cell.ljust(width) if unit in ("text", "label", "words") else cell.rjust(width)
                for cell, width, unit in zip(row, widths, units, strict=True)
            ).rstrip()
            for row in cells
        ]
        rule = "-" * (sum(widths) + 2 * max(len(widths) - 1, 0))
        parts = 1, self.totals, len(self.rows) - self.totals - self.extras, self.extras
        blocks, start = [], 0
        for length in parts:
            blocks.append(lines[start : start + length])
            start += length
        return f"\n{rule}\n".join("\n".join(block) for block in blocks if block)

    def records(self) -> list[dict[str, Value]]:
        """Every row as a dictionary by key, the totals first."""
        keys = [field.key for field in self.fields]
        return [dict(zip(keys, row, strict=True)) for row in self.rows]

    def to_dataframe(self) -> Any:
        """Every row as a `pandas.DataFrame` with the keys as columns, which needs pandas."""
        by_key = zip(*self.rows, strict=True) if self.rows else [()] * len(self.fields)
        return data_frame(
            {field.key: list(cells) for field, cells in zip(self.fields, by_key, strict=True)}
        )

    def shortened(self, limit: int) -> Table:
        """The table with at most `limit` rows between its totals and its extras."""
        end = len(self.rows) - self.extras
        last = min(self.totals + limit, end)
        return replace(self, rows=self.rows[:last] + self.rows[end:])

    def _repr_html_(self) -> str:
        """The table for a notebook."""
        return html([self])

    def html(self) -> str:
        """The table as HTML, with every row."""
        head = "".join(f"<th>{escape(field.title)}</th>" for field in self.fields)
        rows = "".join(
            "<tr>"
            + "".join(
                f"<td>{escape(shown(value, field.unit))}</td>"
                for value, field in zip(row, self.fields, strict=True)
            )
            + "</tr>"
            for row in self.rows
        )
        return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


class Tables(tuple[Table, ...]):
    """Tables in the order of their importance; also by name, such as `tables["category"]`."""

    def __getitem__(self, place: Any) -> Any:
        """The table with a name or at a place, or several by a slice.

        Raises:
            InputError: for an unknown name.

        Example:
            >>> Tables([Table("size", (), ())])["category"]
            Traceback (most recent call last):
            segeval.errors.InputError: there is no table 'category', expected one of: size.
        """
        if not isinstance(place, str):
            return super().__getitem__(place)
        for table in self:
            if table.name == place:
                return table
        names = ", ".join(table.name for table in self)
        raise InputError(
            f"there is no table {place!r}, expected one of: {names}.", code="unknown-table"
        )

    def __repr__(self) -> str:
        """One line: the names of the tables."""
        return f"Tables({', '.join(table.name for table in self)})"

    def __str__(self) -> str:
        """The tables as text, one below the other."""
        return "\n\n".join(map(str, self))

    def _repr_html_(self) -> str:
        """The tables for a notebook."""
        return html(self)


def html(tables: Sequence[Table]) -> str:
    """Tables for a notebook, one below the other, long ones cut."""
    return "".join(map(_first_rows, tables))


def _first_rows(table: Table) -> str:
    """A table for a notebook; a long one is cut and says by how much."""
    short = table.shortened(FIRST_ROWS)
    cut = len(table.rows) - len(short.rows)
    return short.html() + (f"<p>{counted(cut, 'more row')}</p>" if cut else "")


def shown(value: Value, unit: Unit) -> str:
    """A cell as people read it.

    Example:
        >>> shown(0.44123, "percent"), shown(12041, "count"), shown(None, "percent")
        ('44.1', '12,041', '-')
    """
    if value is None:
        return "-"
    if isinstance(value, str):
        return value
    match unit:
        case "percent":
            return percent(value)
        case "signed":
            return signed(value)
        case "count":
            return f"{value:,}"
        case "id":
            return str(value)
        case _:
            return f"{value:g}"
