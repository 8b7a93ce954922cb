"""Section 2 of any page: what is doubtful about its numbers, and what they were made from."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from importlib.metadata import version
from typing import Any

from segeval.checks.report import CheckReport
from segeval.errors import Note
from segeval.findings import note_of
from segeval.frozen import frozen
from segeval.reports.page_table import Cell, PageTable, cell, column
from segeval.version import __version__
from segeval.words import counted, stopped

Wording = Callable[[str], str]
"""What becomes of messages, which name arguments in backticks."""

LEVELS = ("error", "warning", "note", "fine")
"""The gravest first."""

SAID_BEFORE = ("few-images-of-category",)
"""Codes of notes of a comparison that its models have as well, in other words."""


@frozen
class Remark:
    """Something worth knowing.

    Attributes:
        level: "error", "warning", "note" or "fine".
        text: one sentence or two.
    """

    level: str
    text: str


@frozen
class TrustSection:
    """Whether the numbers can be trusted.

    Attributes:
        remarks: the gravest first.
        files: what the numbers were made from.
        command: what makes the page again; "" if that cannot be said.
    """

    remarks: tuple[Remark, ...]
    files: PageTable
    command: str


def gravest_first(remarks: Iterable[Remark]) -> tuple[Remark, ...]:
    """Each text once, as the gravest that says it; the gravest first."""
    found: dict[str, Remark] = {}
    for each in sorted(remarks, key=lambda each: LEVELS.index(each.level)):
        found.setdefault(each.text, each)
    return tuple(found.values())


def lettered(remarks: Sequence[tuple[str, str | None, Sequence[Remark]]]) -> Iterator[Remark]:
    """Remarks on every model, with its letter where they are not on all models nor name its file.

    Args:
        remarks: letter of each model; path of its file, None where messages do not have it; and
            what is worth knowing of the model.
    """
    several = [own for _, _, own in remarks]
    for letter, path, own in remarks:
        for each in own:
            is_common = all(each in others for others in several)
            is_named = is_common or (path is not None and path in each.text)
            yield each if is_named else Remark(each.level, f"{letter}: {each.text}")


def remarks_of_check(found: CheckReport, wording: Wording) -> Iterator[Remark]:
    """What is wrong with files."""
    for level, findings in (("error", found.errors), ("warning", found.warnings)):
        for each in findings:
            yield Remark(level, stopped(wording(note_of(each).message)))


def remarks_of_notes(notes: Iterable[Note], wording: Wording) -> Iterator[Remark]:
    """What evaluations say beside their numbers."""
    for note in notes:
        yield Remark("note", stopped(wording(note.message)))


def nothing_found(found: CheckReport) -> Remark:
    """How many kinds of mistakes files do not have."""
    fine = counted(len(found.fine), "kind of mistake was", "kinds of mistakes were")
    return Remark("fine", f"{fine} looked for and not found.")


def new_notes(notes: Iterable[Note], known: Iterable[tuple[str, Iterable[Note]]]) -> list[Note]:
    """Notes of a comparison that its models do not have as well.

    Args:
        notes: of the comparison, which names the file before what does not hold for both models.
        known: path of the file of each model, and its notes.

    Example:
        >>> own = Note("ties", "all scores are equal")
        >>> new_notes([Note("ties", "a.json: all scores are equal")], [("a.json", [own])])
        []
    """
    said = {
        text
        for path, several in known
        for note in several
        for text in (note.message, f"{path}: {note.message}")
    }
    return [note for note in notes if note.message not in said and note.code not in SAID_BEFORE]


def files_table(
    inputs: Sequence[tuple[str, Mapping[str, Any], str | None]],
    titles: tuple[str, str],
    below: str,
) -> PageTable:
    """The files, how much they hold, and their hashes.

    Args:
        inputs: what each is, its path and count as results have them, and its hash.
        titles: what a path is, and what is counted.
        below: a sentence under the table.
    """
    file, number = titles
    rows = tuple(
        (Cell(what), Cell(str(own["path"])), cell(own["count"], "count"), Cell(digest or "-"))
        for what, own, digest in inputs
    )
    fields = (
        column("", "text"), column(file, "text"), column(number, "count"),
        column("SHA-256", "text"),
    )  # fmt: skip
    return PageTable("Files", fields, rows, below=below)


def package_versions() -> tuple[str, ...]:
    """The packages behind the numbers of any page."""
    own = {"segeval": __version__, **{name: version(name) for name in ("numpy", "numba")}}
    return tuple(map(" ".join, own.items()))
