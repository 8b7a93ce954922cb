"""Label suspects as CSV: a row for each."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from typing import Any

from segeval_cli.visible import cell

BOX = ("x", "y", "width", "height")
"""Columns of the sides of a box."""

COLUMNS = (
    "kind", "image_id", "file_name", "annotation_id", "annotated_id", "annotated", "suggested_id",
    "suggested", *BOX, "models", "score",
)  # fmt: skip


def suspects_csv(document: Mapping[str, Any]) -> str:
    """All suspects with all digits, the likeliest mistakes first; undefined is an empty cell.

    Args:
        document: what `segeval suspects --json` prints.
    """
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    for suspect in document["results"]["suspects"]:
        row = {**suspect, **dict(zip(BOX, suspect["bbox"], strict=True))}
        writer.writerow({key: _cell(row[key]) for key in COLUMNS})
    return text.getvalue()


def _cell(value: object) -> object:
    """A plain value as CSV text; text is never a formula."""
    return cell(value) if isinstance(value, str) else value
