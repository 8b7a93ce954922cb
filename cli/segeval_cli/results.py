"""Any result as text, Markdown, CSV and JSON: the last step of a command."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import typer

from segeval.frozen import frozen
from segeval.words import percent
from segeval_cli import failures
from segeval_cli.compiling import seconds_text
from segeval_cli.csv_rows import csv_text
from segeval_cli.digests import Digests
from segeval_cli.flags import in_flags
from segeval_cli.output import (
    FIGURES,
    SUFFIXES,
    check_target,
    emit_json,
    json_text,
    write_whole,
)
from segeval_cli.streams import emit, say
from segeval_cli.tables import (
    WIDEST_TABLE,
    TextTable,
    flow,
    note_text,
    terminal_width,
    text_table,
)
from segeval_cli.values import check_fraction
from segeval_cli.visible import markdown

if TYPE_CHECKING:
    from segeval.metrics.result import Result
    from segeval.metrics.tables import Table


R = TypeVar("R", bound=Any)  # a result with what each image alone would score


@frozen
class View:
    """What a command shows of a result.

    Attributes:
        tables: in this order.
        more: the option that shows rows cut from a table; {} stands for the table's name.
        lines: between the tables and the summary.
        appendix: text at the end, for a width in characters; None for none.
        to_dict: makes the JSON object, without the hashes of the files.
        to_csv: makes CSV of that object.
        glance: tables after them that nobody asked for: on the terminal, and in no file.
        judged: the numbers that `--fail-under` is about by name, fractions; None for the
            result's first.
    """

    tables: Sequence[Table]
    to_dict: Callable[[], dict[str, Any]]
    more: str = "--all"
    lines: Sequence[str] = ()
    appendix: Callable[[int], str] | None = None
    to_csv: Callable[[Mapping[str, Any]], str] = csv_text
    glance: Sequence[Table] = ()
    judged: Mapping[str, float | None] | None = None


def per_view(result: R, names: Sequence[str], image_table: Callable[[R], Table]) -> View:
    """The tables asked for of a result that knows what each image alone would score.

    Args:
        result: of label maps, or of panoptic quality.
        names: "category" for the result's own tables, "image" for the images.
        image_table: makes the latter.
    """
    tables: list[Table] = [] if "category" in names else [result.tables[0].shortened(0)]
    for name in names:
        tables += result.tables if name == "category" else [image_table(result)]
    return View(tables, partial(result.to_dict, per_image="image" in names))


@frozen(kw_only=True)
class Output:
    """The output options of a command: where its result goes and which number it must reach.

    Attributes:
        inputs: paths by their key in the JSON object's `inputs`, such as "preds".
        number: what the result's first number is called, such as "AP".
        json: print the JSON object instead of the tables.
        path: a file to write as well, in the format of its suffix; None for none.
        suffixes: formats that can be written.
        overwrite: whether an older file may be replaced.
        quiet: print neither notes nor names of written files.
        every_row: show long tables in full.
        fail_under: lowest acceptable number, of each kind of IoU, a fraction; None for no limit.

    Raises:
        InputError: for a file that cannot be written, or a percentage instead of a fraction.
    """

    inputs: Mapping[str, str]
    number: str
    json: bool = False
    path: Path | None = None
    suffixes: tuple[str, ...] = SUFFIXES
    overwrite: bool = False
    quiet: bool = False
    every_row: bool = False
    fail_under: float | None = None

    def __post_init__(self) -> None:
        """Refuse impossible options before any work is done."""
        check_target(self.path, self.suffixes, overwrite=self.overwrite)
        check_fraction(self.fail_under, "--fail-under", self.number)
        self._digests  # noqa: B018 - the thread begins to read now

    @property
    def _suffix(self) -> str:
        """Of the file that is written as well, in lower case; "" for none."""
        return "" if self.path is None else self.path.suffix.lower()

    @cached_property
    def _digests(self) -> Digests | None:
        """Of the input files; None where the JSON object is not asked for."""
        is_asked = self.json or self._suffix in (".json", ".csv")
        return Digests(self.inputs) if is_asked else None

    def show(
        self,
        result: Result[Any],
        view: View | None = None,
        *,
        draw: Callable[[Path], None] | None = None,
        writers: Mapping[str, Callable[[Path], None]] | None = None,
    ) -> None:
        """Print a result, write it where `--output` says, and answer `--fail-under`.

        Args:
            result: of any protocol.
            view: what to show, None for everything.
            draw: writes the result as a figure, None if it has none.
            writers: of other formats that the command knows, by suffix.

        Raises:
            typer.Exit: with 1 if a number is lower than `fail_under`.
        """
        view = view or View(result.tables, result.to_dict)
        own = {**dict.fromkeys(FIGURES if draw else (), draw), **(writers or {})}
        document: dict[str, Any] = {}
        if self._digests is not None:
            document = _with_digests(view.to_dict(), self._digests.found())
        try:
            if self.json:
                emit_json(document, is_kept=self.path is not None)
            else:
                text = result_text(
                    result, terminal_width(), table_width=terminal_width(WIDEST_TABLE),
                    every_row=self.every_row, notes=not self.quiet, view=view,
                )  # fmt: skip
                emit(text, is_kept=self.path is not None)
        finally:  # a file takes what standard output did not
            if self.path is not None:
                self._write(self.path, result, view, document, own.get(self._suffix))
        judged = view.judged or {self.number: result.primary}
        reached = [_reaches(number, self.fail_under, name) for name, number in judged.items()]
        if not all(reached):
            raise typer.Exit(failures.ANSWER_IS_NO)

    def _write(
        self,
        path: Path,
        result: Result[Any],
        view: View,
        document: Mapping[str, Any],
        write: Callable[[Path], None] | None,
    ) -> None:
        """Write the file in the format of its suffix, or as the command's own writer does."""
        match self._suffix:
            case _ if write is not None:
                write(path)
            case ".json":
                write_whole(path, json_text(document) + "\n")
            case ".csv":
                write_whole(path, view.to_csv(document))
            case ".tex":
                write_whole(path, _latex(result, view))
            case _:
                write_whole(path, result_markdown(result, notes=not self.quiet, view=view))
        if not self.quiet:
            say(f"wrote {path}")


