"""Mistakes in files, in one form: an evaluation stops at the first, `check` lists all.

A finding says what is wrong, in which records, and what to do. A compat mode turns some into notes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from segeval.errors import FormatError, InputError, Note
from segeval.frozen import frozen
from segeval.words import more_like_it, stopped

Level = Literal["error", "warn", "allow", "note", "ok"]

VERBS = ("has ", "is ", "lies ")
"""A text that begins with one of these follows the record's name without a colon."""


MAPPED = "mapped-categories"
"""Code of the finding that categories are taken for others."""

PERHAPS_SWAPPED = "perhaps-swapped"
"""Code of the finding that predictions have what ground truth has, and ground truth lacks it."""


@frozen
class Finding:
    """One kind of mistake, with all records that have it; or one kind that was not found.

    Attributes:
        level: "error" if an evaluation would refuse the file (or the official tools give a wrong
            number), "warn" for what is worth knowing, "allow" for a warning that is accepted,
            "note" for what is no mistake by itself, "ok" for a kind that was not found.
        kind: short name of what was looked at, such as "category ids".
        message: what is wrong, with values; what was expected.
        count: how many records have it.
        path: name of the file.
        index: position of the first such record in its list, from 0.
        first: name of that record for people, such as "prediction #912 (image_id 42)".
        hint: what to do, one or two sentences, or "".
        code: short stable name of the mistake, such as `unknown-image`, shared with the error.
        field: name of the field that is wrong.
        error: the class of the error that an evaluation raises.
        option: the argument that the hint names.
        noun: what each record is, such as "prediction"; "" where it does not matter.
        total: of how many such records, where their share matters; else 0.
    """

    level: Level
    kind: str
    message: str
    count: int = 0
    path: str | None = None
    index: int | None = None
    first: str = ""
    hint: str = ""
    code: str = ""
    field: str | None = None
    error: type[InputError] = FormatError
    option: str | None = None
    noun: str = ""
    total: int = 0

    def refusal(self) -> InputError:
        """The error to raise for it."""
        place = "" if self.path is None else f"{self.path}: "
        return self.error(
            f"{place}{_sentences(self.message, self.hint)}",
            code=self.code,
            path=self.path,
            index=self.index,
            field=self.field,
            count=self.count,
            option=self.option,
        )

    def to_dict(self) -> dict[str, Any]:
        """The finding as plain values."""
        hidden = ("error", "option", "noun", "total")
        return {name: value for name, value in vars(self).items() if name not in hidden}


class Described(Protocol):
    """Columns that name their file and records for messages."""

    @property
    def source(self) -> str:
        """Name of the file."""
        ...

    def describe(self, index: int, /) -> str:
        """File and record, such as "gt.json: annotation 7 (image_id 2)"."""
        ...


def finding_of(error: InputError, kind: str) -> Finding:
    """An error as a finding of some kind."""
    return Finding(
        "error",
        kind,
        error.message.removeprefix(f"{error.path}: "),
        error.count,
        path=error.path,
        index=error.index,
        code=error.code,
        field=error.field,
        error=type(error),
        option=error.option,
    )


def note_of(finding: Finding) -> Note:
    """A finding as a note of a result: its file, what is wrong, and what to do."""
    place = "" if finding.path is None else f"{finding.path}: "
    message = f"{place}{finding.message}"
    if finding.hint:
        message = _sentences(message, finding.hint).removesuffix(".")
    return Note(finding.code, message, finding.count, finding.option)


def raise_first(findings: Iterable[Finding]) -> None:
    """Raise the first finding, if any; later checks do not run.

    Raises:
        InputError: of the class that the finding names.
    """
    for finding in findings:
        raise finding.refusal()


def refusal(
    source: str | Described,
    text: str,
    *,
    code: str,
    rows: int | Sequence[int] | NDArray[np.integer] = (),
    field: str | None = None,
    hint: str = "",
    error: type[InputError] = FormatError,
    count: int | None = None,
    told: int | None = None,
    option: str | None = None,
) -> InputError:
    """The error for records that have one mistake in common.

    Args:
        source: the columns that hold the records, or the name of the file.
        text: what is wrong, with the value; what was expected. With columns and rows, the name of
            the first record goes before it.
        code: short stable name of the mistake.
        rows: positions of the records, the first one first; empty if it is not about records.
        field: name of the field that is wrong.
        hint: what to do.
        error: class of the error.
        count: how many have the mistake, if not the number of rows.
        told: the count, where the text already gives it.
        option: the argument that is wrong or would help, which the text names.

    Example:
        >>> print(
        ...     refusal("a.json", "image #3 has no id", code="no-id", rows=[3, 5], hint="Add it.")
        ... )
        a.json: image #3 has no id. 1 more like it. Add it.
    """
    places = np.atleast_1d(np.asarray(rows, np.int64))
    first = int(places[0]) if len(places) else None
    name = source if isinstance(source, str) else source.source
    if isinstance(source, str) or first is None:
        message = f"{name}: {text}"
    else:
        message = f"{source.describe(first)}{'' if text.startswith(VERBS) else ':'} {text}"
    count = max(len(places), 1) if count is None else count
    return error(
        _sentences(f"{stopped(message)}{'' if told else more_like_it(count)}", hint),
        code=code,
        path=name,
        index=first,
        field=field,
        count=told or count,
        option=option,
    )


def _sentences(message: str, hint: str) -> str:
    """A message, then what to do."""
    return f"{stopped(message)} {hint}" if hint else stopped(message)
