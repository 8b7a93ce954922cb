"""Records that a file holds more than once with one field changed: scores or categories."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from segeval.checks.records import AnyRecords
from segeval.checks.repeats import equal_records
from segeval.data.segmentations import Format
from segeval.findings import Finding
from segeval.frozen import frozen
from segeval.words import counted

IMAGES = 32
"""Images that are looked at first where files are only evaluated."""

SOME = 0.05
"""Least share of the records that is reported: single repeats may be meant."""

LEAST = 2
"""Least number of repeats that is reported."""

LEAST_BYTES = 6
"""Least bytes of a mask that is neither empty nor the whole image."""

BUT = {"prediction": "score", "annotation": "category_id"}
"""The field that differs, by the name of a record."""


@frozen
class NearRepeats:
    """What some records say: counts of several lots add up.

    Attributes:
        looked: number of records that were looked at.
        groups: number of different ones that occur several times.
        again: number of records that are there again.
        masked: whether any of these has a mask.
    """

    looked: int = 0
    groups: int = 0
    again: int = 0
    masked: bool = False

    @classmethod
    def of(cls, records: AnyRecords, looked: int, groups: list[list[int]]) -> NearRepeats:
        """Those of groups of rows, out of so many that were looked at."""
        if not groups:
            return cls(looked)
        again = [row for group in groups for row in group[1:]]
        has_mask = bool((records.segmentations.format[again] != Format.NONE).any())
        return cls(looked, len(groups), len(again), has_mask)

    @classmethod
    def together(cls, parts: Iterable[NearRepeats]) -> NearRepeats:
        """Those of several lots of records."""
        every = list(parts)
        return cls(
            sum(part.looked for part in every),
            sum(part.groups for part in every),
            sum(part.again for part in every),
            any(part.masked for part in every),
        )

    @property
    def are_many(self) -> bool:
        """Whether they are worth saying."""
        return self.again >= max(LEAST, SOME * self.looked)

    def message(self, noun: str, first: str) -> tuple[str, str]:
        """What to say of them, and a hint.

        Args:
            noun: "prediction" or "annotation".
            first: the first one, with "first" before its name.
        """
        shape = "mask" if self.masked else "box"
        if noun == "prediction":
            text = counted(self.groups, "prediction occurs", "predictions occur")
            what = f"several times with other scores (same image, category and {shape})"
            return f"{text} {what}, {first}", "Joined from several runs or views?"
        text = counted(self.groups, "annotation occurs", "annotations occur")
        what = f"in several categories (same image and {shape})"
        return f"{text} {what}, {first}", "Each counts as an object of its own."


def near_repeats(
    records: AnyRecords,
    rows: NDArray[np.int64] | None = None,
    image: NDArray[np.integer] | None = None,
    images: int = 0,
) -> Iterator[Finding]:
    """Predictions that occur several times with different scores, annotations in categories.

    Args:
        records: records of one file.
        rows: rows to look at; None for all.
        image: number of the image of each of `rows`, to look at some images first; all follow only
            if something is found there.
        images: number of images of the whole set, of which these may be a part.
    """
    rows = np.arange(len(records.columns)) if rows is None else rows
    step = 1
    if image is not None and len(image):
        step = max(int(image.max()), images - 1) // IMAGES + 1
    chosen = rows if step == 1 or image is None else rows[image % step == 0]
    looked, groups = repeats_but_one(records, np.sort(chosen))
    found = NearRepeats.of(records, len(looked), groups)
    if found.are_many and len(chosen) < len(rows):
        looked, groups = repeats_but_one(records, np.sort(rows))
        found = NearRepeats.of(records, len(looked), groups)
    if not found.are_many:
        return
    again = np.sort(np.array([row for group in groups for row in group[1:]]))
    message, hint = found.message(records.noun, records.first(groups[0][0]))
    yield records.finding(
        "warn", "repeats", message, code="near-repeats", rows=again, count=len(groups), hint=hint
    )


def repeats_but_one(
    records: AnyRecords, rows: NDArray[np.int64]
) -> tuple[NDArray[np.int64], list[list[int]]]:
    """Rows that may be repeats, and those that are equal but for one field, in groups.

    Args:
        records: records of one file.
        rows: rows to look at, increasing.
    """
    columns = records.columns
    masked = records.segmentations.format[rows] != Format.NONE
    rows = rows[~masked | (records.segmentations.strings.lengths[rows] >= LEAST_BYTES)]
    field = getattr(columns, BUT[records.noun])
    groups = equal_records(records, rows, but=BUT[records.noun])
    return rows, [group for group in groups if (field[group] != field[group[0]]).any()]