def _with_digests(document: dict[str, Any], digests: Mapping[str, str | None]) -> dict[str, Any]:
    """The JSON object with SHA-256 of its input files, so that a number can be traced."""
    for key, digest in digests.items():
        document["inputs"][key] = {**document["inputs"].get(key, {}), "sha256": digest}
    return document


def _reaches(primary: float | None, fail_under: float | None, name: str) -> bool:
    """Whether a number reaches `--fail-under`; prints a line if it falls short.

    Args:
        primary: the number, a fraction; None if undefined.
        fail_under: the lowest acceptable number; None for no limit.
        name: of the number.
    """
    if fail_under is None or (primary is not None and primary >= fail_under):
        return True
    found, asked = f"{percent(primary)} %", f"{100 * fail_under:g} %"
    if primary is None:
        found = "undefined"
    elif round(100 * primary, 1) >= 100 * fail_under:  # it falls short by less than is shown
        found, asked = repr(primary), repr(fail_under)
    say(f"{name} is {found}, --fail-under asks for {asked}")
    return False


def result_text(
    result: Result[Any],
    width: int,
    *,
    table_width: int | None = None,
    every_row: bool,
    notes: bool,
    view: View,
) -> str:
    """Title, tables, and the lines below them.

    Args:
        result: of any protocol.
        width: of a line, in characters.
        table_width: of a line of a table; None for `width`.
        every_row: do not cut long tables.
        notes: whether the notes follow.
        view: what to show.
    """
    parts = [flow(result.headline, width)]
    seen = replace(view, tables=[*view.tables, *view.glance])
    parts += [table.text(table_width or width) for table in _shown(seen, every_row=every_row)]
    below = [flow([line], width) for line in view.lines]
    below.append(flow([result.summary, f"in {seconds_text(result.seconds)}"], width, gap=1))
    if notes:
        below += [note_text(note, width) for note in result.notes]
    parts.append("\n".join(below))
    if view.appendix is not None:
        parts.append(view.appendix(width))
    return "\n\n".join(parts)


def result_markdown(result: Result[Any], *, notes: bool, view: View) -> str:
    """The same for a paper or an issue, with every row."""
    first, *others = result.headline
    parts = [f"**{markdown(first)}** {', '.join(map(markdown, others))}"]
    parts += [table.markdown() for table in _shown(view, every_row=True)]
    lines = [*view.lines, f"{result.summary} in {seconds_text(result.seconds)}"]
    parts.append("  \n".join(map(markdown, lines)))
    if result.notes and notes:
        parts.append("\n".join(f"- {markdown(in_flags(note.message))}" for note in result.notes))
    return "\n\n".join(parts) + "\n"


def _latex(result: Result[Any], view: View) -> str:
    """The same as LaTeX, with every row."""
    from segeval.metrics.latex import latex_text  # only now: few runs write LaTeX

    tables = [table.to_latex() for table in view.tables]
    return latex_text(", ".join(result.headline), tables, view.lines)


def _shown(view: View, *, every_row: bool) -> list[TextTable]:
    """The tables of a view as text; the one of `--slice` has no name of its own to ask for."""
    return [
        text_table(
            table,
            every_row=every_row,
            more="--all" if table.name == "slice" else view.more.format(table.name),
        )
        for table in view.tables
    ]
