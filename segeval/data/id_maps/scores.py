"""Scores of the objects of id maps, from a CSV file."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

import numpy as np
from numpy.typing import NDArray

from segeval.data.csv_table import csv_rows, shown_row
from segeval.data.id_maps.objects import MapObjects
from segeval.errors import FormatError, InputError, MismatchError
from segeval.findings import refusal

COLUMNS = ("image", "id", "score")
"""Columns of the file, in any order; others are not read."""

CODE = "id-map-scores"


def read_scores(
    path: str | Path, found: Sequence[MapObjects], names: Sequence[str], source: str
) -> NDArray[np.float64]:
    """The score of every object, by image, then by id.

    Args:
        path: a CSV file with the columns image, id and score. An image is named by its path in the
            folder, with or without suffix; pages of a TIFF file as in "cells.tif#3".
        found: the objects of each of I images.
        names: of the images.
        source: name of the predictions, for messages.

    Returns:
        float64, shape (N,).

    Raises:
        InputError: if there is no such file.
        FormatError: if it is no such table, or a score is not a finite number.
        MismatchError: if an object has no score or two, or a row is of an object that does not
            exist.
    """
    name, given = _rows(path)
    places = _images(names)
    starts = np.concatenate([[0], np.cumsum([len(each) for each in found], dtype=np.int64)])
    scores = np.full(int(starts[-1]), np.nan)
    row_of = [{int(own): row for row, own in enumerate(each.id.tolist())} for each in found]
    for line, image, own, score in given:
        place = places.get(image)
        row = None if place is None else row_of[place].get(own)
        if place is None or row is None:
            what = f"image {image!r}" if place is None else f"object {own} in {image}"
            raise MismatchError(
                f"{name}: line {line}: {source} has no {what}.", code=CODE, path=name, index=line
            )
        row += int(starts[place])
        if not math.isnan(scores[row]):
            raise MismatchError(
                f"{name}: line {line}: gives object {own} of {image} a second score.",
                code=CODE,
                path=name,
                index=line,
            )
        scores[row] = score
    missing = np.flatnonzero(np.isnan(scores))
    if len(missing):
        place = int(np.searchsorted(starts, missing[0], side="right")) - 1
        own = int(found[place].id[missing[0] - starts[place]])
        raise refusal(
            name,
            f"has no score for object {own} of {names[place]} in {source}, expected one for each "
            f"of {len(scores):,} objects",
            code=CODE,
            count=len(missing),
            error=MismatchError,
        )
    return scores


def _rows(path: str | Path) -> tuple[str, list[tuple[int, str, int, float]]]:
    """The name of the file; and the line, image, id and score of each row."""
    name, rows = csv_rows(path, "image, id and score", CODE)
    header = [cell.strip().lower() for cell in rows[0][1]] if rows else []
    lacking = [column for column in COLUMNS if column not in header]
    if lacking:
        shown = f"begins with {shown_row(rows[0][1])}" if rows else "is empty"
        raise FormatError(
            f"{name}: {shown}, expected a header with the columns {', '.join(COLUMNS)}.",
            code=CODE,
            path=name,
        )
    places = [header.index(column) for column in COLUMNS]
    found = []
    for line, cells in rows[1:]:
        try:
            image, own, score = (cells[place].strip() for place in places)
            found.append((line, image, int(own), float(score)))
        except (IndexError, ValueError):
            raise _wrong(name, line, cells) from None
        if not math.isfinite(found[-1][3]):
            raise _wrong(name, line, cells)
    return name, found


def _wrong(name: str, line: int, cells: list[str]) -> InputError:
    """The error about one row."""
    return FormatError(
        f"{name}: line {line} ({shown_row(cells)}), expected an image, the id of an object in it "
        "and a finite score.",
        code=CODE,
        path=name,
        index=line,
    )


def _images(names: Sequence[str]) -> dict[str, int]:
    """Places of images by their names, and by their names without suffix where these are unique."""
    places: dict[str, int] = {}
    for place, name in enumerate(names):
        file, mark, page = name.partition("#")
        short = PurePosixPath(file).with_suffix("").as_posix() + mark + page
        places.setdefault(short, place)
    return {**places, **{name: place for place, name in enumerate(names)}}
