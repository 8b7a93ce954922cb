"""CSV files with a header as columns of text, and the errors for their values."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from segeval.data.beginnings import LOOKED_AT
from segeval.data.files import open_content
from segeval.data.paths import is_folder
from segeval.data.recognisers import known_bytes, other_format
from segeval.errors import FormatError, InputError
from segeval.findings import refusal
from segeval.frozen import frozen
from segeval.limits import check_limit
from segeval.words import beginning, counted, more_like_it

LONGEST_SHOWN = 40
"""Most characters of a wrong value that are shown."""

BOX = ("XMin", "XMax", "YMin", "YMax")
"""Columns of a box, in the order of the files."""

SIDES = ("XMin", "YMin", "XMax", "YMax")
"""The same, in the order of our arrays."""

FAR = 1.0
"""How far a predicted box may extend beyond the image, as a fraction of it; pixels go further."""


@frozen(eq=False, repr=False)
class CsvTable:
    """N rows of text by name of the column.

    Attributes:
        name: name of the file, for messages.
        columns: N texts each, without surrounding blanks.
        lines: line of each row in the file, from 1, int64, shape (N,).
    """

    name: str
    columns: dict[str, tuple[str, ...]]
    lines: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.lines)

    def place(self, row: int) -> str:
        """A row for messages, such as "masks.csv: line 7 (ImageID a)"."""
        return f"{self.name}: line {self.lines[row]} (ImageID {self.columns['ImageID'][row]})"

    @contextmanager
    def naming(self, row: int) -> Iterator[None]:
        """A block whose errors, with `place` in their message, carry the file and a row."""
        try:
            yield
        except FormatError as error:
            error.path, error.index = self.name, row
            raise

    def wrong(self, rows: Sequence[int], column: str, expected: str, hint: str = "") -> FormatError:
        """The error for values other than expected; it shows the first one."""
        value = self.columns[column][rows[0]]
        shown = beginning(value, LONGEST_SHOWN)
        return self.error(
            rows, column, f"{column} is {shown!r}, expected {expected}", "bad-value", hint
        )

    def error(
        self, rows: Sequence[int], column: str, problem: str, code: str, hint: str = ""
    ) -> FormatError:
        """The error for rows with the same mistake; it shows the first one."""
        text = f"{self.place(rows[0])}: {problem}.{more_like_it(len(rows))}"
        return FormatError(
            f"{text} {hint}".strip(),
            code=code,
            path=self.name,
            index=int(rows[0]),
            field=column,
            count=len(rows),
        )

    def numbers(self, column: str) -> NDArray[np.float64]:
        """A column of finite numbers, float64, shape (N,).

        Raises:
            FormatError: for a value that is not a number.
        """
        values = self.columns[column]
        try:
            found = np.array([float(value) for value in values], np.float64)
        except ValueError:
            found = np.array([_number(value) for value in values], np.float64)
        bad = np.flatnonzero(~np.isfinite(found))
        if len(bad):
            raise self.wrong(bad.tolist(), column, "a finite number")
        return found

    def flags(self, column: str) -> NDArray[np.bool_]:
        """A column of 0 and 1, bool, shape (N,).

        Raises:
            FormatError: for another value.
        """
        values = self.numbers(column)
        bad = np.flatnonzero((values != 0) & (values != 1))
        if len(bad):
            raise self.wrong(bad.tolist(), column, "0 or 1")
        is_one: NDArray[np.bool_] = values == 1
        return is_one

    def sides(self, column: str) -> NDArray[np.int32]:
        """A column of heights or widths in pixels, int32, shape (N,).

        Raises:
            FormatError: for a value that is not a whole number of pixels, or beyond the limit.
        """
        values = self.numbers(column)
        bad = np.flatnonzero((values < 1) | (values > 2**31 - 1) | (values != np.floor(values)))
        if len(bad):
            raise self.wrong(bad.tolist(), column, "a whole number of pixels, at least 1")
        if len(values):
            row = int(values.argmax())
            with self.naming(row):
                what = f"{column} is {values[row]:,.0f}"
                check_limit("side", int(values[row]), what, source=self.place(row))
        return values.astype(np.int32)

    def boxes(self, *, prefix: str = "", beyond: float = 0.0) -> NDArray[np.float64]:
        """Boxes as fractions of the image, float64, shape (N, 4): XMin, YMin, XMax, YMax.

        Args:
            prefix: prefix of the names of the columns.
            beyond: how far outside 0..1 a side may be.

        Raises:
            FormatError: for a side outside the image, or sides in the wrong order.
        """
        names = [prefix + side for side in SIDES]
        found = np.stack([self.numbers(name) for name in names], axis=1)
        outside = (found < -beyond) | (found > 1 + beyond)
        if outside.any():
            column = int(np.flatnonzero(outside.any(axis=0))[0])
            raise self.wrong(
                np.flatnonzero(outside[:, column]).tolist(),
                names[column],
                "0 to 1, a fraction of the image's width or height",
                "Divide pixels by the size of the image." if np.nanmax(found) > 2 else "",
            )
        for low in (0, 1):
            bad = np.flatnonzero(found[:, low] > found[:, low + 2])
            if len(bad):
                least, most = found[bad[0], [low, low + 2]]
                raise self.error(
                    bad.tolist(),
                    names[low],
                    f"{names[low]} is {least:g} and {names[low + 2]} is {most:g}, expected the "
                    "smaller one first",
                    "swapped-box",
                    "Are the columns in the order XMin, XMax, YMin, YMax?",
                )
        return found


def _number(text: str) -> float:
    """A number; NaN for anything else."""
    try:
        return float(text)
    except ValueError:
        return math.nan


def read_table(path: str | Path, required: Sequence[str], what: str) -> CsvTable:
    """A CSV file as columns of text.

    Args:
        path: path of the file, compressed with gzip or not; the first line names the columns.
        required: names of the columns that it must have.
        what: content of the file, for messages, such as "predictions".

    Raises:
        InputError: if there is no such file.
        FormatError: if it is not a CSV file, is empty, lacks a column or has a line with more or
            fewer values than columns.
    """
    name = str(path)
    expected = _expected(required, what)
    if is_folder(path):
        raise InputError(f"{name}: is a folder, {expected}.", code="no-file", path=name)
    content = open_content(path)
    if content.begins in (b"[", b"{"):
        hint = " Make CSV files of COCO files with `coco_to_open_images`."
        raise FormatError(f"{name}: is JSON, {expected}.{hint}", code="not-csv", path=name)
    try:
        text = content.data.tobytes().decode("utf-8")
    except UnicodeDecodeError:
        known = known_bytes(content.data[:LOOKED_AT].tobytes())
        if known is not None:
            raise other_format(name, known, expected.removeprefix("expected ")) from None
        raise FormatError(f"{name}: is not text, {expected}.", code="not-csv", path=name) from None
    lines, rows = _rows(text)
    if not rows:
        raise FormatError(f"{name}: is empty, {expected}.", code="empty-file", path=name)
    header = [cell.strip() for cell in rows[0]]
    _check_header(name, header, required, what)
    bad = [row for row in range(1, len(rows)) if len(rows[row]) != len(header)]
    if bad:
        raise refusal(
            name,
            f"line {lines[bad[0]]} has {counted(len(rows[bad[0]]), 'value')}, expected "
            f"{len(header)} as in the header",
            code="ragged",
            rows=bad[0] - 1,
            count=len(bad),
        )
    columns = list(zip(*rows[1:], strict=True)) or [()] * len(header)
    return CsvTable(
        name,
        {
            key: tuple(value.strip() for value in column)
            for key, column in zip(header, columns, strict=True)
        },
        np.array(lines[1:], np.int64),
    )


_ONE_READER = Lock()


def _rows(text: str) -> tuple[list[int], list[list[str]]]:
    """Number and values of every line that is not blank."""
    if '"' not in text:
        pairs = [
            (number, line.rstrip("\r").split(","))
            for number, line in enumerate(text.split("\n"), 1)
            if line and not line.isspace()
        ]
        return [number for number, _ in pairs], [row for _, row in pairs]
    with _ONE_READER:  # the limit holds for the whole process; a mask may be longer than it
        limit = csv.field_size_limit(max(len(text), 1 << 17))
        try:
            reader = csv.reader(io.StringIO(text, newline=""))
            pairs = [(reader.line_num, row) for row in reader if row]
        finally:
            csv.field_size_limit(limit)
    return [number for number, _ in pairs], [row for _, row in pairs]


def require_columns(table: CsvTable, required: Sequence[str], what: str) -> None:
    """Refuse a table that lacks a column.

    Args:
        table: a table.
        required: names of the columns that it must have.
        what: content of the file, for messages.

    Raises:
        FormatError: if one is missing.
    """
    _check_header(table.name, list(table.columns), required, what)


def _expected(required: Sequence[str], what: str) -> str:
    """The expected kind of file, in words."""
    return f"expected a CSV file of {what} with the columns {', '.join(required)}"


def _check_header(name: str, header: list[str], required: Sequence[str], what: str) -> None:
    """Refuse a header without the required columns."""
    missing = [column for column in required if column not in header]
    if not missing:
        return
    hint = ""
    if "Score" in missing and "IsGroupOf" in header:
        hint = " This looks like ground truth: predictions come first."
    elif "Score" in header and "Score" not in required:
        hint = " This looks like predictions: ground truth comes second."
    found = ", ".join(cell[:LONGEST_SHOWN] for cell in header[:12])
    columns = "column" if len(missing) == 1 else "columns"
    raise FormatError(
        f"{name}: the {columns} {', '.join(missing)} "
        f"{'is' if len(missing) == 1 else 'are'} missing, found {found}; "
        f"{_expected(required, what)}.{hint}",
        code="missing-column",
        path=name,
        field=missing[0],
    )
