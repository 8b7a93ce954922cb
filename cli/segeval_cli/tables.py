"""Tables for people: columns of text that fit the terminal, or pipes for a paper."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from segeval.frozen import frozen
from segeval_cli import visible
from segeval_cli.flags import in_flags
from segeval_cli.visible import markdown

if TYPE_CHECKING:
    from segeval.errors import Note
    from segeval.metrics.tables import Field, Table

WIDEST = 80
"""Greatest width of text, however wide the terminal."""

WIDEST_TABLE = 120
"""Greatest width of a table, however wide the terminal."""

NOTE = "note: "
"""Before every note."""

MARGIN = 2
GAP, SMALL_GAP = 3, 2
"""Characters between columns; the small gap where names would be cut otherwise."""

SHORTEST_NAME, LONGEST_NAME = 16, 28
"""Limits of a name in a table, in characters."""

LEFT = ("text", "words")
"""Units of columns that begin at the left."""

Row = tuple[str, ...]


@frozen
class TextTable:
    """A table of values as text.

    Attributes:
        fields: the columns, from left to right; names come first and may be cut to `SHORTEST_NAME`
            characters.
        blocks: groups of rows, separated by rules; every row has a cell per field.
        footer: a line below the table, "" for none.
        gap: characters between columns.

    Example:
        >>> from segeval.metrics.tables import Field, Table
        >>> fields = Field("size", "size", "text"), Field("ap", "AP")
        >>> print(text_table(Table("size", fields, (("all", 0.4413),))).text(40))
          size     AP
         -------------
          all    44.1
    """

    fields: tuple[Field, ...]
    blocks: tuple[tuple[Row, ...], ...]
    footer: str = ""
    gap: int = GAP

    def text(self, width: int) -> str:
        """The table in at most `width` characters, as far as dropping columns allows."""
        table = self._fit(width - 1)  # rules reach one character beyond the cells
        widths = table._widths()
        rule = " " + "-" * table._breadth()
        lines = [table._line([field.title for field in table.fields], widths)]
        for block in filter(None, table.blocks):
            lines.append(rule)
            lines += [table._line(row, widths) for row in block]
        if self.footer:
            lines.append(" " * MARGIN + self.footer)
        kept = {field.key for field in table.fields}
        dropped = [field.title for field in self.fields if field.key not in kept]
        dropped += [f"{title} in full" for title in self._shortened_by(table)]
        if dropped:
            lines.append(wrapped(f"no room for {', '.join(dropped)}", width, indent=MARGIN))
        return "\n".join(lines)

    def markdown(self) -> str:
        """The table between pipes, with every column."""
        lines = [
            _pipes([field.title for field in self.fields]),
            _pipes([":--" if field.unit in LEFT else "--:" for field in self.fields]),
            *(_pipes(row) for block in self.blocks for row in block),
        ]
        if self.footer:
            lines += ["", self.footer]
        return "\n".join(lines)

    def _fit(self, width: int) -> TextTable:
        """Narrow gaps, leave out what stands in brackets, drop columns; then cut names.

        Each of these only where the rest has no room with short names; gaps narrow before a name
        is cut.
        """
        table = self
        if table._breadth() > width:
            table = replace(table, gap=SMALL_GAP)
        if table._breadth(longest_name=SHORTEST_NAME) > width:
            table = table._without_brackets()
        while table._breadth(longest_name=SHORTEST_NAME) > width:
            drops = [field.drop for field in table.fields]
            if not any(drops):
                break
            table = table._without(drops.index(max(drops)))
        if replace(table, gap=GAP)._breadth() <= width:
            table = replace(table, gap=GAP)
        return table._cut(table._breadth() - width)

    def _without_brackets(self) -> TextTable:
        """The table with words, such as verdicts, up to a bracket."""
        are_words = [field.unit == "words" for field in self.fields]
        return self._changed(
            lambda row: tuple(
                cell.split(" (")[0] if words else cell
                for cell, words in zip(row, are_words, strict=True)
            )
        )

    def _shortened_by(self, table: TextTable) -> list[str]:
        """Titles of columns of words of which a narrower table has less."""
        words = [(at, f) for at, f in enumerate(self.fields) if f.unit == "words"]
        places = {field.key: at for at, field in enumerate(table.fields)}
        return [
            field.title
            for at, field in words
            if field.key in places
            and any(
                row[at] != own[places[field.key]]
                for block, others in zip(self.blocks, table.blocks, strict=True)
                for row, own in zip(block, others, strict=True)
            )
        ]

    def _without(self, place: int) -> TextTable:
        """The table without one column."""
        fields = self.fields[:place] + self.fields[place + 1 :]
        return replace(self._changed(lambda row: row[:place] + row[place + 1 :]), fields=fields)

    def _cut(self, excess: int) -> TextTable:
        """Shorten names, and the title above them, by up to `excess` characters."""
        place = next((at for at, field in enumerate(self.fields) if field.unit == "text"), None)
        if place is None or excess <= 0:
            return self
        limit = max(SHORTEST_NAME, self._widths()[place] - excess)
        field = self.fields[place]
        named = replace(field, title=shorten(field.title, limit))
        fields = (*self.fields[:place], named, *self.fields[place + 1 :])
        rows = self._changed(
            lambda row: (*row[:place], shorten(row[place], limit), *row[place + 1 :])
        )
        return replace(rows, fields=fields)

    def _changed(self, change: Callable[[Row], Row]) -> TextTable:
        """The table with every row changed."""
        return replace(self, blocks=tuple(tuple(map(change, block)) for block in self.blocks))

    def _widths(self) -> list[int]:
        """Width of every column."""
        rows = [row for block in self.blocks for row in block]
        return [
            max([len(field.title), *(len(row[place]) for row in rows)])
            for place, field in enumerate(self.fields)
        ]

    def _breadth(self, longest_name: int | None = None) -> int:
        """Width of a line with names cut to `longest_name`."""
        widths = [
            min(needed, longest_name) if longest_name and field.unit == "text" else needed
            for needed, field in zip(self._widths(), self.fields, strict=True)
        ]
        return MARGIN + sum(widths) + self.gap * (len(widths) - 1)

    def _line(self, cells: Sequence[str], widths: Sequence[int]) -> str:
        """One aligned line."""
        padded = [
            cell.ljust(width) if field.unit in LEFT else cell.rjust(width)
            for cell, width, field in zip(cells, widths, self.fields, strict=True)
        ]
        return (" " * MARGIN + (" " * self.gap).join(padded)).rstrip()


def text_table(table: Table, *, every_row: bool = True, more: str = "") -> TextTable:
    """A table of values as text.

    Args:
        table: of any result.
        every_row: do not cut a long table.
        more: the option that shows what was cut.
    """
    from segeval.metrics.tables import FIRST_ROWS, shown

    kept = table if every_row else table.shortened(FIRST_ROWS)
    rows = [
        tuple(
            shorten(visible.shown(shown(value, field.unit)), LONGEST_NAME)
            if field.unit == "text"
            else visible.shown(shown(value, field.unit))
            for value, field in zip(row, table.fields, strict=True)
        )
        for row in kept.rows
    ]
    end = len(rows) - table.extras
    cut = len(table.rows) - len(rows)
    blocks = (tuple(rows[: table.totals]), tuple(rows[table.totals : end]), tuple(rows[end:]))
    return TextTable(table.fields, blocks, f"{cut:,} more: {more}" if cut else "")


def _pipes(cells: Sequence[str]) -> str:
    """One row of a Markdown table."""
    return "| " + " | ".join(markdown(cell).replace("|", "\\|") for cell in cells) + " |"


def terminal_width(widest: int = WIDEST) -> int:
    """Width of the output: the terminal's or COLUMNS, at most `widest`; 80 without a terminal."""
    return min(widest, shutil.get_terminal_size((WIDEST, 24)).columns)


