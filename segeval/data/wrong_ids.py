"""Ids that a list lacks or repeats, in records of any kind."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from segeval.data.columns import GroundTruth, Predictions
from segeval.data.ids import index_of, last_of_each
from segeval.data.keys import Keys, shown_id, shown_ids
from segeval.data.places import Files, place_text
from segeval.errors import FormatError, MismatchError
from segeval.findings import Finding
from segeval.words import counted, id_range, ids_hint, more_like_it

Kind = Literal["image", "category"]

ID_KINDS: tuple[Kind, ...] = ("image", "category")
"""What records refer to by id."""


def unknown_ids_of(
    kind: Kind,
    columns: Predictions | GroundTruth,
    gt: GroundTruth,
    *,
    place: Callable[[int], int] = int,
    otherwise: str = "",
    option: str | None = None,
) -> Iterator[Finding]:
    """Predictions or annotations of images or categories that the ground truth lacks.

    Args:
        kind: what the ids are of.
        columns: the records; the ground truth itself for its annotations.
        gt: the ground truth, with the lists.
        place: position of a row in the list of the file.
        otherwise: as in `unknown_ids`.
        option: as in `unknown_ids`.
    """
    is_own = columns is gt

    def name(row: int) -> str:
        if isinstance(columns, GroundTruth):
            which = shown_id(columns.id[row], columns.keys)
        else:
            which = place_text(place(row), columns.files)
        return f"{noun} {which} (image_id {columns.shown_image(row)})"

    noun = "annotation" if is_own else "prediction"
    yield from unknown_ids(
        kind,
        columns.image_id if kind == "image" else columns.category_id,
        gt.images.id if kind == "image" else gt.categories.id,
        source=columns.source,
        noun=noun,
        name=name,
        owner=None if is_own else gt.source,
        place=place,
        files=() if isinstance(columns, GroundTruth) else columns.files,
        otherwise=otherwise,
        option=option,
        keys=gt.images.keys if kind == "image" else gt.categories.keys,
    )


def unknown_ids(
    kind: Kind,
    ids: NDArray[np.int64],
    known: NDArray[np.int64],
    *,
    source: str,
    noun: str,
    name: Callable[[int], str],
    plural: str | None = None,
    owner: str | None = None,
    field: str | None = None,
    place: Callable[[int], int] = int,
    files: Files = (),
    taking: NDArray[np.bool_] | None = None,
    otherwise: str = "",
    option: str | None = None,
    keys: Keys | None = None,
) -> Iterator[Finding]:
    """Records that refer to an unknown image or category.

    An id that its own file lacks makes the file malformed, `FormatError`; one that another file
    lacks means that the two do not belong together, `MismatchError`.

    Args:
        kind: what the ids are of.
        ids: ids in N records, int64, shape (N,).
        known: ids that exist, in any order, int64, shape (K,).
        source: name of the file with the records.
        noun: name of a record in messages.
        name: name of the record in a row.
        plural: plural of the noun, if not with an "s".
        owner: name of the file with the list; None if it is the same file.
        field: field with the ids; None for `image_id` or `category_id`.
        place: position of a row in the list of the file.
        files: as in `place_text`.
        taking: which records count, bool, shape (N,); None for all.
        otherwise: the hint where the ids themselves give no clue.
        option: the argument that the hint names.
        keys: the keys of all these ids.

    Example:
        >>> ids, known = np.array([1, 91]), np.array([1])
        >>> found = unknown_ids(
        ...     "category", ids, known, source="a.json", noun="segment", name="segment #{}".format
        ... )
        >>> next(found).message
        '1 segment has category_id 91, which the file does not list (1 category, 1), in segment #1'
    """
    wrong = index_of(ids, last_of_each(known)[0]) < 0
    if taking is not None:
        wrong &= taking
        ids = np.where(taking, ids, ids[taking][0] if taking.any() else 0)
    rows = np.flatnonzero(wrong)
    if not len(rows):
        return
    hint = ids_hint(ids, known) if keys is None else ""
    first, index, found = name(int(rows[0])), place(int(rows[0])), ids[rows]
    many = counted(len(rows), noun, plural)
    has = "has" if len(rows) == 1 else "have"
    lister = owner or "the file"
    where = f"{'first ' * (len(rows) > 1)}in {first}"
    if kind == "image":
        verb = "is" if len(rows) == 1 else "are"
        lacks = "does not list" if owner is None else "does not have"
        images = counted(len(np.unique(found)), "image")
        message = (
            f"{many} {verb} for {images} that {lister} {lacks}, first image_id "
            f"{shown_id(found[0], keys)} "
            f"({noun} {place_text(index, files)})"
        )
    elif hint and owner is not None:
        message = (
            f"category ids are {id_range(ids)}, {owner} has {id_range(known)}: {many} {has} "
            f"category_id {id_range(found)}, which is not among these, {where}"
        )
    else:
        listed = f"({counted(len(known), 'category', 'categories')}, {shown_range(known, keys)})"
        message = (
            f"{many} {has} category_id {shown_range(found, keys)}, which {lister} does not list "
            f"{listed}, "
            f"{where}"
        )
    yield Finding(
        "error",
        f"{kind} ids",
        message,
        count=len(rows),
        path=source,
        index=index,
        first=first,
        hint=hint or otherwise,
        code=f"unknown-{kind}",
        field=field or f"{kind}_id",
        error=FormatError if owner is None else MismatchError,
        noun=noun,
        option=None if hint else option,
    )


def shown_range(ids: NDArray[np.int64], keys: Keys | None) -> str:
    """Distinct ids in few words."""
    return id_range(ids) if keys is None else shown_ids(ids, keys)


def repeated_ids(
    noun: str,
    ids: NDArray[np.int64],
    *,
    source: str,
    field: str = "id",
    places: NDArray[np.int64] | None = None,
    keys: Keys | None = None,
) -> Iterator[Finding]:
    """An id that a list repeats.

    Args:
        noun: name of a record in messages.
        ids: ids of N records, int64, shape (N,).
        source: name of the file.
        field: field with the ids.
        places: position of each record in the file's list, int64, shape (N,); None if it is
            its row.
        keys: the keys of the ids.

    Example:
        >>> next(repeated_ids("image", np.array([5, 7, 5]), source="gt.json")).message
        'image id 5 occurs twice (records #0 and #2); ids must be unique.'
    """
    again = repetitions(ids)
    if len(again):
        others = len(np.unique(ids[again])) - 1
        yield Finding(
            "error",
            f"{noun} ids",
            f"{repetition(noun, ids, places, keys)}; ids must be unique.{more_like_it(others + 1)}",
            count=len(again),
            path=source,
            index=int(again[0] if places is None else places[again[0]]),
            code=f"duplicate-{noun}",
            field=field,
            noun=noun,
        )


def repetitions(ids: NDArray[np.int64]) -> NDArray[np.int64]:
    """Rows that repeat the id of an earlier row, increasing, int64.

    Example:
        >>> repetitions(np.array([5, 7, 5, 7, 5]))
        array([2, 3, 4])
    """
    order = np.argsort(ids, kind="stable")
    again: NDArray[np.int64] = np.sort(order[np.flatnonzero(np.diff(ids[order]) == 0) + 1])
    return again


def repetition(
    noun: str,
    ids: NDArray[np.int64],
    places: NDArray[np.int64] | None = None,
    keys: Keys | None = None,
) -> str:
    """The first repeated id, and where, in words.

    Args as in `repeated_ids`.
    """
    value = ids[repetitions(ids)[0]]
    records = np.flatnonzero(ids == value)
    records = records if places is None else places[records]
    times = "twice" if len(records) == 2 else f"{len(records):,} times"
    name = shown_id(value, keys)
    return f"{noun} id {name} occurs {times} (records #{records[0]} and #{records[1]})"
