"""Part files of statistics per image, read with every value checked."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, TypeGuard

import numpy as np
from numpy.typing import NDArray

from segeval.data.keys import BEYOND, Key, ascends
from segeval.metrics.image_columns import EXACT, ImageStatistics
from segeval.metrics.parts.digests import with_hash
from segeval.metrics.parts.files import PartReader
from segeval.metrics.parts.statistics_part import StatisticsPart

Columns = dict[str, NDArray[Any]]
"""Arrays of a table by name."""

Tails = Mapping[str, tuple[int, ...]]
"""Shapes of the columns of a table behind the first axis, () where a column is left out."""

DIGESTS = np.dtype(np.uint64)
"""The type of hashes, which alone use all 64 bits; names of such columns end in "digest"."""


def header_of(reader: PartReader, task: str) -> tuple[dict[str, Any], dict[str, list[Any]]]:
    """What a part file shares with others, and what it brings along.

    Raises:
        FormatError: if the file is of another task, or damaged.
    """
    reader.check_task(task)
    shared, brought = reader.header.get("shared"), reader.header.get("brought")
    if not isinstance(shared, dict) or not isinstance(brought, dict):
        raise reader.damaged("header")
    if not all(isinstance(each, list) for each in brought.values()):
        raise reader.damaged("header")
    return shared, brought


def read_keys(reader: PartReader) -> NDArray[np.int64] | tuple[Key, ...]:
    """The keys of the images, ascending, each once: int64, or text or larger whole numbers.

    Raises:
        FormatError: if they are something else.
    """
    found = reader.array("keys")
    if found.dtype == np.int64 and found.ndim == 1:
        if not (found[1:] > found[:-1]).all():
            raise reader.damaged("keys")
        return found
    keys = read_text(reader, "keys")
    if not all(ascends(*pair) for pair in pairwise(keys)):
        raise reader.damaged("keys")
    return tuple(keys)


def read_text(reader: PartReader, name: str) -> list[Key]:
    """A column of text or large whole numbers.

    Raises:
        FormatError: if it is something else.
    """
    found = reader.array(name)
    try:
        if found.dtype != np.uint8 or found.ndim != 1:
            raise TypeError("not bytes")
        values = json.loads(found.tobytes())
        if not are_keys(values):
            raise TypeError("not a list of text or whole numbers")
    except (RecursionError, TypeError, ValueError):
        raise reader.damaged(name) from None
    return values


def are_keys(values: Any) -> TypeGuard[list[Key]]:
    """Whether values are a list of text alone, or of whole numbers below 2^64 alone."""
    if not isinstance(values, list) or len({type(each) for each in values}) > 1:
        return False
    return all(
        type(each) is str or (type(each) is int and -BEYOND <= each < 2 * BEYOND) for each in values
    )


def read_columns(
    reader: PartReader,
    name: str,
    table: type[ImageStatistics],
    images: int,
    tails: Tails,
    *,
    text: Sequence[str] = (),
) -> Columns:
    """The columns of a table, of the right shapes, with whole numbers from 0 to 2^53.

    Args:
        reader: of the file.
        name: of the table.
        table: says which columns it has.
        images: number of images.
        tails: shape of each column behind the first axis; a column that is not named has one axis.
        text: columns of text, with an entry per image.

    Raises:
        FormatError: names the first wrong column.
    """
    found: Columns = {}
    for column in text:
        words = read_text(reader, f"{name}/{column}")
        if len(words) != images:
            raise reader.damaged(f"{name}/{column}")
        found[column] = np.array([*words, ""], object)[:-1]
    for column in (each for each in table.BY_IMAGE if each not in text):
        found[column] = _column(reader, f"{name}/{column}", images, tails.get(column, ()))
    for offsets, columns in table.BY_ROW.items():
        where = f"{name}/{offsets}"
        places = reader.array(where)
        if places.dtype != np.int64 or places.shape != (images + 1,) or places[0] != 0:
            raise reader.damaged(where)
        if not (places[1:] >= places[:-1]).all():
            raise reader.damaged(where)
        found[offsets] = places
        for column in columns:
            found[column] = _column(
                reader, f"{name}/{column}", int(places[-1]), tails.get(column, ())
            )
    return found


def _column(reader: PartReader, name: str, rows: int, tail: tuple[int, ...]) -> NDArray[Any]:
    """One column of whole numbers from 0, or of hashes."""
    found = reader.array(name)
    if found.shape != (rows, *tail):
        raise reader.damaged(name)
    if name.endswith("digest"):
        if found.dtype != DIGESTS:
            raise reader.damaged(name)
        return found
    if found.dtype.kind not in "iu" or (found.size and not 0 <= found.min() <= found.max() < EXACT):
        raise reader.damaged(name)
    return found


def check_digests(reader: PartReader, part: StatisticsPart) -> None:
    """Refuse a file whose hashes of images are not those of its columns.

    Raises:
        FormatError: for these.
    """
    found = reader.array("digest")
    if found.dtype != DIGESTS or not np.array_equal(found, part.digests()):
        raise reader.damaged("digest")


def checked_table(reader: PartReader, table: Any) -> dict[str, Any]:
    """A table that `with_hash` made, without its hash.

    Raises:
        FormatError: if the hash is another one.
    """
    if not isinstance(table, dict):
        raise reader.damaged("header")
    own = {name: value for name, value in table.items() if name != "sha256"}
    if with_hash(own) != table:
        raise reader.damaged("header")
    return own
