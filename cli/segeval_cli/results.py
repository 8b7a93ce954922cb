"""Any result as text, Markdown, CSV and JSON: the last step of a command."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from segeval_cli.output import emit, json_text, write_whole
from segeval_cli.progress import say
from segeval_cli.tables import (
    Column,
    Table,
    flow,
    percent,
    shorten,
    terminal_width,
    wrapped,
)

if TYPE_CHECKING:
    from segeval.metrics.tables import Result
    from segeval.metrics.tables import Table as ResultTable

FIRST_ROWS = 20
"""Rows of a long table that are shown without --all."""

LONGEST_NAME = 28
"""Characters of a name in a table."""

NOTE = "note: "


def finish(
    result: Result,
    inputs: Mapping[str, str],
    *,
    json: bool,
    output: Path | None,
    quiet: bool,
    every_row: bool,
) -> None:
    """Print a result and write it where `--output` says.

    Args:
        result: of any protocol.
        inputs: paths by their key in the JSON object's `inputs`, such as "preds".
        json: print the JSON object instead of the tables.
        output: a file to write as well; its suffix says what, None for none.
        quiet: leave the notes out, and what was written.
        every_row: also those of long tables.
    """
    document = ""
    if json or output is not None:
        document = json_text(with_hashes(result.to_dict(), inputs))
    if json:
        emit(document)
    else:
        emit(result_text(result, terminal_width(), every_row=every_row, notes=not quiet))
    if output is None:
        return
    match output.suffix.lower():
        case ".json":
            text = document + "\n"
        case ".csv":
            text = result_csv(result)
        case _:
            text = result_markdown(result)
    write_whole(output, text)
    if not quiet:
        say(f"wrote {output}")


def with_hashes(document: dict[str, Any], inputs: Mapping[str, str]) -> dict[str, Any]:
    """The JSON object with SHA-256 of its input files, so that a number can be traced.

    A folder, or a pipe that is gone by now, has none.
    """
    from segeval.data.files import sha256

    for key, path in inputs.items():
        digest = sha256(path) if Path(path).is_file() else None
        document["inputs"][key] = {**document["inputs"].get(key, {}), "sha256": digest}
    return document


def reaches(primary: float | None, fail_under: float | None, name: str = "AP") -> bool:
    """Whether a number is as high as `--fail-under` asks; says so if it is not.

    Args:
        primary: the number, a fraction; None if undefined.
        fail_under: what is asked for, None for nothing.
        name: what the number is called.
    """
    if fail_under is None or (primary is not None and primary >= fail_under):
        return True
    found = "undefined" if primary is None else f"{percent(primary)} %"
    say(f"{name} is {found}, --fail-under asks for {100 * fail_under:g} %")
    return False


def result_text(result: Result, width: int, *, every_row: bool, notes: bool) -> str:
    """Title, tables, and the lines below them, in lines of `width` characters."""
    parts = [flow(result.headline, width)]
    parts += [text_table(table, every_row=every_row).text(width) for table in result.tables]
    below = [flow([result.summary, f"in {result.seconds:.1f} s"], width, gap=1)]
    if notes:
        below += [
            wrapped(NOTE + note.message, width, later_indent=len(NOTE)) for note in result.notes
        ]
    return "\n\n".join([*parts, "\n".join(below)])


def result_markdown(result: Result) -> str:
    """The same for a paper or an issue, with every row."""
    first, *others = result.headline
    parts = [f"**{first}** {', '.join(others)}"]
    parts += [text_table(table, every_row=True).markdown() for table in result.tables]
    parts.append(f"{result.summary} in {result.seconds:.1f} s")
    if result.notes:
        parts.append("\n".join(f"- {note.message}" for note in result.notes))
    return "\n\n".join(parts) + "\n"


def result_csv(result: Result) -> str:
    """Every row of every table, fractions in full precision, undefined as an empty cell."""
    keys = dict.fromkeys(field.key for table in result.tables for field in table.fields)
    text = io.StringIO()
    writer = csv.DictWriter(text, ["table", *keys], restval="", lineterminator="\n")
    writer.writeheader()
    for table in result.tables:
        for record in table.records():
            cells = {key: value for key, value in record.items() if value is not None}
            writer.writerow({"table": table.name, **cells})
    return text.getvalue()


def text_table(table: ResultTable, *, every_row: bool, more: str = "--all") -> Table:
    """A table of values as one of text, cut after `FIRST_ROWS` unless every row is wanted.

    Args:
        table: any result's.
        every_row: do not cut.
        more: the option that shows what was cut.
    """
    from segeval.metrics.tables import shown

    columns = tuple(
        Column(
            field.title, left=field.unit == "text", drop=field.drop, shrinks=field.unit == "text"
        )
        for field in table.fields
    )
    rows = [
        tuple(
            shorten(shown(value, field.unit), LONGEST_NAME)
            if field.unit == "text"
            else shown(value, field.unit)
            for value, field in zip(row, table.fields, strict=True)
        )
        for row in table.rows
    ]
    end = len(rows) - table.extras
    totals, others, extras = rows[: table.totals], rows[table.totals : end], rows[end:]
    kept = others if every_row else others[:FIRST_ROWS]
    cut = len(others) - len(kept)
    blocks = (tuple(totals), tuple(kept), tuple(extras))
    return Table(columns, blocks, f"{cut:,} more: {more}" if cut else "")
