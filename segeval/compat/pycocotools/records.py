"""Records of annotations and predictions as columns, with what pycocotools compares of them."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from segeval.errors import FormatError
from segeval.frozen import frozen

Record = dict[str, Any]
"""A record of JSON as Python holds it: a field by its name."""

Noun = Literal["annotation", "prediction"]

NOUNS: tuple[Noun, Noun] = ("prediction", "annotation")
"""What both sides are."""


@frozen(eq=False)
class Side:
    """N annotations or predictions that take part.

    Attributes:
        noun: what they are.
        records: as the caller gave them.
        image: place of the image of each among those evaluated, int32, shape (N,).
        category: place of its category, int32, shape (N,); 0 where categories are merged.
        ids: as in the records.
        areas: as in the records; 0 for crowd regions without one.
        ignored: whether it never counts, bool, shape (N,).
        crowd: whether it may be matched any number of times, bool, shape (N,).
        scores: as in the records; empty for annotations.
    """

    noun: Noun
    records: list[Record]
    image: NDArray[np.int32]
    category: NDArray[np.int32]
    ids: list[Any]
    areas: list[Any]
    ignored: NDArray[np.bool_]
    crowd: NDArray[np.bool_]
    scores: list[Any]

    def __len__(self) -> int:
        return len(self.records)

    def outside(self, ranges: Sequence[tuple[float, float]]) -> NDArray[np.bool_]:
        """Whether the area of each is outside of each of A ranges, bool, shape (A, N)."""
        areas = self.areas
        if {type(area) for area in areas} <= {int, float, np.float64, np.uint32}:
            own = np.array(areas, np.float64)
            found = [(own < low) | (own > high) for low, high in ranges]
        else:  # numpy compares its small floats as such
            found = [
                np.array([bool(area < low or area > high) for area in areas], np.bool_)
                for low, high in ranges
            ]
        return np.array(found, np.bool_).reshape(len(ranges), len(areas))


def side_of(
    records: list[Record],
    noun: Noun,
    images: dict[Any, int],
    categories: dict[Any, int],
    *,
    merged: bool,
) -> Side:
    """The records of the images and categories that are evaluated.

    Args:
        records: annotations or predictions.
        noun: what they are.
        images: places of the images, by id.
        categories: places of the categories, by id.
        merged: take all categories as one, in their order.

    Raises:
        FormatError: for a record that lacks a field, or has an id that is no number.
    """
    image = np.array([images.get(each, -1) for each in column(records, "image_id", noun)], np.int32)
    category = np.array(
        [categories.get(each, -1) for each in column(records, "category_id", noun)], np.int32
    )
    kept = np.flatnonzero((image >= 0) & (category >= 0))
    if merged:
        kept = kept[np.argsort(category[kept], kind="stable")]
        category = np.zeros_like(category)
    if merged or len(kept) < len(records):
        records = [records[row] for row in kept.tolist()]
    number = len(records)
    ids = column(records, "id", noun)
    scores: list[Any] = []
    crowd = ignored = np.zeros(number, np.bool_)
    if noun == "annotation":
        flags = column(records, "iscrowd", noun)
        ignored = np.array([bool(flag) for flag in flags], np.bool_)
        crowd = np.array([int(flag) != 0 for flag in flags], np.bool_)
        lacking = [
            record if "area" in record or not own else {**record, "area": 0}
            for record, own in zip(records, ignored.tolist(), strict=True)
        ]
        areas = column(lacking, "area", noun)
    else:
        scores, areas = column(records, "score", noun), column(records, "area", noun)
    _check_numbers(records, "id", ids, noun)
    _check_numbers(records, "area", areas, noun)
    _check_numbers(records, "score", scores, noun)
    return Side(
        noun, records, image[kept], category[kept], ids, areas, ignored, crowd, scores
    )  # fmt: skip


def column(records: Sequence[Record], field: str, noun: Noun) -> list[Any]:
    """A field of all records.

    Raises:
        FormatError: for the first record that lacks it.
    """
    try:
        return [record[field] for record in records]
    except KeyError:
        row = next(row for row, record in enumerate(records) if field not in record)
        raise refused(
            records, [row], noun, f"has no {field}, without which pycocotools stops.", field
        ) from None


def boxes_of(side: Side) -> NDArray[np.float64]:
    """Boxes as x, y, width, height in pixels, float64, shape (N, 4).

    Raises:
        FormatError: for a record without four finite numbers as bbox.
    """
    values = column(side.records, "bbox", side.noun)
    try:
        found = np.array(values, np.float64).reshape(len(side), 4)
    except (TypeError, ValueError):
        found = np.full((len(side), 4), np.nan)
        for row, value in enumerate(values):
            try:
                found[row] = np.array(value, np.float64).reshape(4)
            except (TypeError, ValueError):
                break  # refused below
    with np.errstate(over="ignore", invalid="ignore"):
        odd = np.flatnonzero(~np.isfinite(np.c_[found, found[:, 2] * found[:, 3]]).all(axis=1))
    if len(odd):
        text = f"bbox is {values[odd[0]]}, expected four finite numbers."
        raise refused(side.records, [int(odd[0])], side.noun, text, "bbox")
    return found


def refused(
    records: Sequence[Record], rows: Sequence[int], noun: Noun, text: str, field: str
) -> FormatError:
    """The error for records with one mistake, which names the first."""
    record = records[rows[0]]
    name = record.get("id", f"#{rows[0]}")
    colon = "" if text.startswith(("has ", "is ")) else ":"
    return FormatError(
        f"{noun} {name} (image_id {record.get('image_id')}){colon} {text}",
        code=f"bad-{field}",
        index=int(rows[0]),
        field=field,
        count=len(rows),
        reason=text,
    )


def _check_numbers(records: list[Record], field: str, values: list[Any], noun: Noun) -> None:
    """Refuse a field that is no number."""
    if {type(value) for value in values} <= {int, float}:
        return
    for row, value in enumerate(values):
        try:
            if not isinstance(value, str):
                float(value)
                continue
        except (TypeError, ValueError, OverflowError):
            pass  # refused below
        text = f"{field} is {value!r}, expected a number."
        raise refused(records, [row], noun, text, field) from None


@contextmanager
def many_records() -> Iterator[None]:
    """Make many records at once: Python does not look for circles among them meanwhile.

    It would go through all of them again and again, for half of the time that reading takes.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
