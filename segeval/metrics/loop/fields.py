"""The fields of a dictionary of a batch: arrays of any library, one entry per record."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from segeval.data.json.broken import shown
from segeval.errors import FormatError, ShapeError
from segeval.metrics.loop.places import Place
from segeval.words import counted, size_text

FORMS = {"xyxy": "x0, y0, x1, y1", "xywh": "x, y, width, height"}
"""The numbers of a box, by `box_format`."""

LEAST = 3
"""Fewest boxes that leave their image, where all fit it as corners, that are no accident."""

ROOM = 1.0
"""Pixels by which a box may leave its image."""


class Length(NamedTuple):
    """How many records an image has, and what they were counted by."""

    number: int
    noun: str

    def check(self, found: int, place: Place) -> None:
        """Refuse a field of another length.

        Raises:
            ShapeError: names image and field.
        """
        if found != self.number:
            entries = counted(found, "entry", "entries")
            raise ShapeError(
                f"{place} has {entries} for {counted(self.number, self.noun)}.",
                code="shape",
                field=place.field,
            )


def missing(given: Mapping[str, Any], what: str, place: Place, field: str) -> FormatError:
    """The error for a field that is not there."""
    there = f"only {', '.join(map(str, given))}" if given else "it is empty"
    return FormatError(
        f"{place} has no {what}, {there}.",
        code="missing-field",
        field=field,
    )


def one_row(given: Any, place: Place) -> NDArray[Any]:
    """An array of shape (N,)."""
    found = place.array(given)
    if found.ndim != 1:
        raise ShapeError(
            f"{place} has shape {found.shape}, expected (N,).", code="shape", field=place.field
        )
    return found


def numbers(given: Mapping[str, Any], field: str, place: Place) -> NDArray[np.float64]:
    """A field of numbers, float64, shape (N,)."""
    if given.get(field) is None:
        raise missing(given, field, place, field)
    found = one_row(given[field], place.of(field))
    if found.size and found.dtype.kind not in "iuf":
        raise FormatError(
            f"{place.of(field)} holds {shown(found[:1].tolist()[0], 40)}, expected numbers.",
            code="type",
            field=field,
        )
    return found.astype(np.float64)


def areas(given: Mapping[str, Any], place: Place, length: Length) -> NDArray[np.float64]:
    """Areas in pixels squared, float64, shape (N,); NaN where they are not given."""
    if given.get("area") is None:
        return np.full(length.number, np.nan)
    found = numbers(given, "area", place)
    length.check(len(found), place.of("area"))
    is_area = np.isfinite(found) & (found >= 0)
    if not is_area.all():
        row = int(np.argmin(is_area))
        raise FormatError(
            f"{place.of('area').at(row)} is {found[row]:g}, expected a finite number from 0.",
            code="not-finite",
            index=row,
            field="area",
        )
    return found


def flags(given: Mapping[str, Any], field: str, place: Place, length: Length) -> NDArray[np.bool_]:
    """A field of bools, or of 0 and 1, bool, shape (N,); False where it is not given."""
    if given.get(field) is None:
        return np.zeros(length.number, np.bool_)
    found = one_row(given[field], place.of(field))
    length.check(len(found), place.of(field))
    if found.size and (found.dtype.kind not in "biuf" or not np.isin(found, (0, 1)).all()):
        raise FormatError(
            f"{place.of(field)} is {shown(found.tolist(), 40)}, expected 0 or 1 for each label.",
            code="bad-field",
            field=field,
        )
    return found.astype(np.bool_)


def boxes(
    given: Mapping[str, Any], place: Place, length: Length, *, form: str
) -> NDArray[np.float64]:
    """Boxes as xywh, float64, shape (N, 4); rows of NaN where they are not given.

    Args:
        given: the dictionary.
        place: of it in messages.
        length: how many there must be.
        form: "xyxy" or "xywh": how they are given.
    """
    if given.get("boxes") is None:
        return np.full((length.number, 4), np.nan)
    where = place.of("boxes")
    array = where.array(given["boxes"])
    if not array.size:
        length.check(0, where)
        return np.zeros((0, 4))
    if array.dtype.kind not in "iuf" or array.ndim != 2 or array.shape[1] != 4:
        raise ShapeError(
            f"{where} has shape {array.shape} and holds {array.dtype}, expected numbers of shape "
            "(N, 4).",
            code="shape",
            field="boxes",
        )
    length.check(len(array), where)
    found = array.astype(np.float64)
    is_finite = np.isfinite(found).all(axis=1)
    if not is_finite.all():
        row = int(np.argmin(is_finite))
        raise FormatError(
            f"{where.at(row)} is {found[row].tolist()}, expected four finite numbers.",
            code="bad-box",
            index=row,
            field="boxes",
        )
    given_as = found
    if form == "xyxy":
        with np.errstate(over="ignore"):
            found = np.concatenate([found[:, :2], found[:, 2:] - found[:, :2]], axis=1)
        is_finite = np.isfinite(found).all(axis=1)
        if not is_finite.all():
            row = int(np.argmin(is_finite))
            raise FormatError(
                f"{where.at(row)} is {given_as[row].tolist()}, whose width or height is too large "
                "for a number of 64 bits.",
                code="bad-box",
                index=row,
                field="boxes",
            )
    is_box = (found[:, 2:] >= 0).all(axis=1)
    if not is_box.all():
        row, other = int(np.argmin(is_box)), "xywh" if form == "xyxy" else "xyxy"
        raise FormatError(
            f"{where.at(row)} is {given_as[row].tolist()}, which ends before it begins: expected "
            f'{FORMS[form]} (`box_format="{other}"` takes {FORMS[other]}).',
            code="bad-box",
            index=row,
            field="boxes",
            count=int((~is_box).sum()),
            option="box_format",
        )
    return found


def check_corners(found: NDArray[np.float64], size: tuple[int, int], place: Place) -> None:
    """Refuse boxes given as x, y, width, height that leave their image, and fit it as corners.

    Args:
        found: boxes as xywh, shape (N, 4).
        size: (H, W) of their image.
        place: of the boxes.

    Raises:
        FormatError: if these are at least half of the boxes.
    """
    ends = np.array(size[::-1]) + ROOM
    leaves = (found[:, :2] + found[:, 2:] > ends).any(axis=1)
    fits = ((found[:, :2] <= found[:, 2:]) & (found[:, 2:] <= ends)).all()
    if leaves.sum() < max(LEAST, len(found) / 2) or not fits:
        return
    row = int(np.argmax(leaves))
    raise FormatError(
        f"{place.at(row)} is {found[row].tolist()}, which leaves the image of {size_text(size)} as "
        f'{FORMS["xywh"]}. All boxes fit as {FORMS["xyxy"]}: `box_format="xyxy"`.',
        code="bad-box",
        index=row,
        field="boxes",
        count=int(leaves.sum()),
        option="box_format",
    )
