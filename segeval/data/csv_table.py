"""Rows of a small CSV file with their lines."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from segeval.data.files import open_content
from segeval.data.paths import is_folder
from segeval.errors import FormatError, InputError

LONGEST = 60
"""Characters of a row that a message repeats."""


def csv_rows(path: str | Path, rows_of: str, code: str) -> tuple[str, list[tuple[int, list[str]]]]:
    """The rows of a CSV file that are not empty.

    Args:
        path: of the file.
        rows_of: what each row has, for messages, such as "an image and a label".
        code: of the errors.

    Returns:
        The name of the file in messages; and for each row its line, from 1, and its cells.

    Raises:
        InputError: if there is no such file.
        FormatError: if it is not CSV.
    """
    if is_folder(path):
        raise InputError(
            f"{path}: is a folder, expected a CSV file of {rows_of}.", code=code, path=str(path)
        )
    content = open_content(path)
    try:
        text = content.data.tobytes().decode("utf-8-sig")
        reader = csv.reader(io.StringIO(text, newline=""), strict=True)
        return content.name, [(reader.line_num, row) for row in reader if row]
    except (UnicodeDecodeError, csv.Error) as error:
        raise FormatError(
            f"{content.name}: is not a CSV file ({error}), expected rows of {rows_of}.",
            code=code,
            path=content.name,
        ) from None


def shown_row(cells: list[str]) -> str:
    """A row in a message, long ones cut."""
    row = ",".join(cells)
    return row if len(row) <= LONGEST else f"{row[:LONGEST]}..."
