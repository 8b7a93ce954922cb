"""Tables of values, which reports, notebooks and the command line show of any result."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Literal, TypeVar

from segeval.data.data_frame import Backend, Column, data_frame, ids_column
from segeval.errors import InputError
from segeval.frozen import frozen
from segeval.metrics import latex
from segeval.words import counted, percent, signed

FIRST_ROWS = 20
"""Rows of a long table shown by default."""

Value = str | int | float | tuple[float, float] | None
"""A cell; None is undefined."""

Unit = Literal[
    "text", "label", "id", "count", "percent", "signed", "number", "words", "p",
    "gain", "interval", "signed interval", "number interval", "change",
]  # fmt: skip
"""How a cell is shown: names (text) and other words (label) unchanged, an id without commas, a
count with commas, a fraction as a percentage, a difference of fractions as one with its sign, any
other number in few digits, words like names but never cut short, a p-value with at most three
decimals, a difference of counts with its sign (gain); both ends of an interval, and a count that
changes into another."""

PAIRS: dict[Unit, tuple[str, str]] = {
    "interval": ("low", "high"),
    "signed interval": ("low", "high"),
    "number interval": ("low", "high"),
    "change": ("a", "b"),
}
"""Units of cells of two numbers, and what keys of their columns end with."""

LEAST_P = 0.001
"""A smaller p-value is shown as smaller than this."""

NAMES = ("text", "label", "words")
"""Units of cells that are text."""


OfRow = TypeVar("OfRow")


@frozen
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


@frozen
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
                cell.ljust(width) if unit in (*NAMES, *PAIRS) else cell.rjust(width)
                for cell, width, unit in zip(row, widths, units, strict=True)
            ).rstrip()
            for row in cells
        ]
        rule = "-" * (sum(widths) + 2 * max(len(widths) - 1, 0))
        blocks = [lines[:1], *self._parted(lines[1:])]
        return f"\n{rule}\n".join("\n".join(block) for block in blocks if block)

    def _parted(self, rows: Sequence[OfRow]) -> list[Sequence[OfRow]]:
        """What stands for the rows, parted into totals, the others and extras."""
        end = len(self.rows) - self.extras
        return [rows[: self.totals], rows[self.totals : end], rows[end:]]

    def records(self) -> list[dict[str, Value]]:
        """Every row as a dictionary by key, the totals first."""
        keys = [field.key for field in self.fields]
        return [dict(zip(keys, row, strict=True)) for row in self.rows]

    def to_dataframe(self, backend: Backend | None = None) -> Any:
        """Every row in a data frame, the totals first, with the keys as columns.

        Fractions stay fractions. An interval becomes two columns, such as `low` and `high`.

        Args:
            backend: "pandas" or "polars"; None for the first of these that is installed.

        Returns:
            A `pandas.DataFrame` whose types know missing values (Int64, Float64, string), or a
            `polars.DataFrame`; their types do not depend on the rows. Undefined is missing.

        Raises:
            InputError: for another backend.
            MissingDependency: if the backend, or both, are not installed.
        """
        columns: dict[str, Column] = {}
        for place, field in enumerate(self.fields):
            columns |= _columns(field, [row[place] for row in self.rows])
        return data_frame(columns, backend)

    def to_latex(self) -> str:
        r"""Every row as a `tabular` of LaTeX, which needs `\usepackage{booktabs}`.

        Names are escaped. Letters that the fonts of pdfLaTeX lack need LuaLaTeX or XeLaTeX.

        Example:
            >>> fields = Field("category", "category", "text"), Field("ap", "AP")
            >>> print(Table("category", fields, (("fire_hydrant", 0.42), ("tv", None))).to_latex())
            \begin{tabular}{@{}lr@{}}
            \toprule
            category & AP \\
            \midrule
            fire\_hydrant & 42.0 \\
            tv & -- \\
            \bottomrule
            \end{tabular}
        """
        rows = [
            [_latex_cell(value, field.unit) for value, field in zip(row, self.fields, strict=True)]
            for row in self.rows
        ]
        sides = "".join("l" if field.unit in ("text", "words") else "r" for field in self.fields)
        titles = [latex.numbers(field.title) for field in self.fields]
        return latex.tabular(sides, titles, self._parted(rows))

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
        from html import escape  # only now: it names all characters

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
        raise unknown_table(place, [table.name for table in self])

    def __repr__(self) -> str:
        """One line: the names of the tables."""
        return f"Tables({', '.join(table.name for table in self)})"

    def __str__(self) -> str:
        """The tables as text, one below the other."""
        return "\n\n".join(map(str, self))

    def _repr_html_(self) -> str:
        """The tables for a notebook."""
        return html(self)


def unknown_table(name: str, known: Sequence[str]) -> InputError:
    """The error for a table that a result does not have, with those that it has."""
    return InputError(
        f"there is no table {name!r}, expected one of: {', '.join(known)}.", code="unknown-table"
    )


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
        >>> shown(0.28, "p"), shown(0.0002, "p")
        ('0.28', '<0.001')
    """
    if value is None:
        return "-"
    if isinstance(value, str):
        return value
    if isinstance(value, tuple):
        return _pair_text(value, unit)
    match unit:
        case "percent":
            return percent(value)
        case "signed":
            return signed(value)
        case "count":
            return f"{value:,}"
        case "gain":
            return f"{value:+,}" if value else "0"
        case "id":
            return str(value)
        case "p":
            return f"{round(value, 3):g}" if value >= LEAST_P / 2 else f"<{LEAST_P:g}"
        case _:
            return f"{value:g}"


def _pair_text(pair: tuple[float, float], unit: Unit) -> str:
    """A cell of two numbers."""
    match unit:
        case "interval":
            return " .. ".join(map(percent, pair))
        case "signed interval":
            return " .. ".join(map(signed, pair))
        case "change":
            return " -> ".join(f"{value:,}" for value in pair)
        case _:
            return " .. ".join(f"{value:.3g}" for value in pair)


def _latex_cell(value: Value, unit: Unit) -> str:
    """A cell in LaTeX."""
    if value is None:
        return latex.UNDEFINED
    return (latex.escaped if unit == "text" else latex.numbers)(shown(value, unit))


def _columns(field: Field, cells: Sequence[Value]) -> dict[str, Column]:
    """The columns of a data frame for one field, by key."""
    unit = field.unit
    if unit in PAIRS:
        ends = PAIRS[unit]
        key = field.key.removesuffix("interval") if "interval" in unit else f"{field.key}_"
        kind: Literal["whole", "number"] = "whole" if unit == "change" else "number"
        return {
            f"{key}{end}": Column(
                kind, [cell[place] if isinstance(cell, tuple) else None for cell in cells]
            )
            for place, end in enumerate(ends)
        }
    if unit == "id" or (unit == "text" and any(isinstance(cell, int) for cell in cells)):
        known = [cell if isinstance(cell, int | str) else None for cell in cells]
        return {field.key: ids_column(known)}
    if unit in NAMES:
        return {field.key: Column("text", [None if cell is None else str(cell) for cell in cells])}
    numbers = [None if cell == "" else cell for cell in cells]  # a blank is no number
    return {field.key: Column("whole" if unit in ("count", "gain") else "number", numbers)}
