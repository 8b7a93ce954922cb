"""Part files of statistics per image: written, read with every value checked, and joined.

Such a file holds `keys`, the keys of its images in ascending order, `digest`, a hash of each image,
and for each of its tables of statistics the arrays `TABLE/COLUMN`. Columns of text are UTF-8 JSON.
What the parts of one evaluation share stands in the header under `shared`, by the names that users
know; what they bring along, such as names of files, in lists under `brought`, where equal entries
count once. Statistics of an image take some hundred bytes, so that parts are joined in memory.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeGuard

import numpy as np
from numpy.typing import NDArray

from segeval.data.keys import BEYOND, Key, ascends
from segeval.errors import MismatchError, Note
from segeval.metrics.coco.merging import check_alike, check_one_kind_of_ids
from segeval.metrics.content import statistics_digests, with_hash
from segeval.metrics.image_columns import EXACT, ImageStatistics
from segeval.metrics.part_files import PartReader, PartWriter, written_part
from segeval.version import __version__
from segeval.words import counted

Columns = dict[str, NDArray[Any]]
"""Arrays of a table by name."""

Tails = Mapping[str, tuple[int, ...]]
"""Shapes of the columns of a table behind the first axis, () where a column is left out."""

DIGESTS = np.dtype(np.uint64)
"""The type of hashes, which alone use all 64 bits; names of such columns end in "digest"."""


@dataclass(frozen=True, eq=False)
class ImagePart:
    """What a part file holds.

    Attributes:
        name: of the file, for messages.
        shared: plain values that all parts of one evaluation have in common, such as `settings`.
        brought: lists of plain values that parts bring along, by name.
        tables: statistics of the same images, by name.
    """

    name: str
    shared: Mapping[str, Any]
    brought: Mapping[str, Sequence[Any]]
    tables: Mapping[str, ImageStatistics]

    @property
    def keys(self) -> list[Key]:
        """The keys of its images, ascending."""
        keys = next(iter(self.tables.values())).keys
        return keys.tolist() if isinstance(keys, np.ndarray) else list(keys)

    def digests(self) -> NDArray[np.uint64]:
        """Hashes of all that is known of each image, uint64, shape (I,)."""
        found = np.zeros(len(self.keys), np.uint64)
        for table in self.tables.values():
            found = found * np.uint64(3) + statistics_digests(table)
        return found

    def write(self, path: str | Path, task: str) -> None:
        """Write the part file, which appears whole or not at all.

        Args:
            path: of the file.
            task: what was counted, such as "miou".

        Raises:
            InputError: if the folder does not exist, or the path is no file.
        """
        header = {
            "task": task,
            "version": __version__,
            "shared": dict(self.shared),
            "brought": {name: [*values] for name, values in self.brought.items()},
        }
        with written_part(path, header) as writer:
            keys = next(iter(self.tables.values())).keys
            writer.add("keys", keys if isinstance(keys, np.ndarray) else as_text(keys))
            writer.add("digest", self.digests())
            for name, table in self.tables.items():
                _write_table(writer, name, table)


def _write_table(writer: PartWriter, name: str, table: ImageStatistics) -> None:
    """Write the columns of a table."""
    for column in (
        *table.BY_IMAGE,
        *table.BY_ROW,
        *(n for own in table.BY_ROW.values() for n in own),
    ):
        values = getattr(table, column)
        writer.add(
            f"{name}/{column}", as_text(values.tolist()) if values.dtype == object else values
        )


def as_text(values: Sequence[Key]) -> NDArray[np.uint8]:
    """Text, or whole numbers of any size, as bytes of JSON, uint8."""
    return np.frombuffer(json.dumps(list(values)).encode(), np.uint8)


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


def check_digests(reader: PartReader, part: ImagePart) -> None:
    """Refuse a file whose hashes of images are not those of its columns.

    Raises:
        FormatError: for these.
    """
    found = reader.array("digest")
    if found.dtype != DIGESTS or not np.array_equal(found, part.digests()):
        raise reader.damaged("digest")


def joined_parts(parts: Sequence[ImagePart]) -> tuple[ImagePart, list[Note]]:
    """One part from several of different images, in any order.

    An image that several parts hold with equal content counts once, which a note says.

    Args:
        parts: at least one.

    Raises:
        MismatchError: if parts were made by different rules, or hold different content for one
            image.
    """
    check_alike([(part.name, named_rules(part.shared)) for part in parts])
    check_one_kind_of_ids((part.name, key) for part in parts for key in part.keys[:1])
    kept, repeats = _kept_once(parts)
    some = [
        {name: table.take(keep) for name, table in part.tables.items()}
        for part, keep in zip(parts, kept, strict=True)
    ]
    if any(isinstance(part.tables[name].keys, tuple) for part in parts for name in part.tables):
        some = [{name: _with_tuple(table) for name, table in own.items()} for own in some]
    tables = {name: type(some[0][name]).merge([own[name] for own in some]) for name in some[0]}
    brought = {
        name: _each_once([each for part in parts for each in part.brought[name]])
        for name in parts[0].brought
    }
    notes = []
    if repeats:
        images = counted(repeats, "image is", "images are")
        text = f"{images} in several parts with equal content"
        notes.append(Note("images-in-several-parts", text, repeats))
    return replace(parts[0], brought=brought, tables=tables), notes


def named_rules(shared: Mapping[str, Any]) -> dict[str, Any]:
    """Shared values by the names that users know: each setting by itself, tables by their hash."""
    tables = {
        name.replace("_", " "): value["sha256"]
        for name, value in shared.items()
        if name != "settings"
    }
    return {**shared["settings"], **tables}


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


def _with_tuple(table: ImageStatistics) -> ImageStatistics:
    """The same with keys that may be of any size."""
    changed: Any = table
    is_array = isinstance(table.keys, np.ndarray)
    kept: ImageStatistics = replace(changed, keys=tuple(table.keys.tolist())) if is_array else table
    return kept


def _kept_once(parts: Sequence[ImagePart]) -> tuple[list[NDArray[np.bool_]], int]:
    """Which images of each part no earlier one has, and how many are in several."""
    known: dict[Key, tuple[int, int]] = {}
    again: set[Key] = set()
    kept = []
    for number, part in enumerate(parts):
        keep = np.ones(len(part.keys), np.bool_)
        digests = part.digests().tolist()
        for place, (key, digest) in enumerate(zip(part.keys, digests, strict=True)):
            before, expected = known.setdefault(key, (number, digest))
            if before == number:
                continue
            if digest != expected:
                raise MismatchError(
                    f"{part.name}: image {key!r} is also in {parts[before].name}, with other "
                    "predictions or ground truth. Each image must be matched once.",
                    code="image-contents",
                    path=part.name,
                )
            keep[place] = False
            again.add(key)
        kept.append(keep)
    return kept, len(again)


def _each_once(values: Sequence[Any]) -> list[Any]:
    """Plain values without repetitions, in an order that does not depend on that of the parts."""
    return [
        json.loads(text) for text in sorted({json.dumps(each, sort_keys=True) for each in values})
    ]
