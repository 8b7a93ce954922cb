"""Labels of images from a table: a CSV file of image and label."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from segeval.data.files import open_content
from segeval.data.paths import is_folder
from segeval.errors import FormatError, InputError
from segeval.words import counted

HEADERS = ("image", "image_id", "id", "file_name", "file", "name")
"""First cells that make a row the header."""

LONGEST = 60
"""Characters of a cell that a message repeats."""


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
    if is_folder(path):
        raise InputError(
            f"{path}: is a folder, expected a CSV file of image and label.",
            code="image-labels",
            path=str(path),
        )
    content = open_content(path)
    try:
        text = content.data.tobytes().decode("utf-8-sig")
        reader = csv.reader(io.StringIO(text, newline=""), strict=True)
        rows = [(reader.line_num, row) for row in reader if row]
    except (UnicodeDecodeError, csv.Error) as error:
        raise FormatError(
            f"{content.name}: is not a CSV file ({error}), expected rows of an image and a label.",
            code="image-labels",
            path=content.name,
        ) from None
    found: dict[str, str] = {}
    for place, (line, row) in enumerate(rows):
        if place == 0 and row[0].strip().lower() in HEADERS:
            continue
        if len(row) > len(rows[0][1]):
            problem = f"has {counted(len(row), 'cell')}, where the first row has {len(rows[0][1])}"
            raise _refused(content.name, line, ",".join(row), problem)
        image, label = (row[0].strip(), row[1].strip()) if len(row) > 1 else (row[0].strip(), "")
        if not image or not label:
            raise _refused(content.name, line, ",".join(row), "lacks an image or a label")
        if found.setdefault(image, label) != label:
            raise _refused(
                content.name, line, ",".join(row), f"gives a second label, after {found[image]!r}"
            )
    if not found:
        raise FormatError(
            f"{content.name}: has no rows, expected rows of an image and a label.",
            code="image-labels",
            path=content.name,
        )
    return found


def _refused(name: str, line: int, row: str, problem: str) -> FormatError:
    """The error about one row."""
    short = row if len(row) <= LONGEST else f"{row[:LONGEST]}..."
    return FormatError(
        f"{name}: line {line} ({short}) {problem}, expected an image and its label.",
        code="image-labels",
        path=name,
        index=line - 1,
    )
