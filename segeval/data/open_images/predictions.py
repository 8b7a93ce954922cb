"""Open Images' predictions as columns for every other use, and back to their file."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from segeval.data.coco.write import save_predictions
from segeval.data.columns import Predictions
from segeval.data.keys import written
from segeval.data.open_images.columns import OpenImagesPredictions
from segeval.data.open_images.table import read_table
from segeval.data.segmentations import Format, Segmentations
from segeval.data.whole_files import whole_file
from segeval.errors import InputError
from segeval.masks import CompressedMasks

SLICE = 4096
"""Lines that are written together."""


def as_predictions(found: OpenImagesPredictions) -> Predictions:
    """The same predictions with ImageID and LabelName as ids.

    Boxes stay fractions of the image, x and y apart, so overlaps within an image are those in
    pixels.

    Args:
        found: N predictions.

    Returns:
        N predictions in their order.
    """
    number = len(found)
    boxes = np.full((number, 4), np.nan)
    if found.boxes_xyxy is not None:
        boxes = found.boxes_xyxy.copy()
        boxes[:, 2:] -= boxes[:, :2]
    form = Format.NONE if found.masks is None else Format.STRING
    masks = found.masks
    if masks is None:
        nothing = np.zeros((number, 2), np.int64)
        masks = CompressedMasks.from_strings([b""] * number, nothing)
    return Predictions(
        image_id=found.image,
        category_id=found.label,
        score=found.score,
        boxes=boxes,
        segmentations=Segmentations(np.full(number, form, np.uint8), masks),
        source=found.source,
        notes=found.notes,
        image_keys=found.image_ids,
        category_keys=found.labels,
    )


def save_as_read(
    preds: Predictions,
    path: str | Path,
    *,
    source: str | Path | None,
    rows: NDArray[np.int64] | None = None,
) -> None:
    """Write predictions in the format that they were read from: COCO results, or Open Images' CSV.

    Args:
        preds: K predictions.
        path: of the file, which appears when complete.
        source: path of Open Images' file that they come from; None for COCO's format.
        rows: the line of it that each repeats, from 0, shape (K,); None for all in their order.

    Raises:
        InputError: for another suffix, or if the folder does not exist.
        FormatError: if Open Images' file is no longer what it was.
    """
    if source is None:
        save_predictions(preds, path)
        return
    labels = [str(key) for key in written(preds.category_id, preds.category_keys)]
    lines = np.arange(len(preds)) if rows is None else rows
    write_predictions(source, path, rows=lines, labels=labels, scores=preds.score)


def write_predictions(
    source: str | Path,
    path: str | Path,
    *,
    rows: NDArray[np.int64],
    labels: Sequence[str],
    scores: NDArray[np.float64],
) -> None:
    """Write lines of a file of predictions again, with other labels and scores.

    All other cells keep their text.

    Args:
        source: CSV file of N predictions.
        path: `.csv`. The file appears when complete.
        rows: of each of K lines the prediction that it repeats, from 0, shape (K,).
        labels: LabelName of each line.
        scores: of each line, shape (K,).

    Raises:
        InputError: for another suffix, or if a folder does not exist.
        FormatError: if the source is no longer what it was.
    """
    if Path(path).suffix != ".csv":
        raise InputError(
            f"{path}: the suffix gives the format, expected .csv, as the predictions are",
            code="suffix",
            path=str(path),
        )
    table = read_table(source, ("ImageID", "LabelName", "Score"), "predictions")
    names = list(table.columns)
    columns = [table.columns[name] for name in names]
    at_label, at_score = names.index("LabelName"), names.index("Score")
    before = table.numbers("Score")
    with whole_file(Path(path)) as file:
        file.write(_lines([names]))
        for start in range(0, len(rows), SLICE):
            lines = []
            for place in range(start, min(start + SLICE, len(rows))):
                row = int(rows[place])
                line = [column[row] for column in columns]
                line[at_label] = labels[place]
                if scores[place] != before[row]:
                    line[at_score] = repr(float(scores[place]))
                lines.append(line)
            file.write(_lines(lines))


def _lines(rows: Sequence[Sequence[str]]) -> bytes:
    """Lines of a CSV file."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode()
