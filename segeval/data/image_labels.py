"""Labels of images from a table: a CSV file of image and label."""

from __future__ import annotations

from pathlib import Path

from segeval.data.csv_table import csv_rows, shown_row
from segeval.errors import FormatError
from segeval.words import counted

HEADERS = ("image", "image_id", "id", "file_name", "file", "name")
"""First cells that make a row the header."""


def read_image_labels(path: str | Path) -> dict[str, str]:
    r"""The label of every image of a CSV file: its second column, by its first.

    Args:
        path: rows of an image, by its id or file name, and a label; more columns are not read. A
            first row that begins with a word such as image or file_name is a header.

    Raises:
        InputError: if there is no such file.
        FormatError: if it is no such table, or gives an image two labels.

    Example:
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as folder:
        ...     path = Path(folder, "weather.csv")
        ...     _ = path.write_text("image,weather\n1.jpg,rain\n2.jpg,sun\n")
        ...     read_image_labels(path)
        {'1.jpg': 'rain', '2.jpg': 'sun'}
    """
    name, rows = csv_rows(path, "image and label", "image-labels")
    found: dict[str, str] = {}
    for place, (line, row) in enumerate(rows):
        if place == 0 and row[0].strip().lower() in HEADERS:
            continue
        if len(row) > len(rows[0][1]):
            problem = f"has {counted(len(row), 'cell')}, where the first row has {len(rows[0][1])}"
            raise _refused(name, line, shown_row(row), problem)
        image, label = (row[0].strip(), row[1].strip()) if len(row) > 1 else (row[0].strip(), "")
        if not image or not label:
            raise _refused(name, line, shown_row(row), "lacks an image or a label")
        if found.setdefault(image, label) != label:
            raise _refused(
                name, line, shown_row(row), f"gives a second label, after {found[image]!r}"
            )
    if not found:
        raise FormatError(
            f"{name}: has no rows, expected rows of an image and a label.",
            code="image-labels",
            path=name,
        )
    return found


def _refused(name: str, line: int, row: str, problem: str) -> FormatError:
    """The error about one row."""
    return FormatError(
        f"{name}: line {line} ({row}) {problem}, expected an image and its label.",
        code="image-labels",
        path=name,
        index=line - 1,
    )