def count(number: int | None) -> str:
    """A number with thousands separators, "-" for None."""
    return "-" if number is None else f"{number:,}"


def shorten(text: str, limit: int) -> str:
    """The text, ended by dots if longer than `limit`."""
    return text if len(text) <= limit else text[: limit - 2] + ".."


def flow(parts: Sequence[str], width: int, *, gap: int = GAP) -> str:
    """Parts of a title, `gap` spaces apart, on as few lines of `width` as possible.

    What breaks lines within a part is shown as text, as in `wrapped`.
    """
    lines: list[str] = []
    for part in map(visible.shown, parts):
        joined = f"{lines[-1]}{' ' * gap}{part}" if lines else part
        if lines and len(joined) <= width:
            lines[-1] = joined
        else:
            lines += textwrap.wrap(part, width, break_on_hyphens=False) or [part]
    return "\n".join(lines)


def note_text(note: Note, width: int) -> str:
    """A note in lines of `width` characters, with arguments named as flags."""
    return wrapped(NOTE + in_flags(note.message), width, later_indent=len(NOTE))


def wrapped(text: str, width: int, *, indent: int = 0, later_indent: int = 0) -> str:
    """Text in lines of at most `width`; words are never cut.

    Args:
        text: one paragraph.
        width: of a line with its indent, in characters.
        indent: spaces before every line.
        later_indent: further spaces before every line but the first.
    """
    return textwrap.fill(
        visible.shown(text),
        width,
        initial_indent=" " * indent,
        subsequent_indent=" " * (indent + later_indent),
        break_long_words=False,
        break_on_hyphens=False,
    )
