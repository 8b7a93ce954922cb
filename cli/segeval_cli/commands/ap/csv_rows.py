"""An AP result as CSV: every row of every table, fractions in full precision."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from segeval.metrics.coco.result import APResult, Scores

FIELDS = (
    "iou", "table", "id", "name", "frequency", "min_area", "max_area", "categories", "gt",
    "preds", "ap", "ap50", "ap75", "ar", "tp50", "fp50", "fn50",
)  # fmt: skip
"""The header. What a row does not have, or what is undefined, is an empty cell."""


def result_csv(result: APResult, *, per_image: bool) -> str:
    """All rows: sizes, categories, frequencies, and images if asked for."""
    text = io.StringIO()
    writer = csv.DictWriter(text, FIELDS, restval="", extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    for iou, scores in result.scores.items():
        for table, row in _rows(scores, per_image=per_image):
            cells = {key: value for key, value in row.items() if _is_written(value)}
            writer.writerow({"iou": iou, "table": table, **cells})
    return text.getvalue()


def _rows(scores: Scores, *, per_image: bool) -> Iterator[tuple[str, dict[str, Any]]]:
    """Rows with the name of their table."""
    for size in (scores.overall, *scores.sizes):
        yield "size", asdict(size)
    for group in scores.frequencies:
        yield "frequency", asdict(group)
    for category in scores.categories:
        yield "category", asdict(category)
    for name, ap in (scores.pool or {}).items():
        yield "pool", {"name": name, "ap": ap}
    if per_image:
        for image in scores.images:
            yield "image", {**asdict(image), "name": image.file_name}


def _is_written(value: object) -> bool:
    """Whether a cell has content: neither undefined nor endless."""
    return value is not None and not (isinstance(value, float) and math.isinf(value))
