"""Records that a file holds more than once, equal in everything that counts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.checks.records import AnyRecords
from segeval.data.columns import GroundTruth, Predictions
from segeval.data.ids import repeated
from segeval.data.keys import Key, shown_key, written
from segeval.data.segmentations import Format
from segeval.findings import Finding
from segeval.frozen import frozen
from segeval.masks import CompressedMasks
from segeval.words import counted

ODD_NUMBERS = np.array(
    [
        0x9E3779B97F4A7C15,
        0xC2B2AE3D27D4EB4F,
        0x165667B19E3779F9,
        0xD6E8FEB86659FD93,
        0xA0761D6478BD642F,
        0xE7037ED1A0B428DB,
        0x8EBC6AF09C88C6E3,
    ],
    np.uint64,
)
"""Factors that spread the bits of a key."""


@frozen(eq=False, repr=False)
class Repeats:
    """Records of some images that occur several times.

    Attributes:
        groups: number of different ones.
        often: whether any occurs more than twice.
        masked: whether any that is there again has a mask.
        first: id of the first image that has some.
    """

    groups: int
    often: bool
    masked: bool
    first: Key

    @classmethod
    def of(cls, records: AnyRecords, groups: list[list[int]]) -> Repeats | None:
        """Those in groups of equal records; None without any."""
        if not groups:
            return None
        again, columns = _again(groups), records.columns
        ids = columns.image_id[again]
        is_gt = isinstance(columns, GroundTruth)
        keys = columns.images.keys if is_gt else columns.image_keys
        return cls(
            len(groups),
            max(map(len, groups)) > 2,
            bool((records.segmentations.format[again] != Format.NONE).any()),
            written(ids.min(keepdims=True), keys)[0],
        )

    @classmethod
    def together(cls, parts: Sequence[Repeats | None]) -> Repeats | None:
        """Those of several parts of the set."""
        known = [part for part in parts if part is not None]
        if not known:
            return None
        return cls(
            sum(part.groups for part in known),
            any(part.often for part in known),
            any(part.masked for part in known),
            min((part.first for part in known), key=lambda key: (isinstance(key, str), key)),
        )

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Repeats:
        """Those of plain values.

        Raises:
            KeyError: for missing values.
            TypeError: for values of another type.
        """
        found = cls(**values)
        kinds = list(map(type, vars(found).values()))
        if kinds[:-1] != [int, bool, bool] or kinds[-1] not in (int, str):
            raise TypeError("repeats are damaged")
        return found

    def finding(self, source: str, *, of_predictions: bool, first: str = "") -> Finding:
        """What to say of them.

        Args:
            source: name of the file.
            of_predictions: whether they are predictions, not annotations.
            first: the first of them, with "first" before its name; "" to name its image.
        """
        noun = "prediction" if of_predictions else "annotation"
        parts = ["image", "category", *(["score"] if of_predictions else [])]
        same = f"same {', '.join(parts)} and {'mask' if self.masked else 'box'}"
        often = "several times" if self.often else "twice"
        return Finding(
            "warn",
            "repeats",
            f"{counted(self.groups, f'{noun} occurs', f'{noun}s occur')} {often} ({same}), "
            f"{first or f'first in image {shown_key(self.first)}'}",
            count=self.groups,
            path=source,
            hint="Gathered from several processes?"
            if of_predictions
            else "Each counts as an object of its own.",
            code="repeats",
        )


def repeats(records: AnyRecords, rows: NDArray[np.int64] | None = None) -> Iterator[Finding]:
    """Records that occur several times: of one image, category, score, mask and box.

    Args:
        records: records of one file.
        rows: rows to look at, increasing; None for all.
    """
    groups = equal_records(records, rows)
    found = Repeats.of(records, groups)
    if found is not None:
        again = int(_again(groups)[0])
        is_prediction = isinstance(records.columns, Predictions)
        first = records.first(groups[0][0])
        told = found.finding(records.columns.source, of_predictions=is_prediction, first=first)
        yield replace(told, index=records.place(again), first=records.name(again))


def _again(groups: list[list[int]]) -> NDArray[np.int64]:
    """Rows of all but the first of each group, ascending."""
    return np.sort(np.array([row for group in groups for row in group[1:]], np.int64))


def equal_records(
    records: AnyRecords, rows: NDArray[np.int64] | None = None, *, but: str = ""
) -> list[list[int]]:
    """Rows of records that are equal, in groups of two or more, by their first rows.

    Args:
        records: records of one file.
        rows: rows to look at, increasing; None for all.
        but: a field that may differ, "score" or "category_id".
    """
    rows = np.arange(len(records.columns)) if rows is None else rows
    keys, masks = _keys(records, rows, but), records.segmentations.strings
    if masks.lengths.any():  # the lengths alone are equal often, without scores or in a crowd
        alike = repeated(keys)
        rows = rows[alike]
        own = masks.take(rows)
        keys = keys_of([keys[alike].view(np.int64), _eight(own, 0), amid(own)])
    return equal_rows(rows, keys, lambda row: _content(records, row, but))


def equal_rows(
    rows: NDArray[np.int64], keys: NDArray[np.uint64], content: Callable[[int], tuple[Any, ...]]
) -> list[list[int]]:
    """Rows that are equal, in groups of two or more, by their first rows.

    Args:
        rows: rows to look at, increasing, shape (n,).
        keys: numbers that are equal for equal rows, shape (n,).
        content: all that counts of a row.
    """
    groups: dict[tuple[Any, ...], list[int]] = {}
    for row in rows[repeated(keys)].tolist():
        groups.setdefault(content(row), []).append(row)
    return [group for group in groups.values() if len(group) > 1]


def _keys(records: AnyRecords, rows: NDArray[np.int64], but: str) -> NDArray[np.uint64]:
    """Numbers that are equal for equal records, and seldom for others, uint64, shape (n,)."""
    columns, lengths = records.columns, records.segmentations.strings.lengths
    parts = [columns.image_id, lengths]
    if but != "category_id":
        parts.append(columns.category_id)
    if isinstance(columns, Predictions) and but != "score":
        parts.append(columns.score)
    if not lengths.any():
        parts += [columns.boxes[:, 0], columns.boxes[:, 2]]
    return keys_of([part if len(rows) == len(part) else part[rows] for part in parts])


def keys_of(columns: Sequence[NDArray[Any]]) -> NDArray[np.uint64]:
    """Numbers that are equal where all columns are, and seldom elsewhere, uint64, shape (n,).

    Args:
        columns: whole numbers or float64, shape (n,), at most as many as `ODD_NUMBERS`.
    """
    keys = np.zeros(len(columns[0]), np.uint64)
    for factor, column in zip(ODD_NUMBERS, columns, strict=False):
        chosen = np.ascontiguousarray(column)
        bits = chosen if chosen.dtype == np.float64 else chosen.astype(np.int64)
        keys += bits.view(np.uint64) * factor
    return keys


def amid(masks: CompressedMasks) -> NDArray[np.int64]:
    """Eight characters from the middle of every mask as a number, shape (N,)."""
    return _eight(masks, np.maximum(masks.lengths[:, None] - 8, 0) // 2)


def _eight(masks: CompressedMasks, first: int | NDArray[np.int32]) -> NDArray[np.int64]:
    """Eight characters of every mask from the first on, or one each (N, 1), as numbers (N,)."""
    place = first + np.arange(8)
    characters = masks.text[np.minimum(masks.starts[:, None] + place, len(masks.text) - 1)]
    characters[place >= masks.lengths[:, None]] = 0  # beyond its end
    numbers: NDArray[np.int64] = characters.view(np.int64)[:, 0]
    return numbers


def _content(records: AnyRecords, row: int, but: str) -> tuple[Any, ...]:
    """All that counts of one record but for one field."""
    columns = records.columns
    own = {
        "score": columns.score[row] if isinstance(columns, Predictions) else columns.is_crowd[row],
        "category_id": columns.category_id[row],
    }
    return (
        *(value for field, value in own.items() if field != but),
        columns.image_id[row],
        columns.boxes[row].tobytes(),
        records.segmentations.strings.bytes_of(row),
    )
