"""Records that a file holds more than once with one field changed: scores or categories."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from segeval.checks.records import AnyRecords, Records
from segeval.checks.repeats import equal_records
from segeval.data.columns import GroundTruth, Predictions
from segeval.data.segmentations import Format
from segeval.findings import Finding
from segeval.words import counted

IMAGES = 32
"""Images that are looked at first where files are only evaluated."""

SOME = 0.05
"""Least share of the records that is reported: single repeats may be meant."""

LEAST = 2
"""Least number of repeats that is reported."""

LEAST_BYTES = 6
"""Least bytes of a mask that is neither empty nor the whole image."""


def repeats_with_other_scores(
    records: Records[Predictions],
    rows: NDArray[np.int64] | None = None,
    image: NDArray[np.integer] | None = None,
    images: int = 0,
) -> Iterator[Finding]:
    """Predictions that occur several times with different scores.

    Args:
        records: the predictions.
        rows: rows to look at; None for all.
        image: number of the image of each of `rows`, to look at some images first; all follow only
            if something is found there.
        images: number of images of the whole set, of which these may be a part.
    """
    groups = _groups(records, rows, image, images, "score")
    if groups:
        yield _finding(
            records,
            groups,
            f"{counted(len(groups), 'prediction occurs', 'predictions occur')} several times with "
            "other scores (same image, category and {shape}), first {first}",
            "Joined from several runs or views?",
        )


def repeats_in_other_categories(
    records: Records[GroundTruth],
    rows: NDArray[np.int64] | None = None,
    image: NDArray[np.integer] | None = None,
    images: int = 0,
) -> Iterator[Finding]:
    """Annotations that occur in several categories.

    Args as in `repeats_with_other_scores`.
    """
    groups = _groups(records, rows, image, images, "category_id")
    if groups:
        yield _finding(
            records,
            groups,
            f"{counted(len(groups), 'annotation occurs', 'annotations occur')} in several "
            "categories (same image and {shape}), first {first}",
            "Each counts as an object of its own.",
        )


def _finding(records: AnyRecords, groups: list[list[int]], text: str, hint: str) -> Finding:
    """The finding about groups of equal records."""
    again = np.sort(np.array([row for group in groups for row in group[1:]]))
    is_mask = (records.segmentations.format[again] != Format.NONE).any()
    return records.finding(
        "warn",
        "repeats",
        text.format(shape="mask" if is_mask else "box", first=records.name(groups[0][0])),
        code="near-repeats",
        rows=again,
        count=len(groups),
        hint=hint,
    )


def _groups(
    records: AnyRecords,
    rows: NDArray[np.int64] | None,
    image: NDArray[np.integer] | None,
    images: int,
    but: str,
) -> list[list[int]]:
    """Rows of records that are equal but for one field, if there are many such."""
    rows = np.arange(len(records.columns)) if rows is None else rows
    step = 1
    if image is not None and len(image):
        step = max(int(image.max()), images - 1) // IMAGES + 1
    chosen = rows if step == 1 or image is None else rows[image % step == 0]
    groups = _equal(records, np.sort(chosen), but)
    if groups and len(chosen) < len(rows):
        return _equal(records, np.sort(rows), but)
    return groups


def _equal(records: AnyRecords, rows: NDArray[np.int64], but: str) -> list[list[int]]:
    """The groups among some rows, increasing, whose field differs; empty if they are few."""
    columns = records.columns
    masked = records.segmentations.format[rows] != Format.NONE
    rows = rows[~masked | (records.segmentations.strings.lengths[rows] >= LEAST_BYTES)]
    field = getattr(columns, but)
    groups = [
        group
        for group in equal_records(records, rows, but=but)
        if (field[group] != field[group[0]]).any()
    ]
    again = sum(len(group) - 1 for group in groups)
    return groups if again >= max(LEAST, SOME * len(rows)) else []
