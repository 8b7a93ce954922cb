"""The records that are looked at in bytes: plain values, and arrays that were checked."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import astuple
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.checks.near_repeats import NearRepeats
from segeval.data.keys import Key, ascends
from segeval.data.segmentations import Format, Segmentations
from segeval.masks import CompressedMasks
from segeval.metrics.coco.looked_at import REPEATS, ImageRepeats, LookedAt
from segeval.metrics.coco.looked_at_choice import (
    FIRST,
    LIMIT,
    LONGEST,
    MOST,
    TEXT,
    Side,
)

SIDES = ("preds", "objects")
"""Names of both sides."""

COLUMNS = 7
"""Whole numbers of a record: image, category, crowd region, format, length, height and width."""

NUMBERS = 5
"""Other numbers of a record: its score or area, and its box."""

RECORD = 4 * COLUMNS + 8 * NUMBERS
"""Bytes of a record but for its text."""

COUNT = 8
"""Bytes of the number of records."""

HIGHEST = 2**31
"""No whole number of an image is as high."""


def layout() -> dict[str, tuple[str, tuple[int | None, ...]]]:
    """Kind and shape of every array, as `parts.arrays.check_layout` takes them."""
    return {"looked_images": ("i8", (None, 4))} | {
        f"looked_{name}": ("u1", (None,)) for name in SIDES
    }


def to_header(looked: LookedAt) -> dict[str, Any]:
    """Everything but the arrays, as plain values."""
    return {
        "keys": list(looked.keys),
        "more": list(looked.more),
        "repeats": [
            {"known": [[key, *astuple(own)] for key, own in each.known.items()], "more": each.more}
            for each in looked.repeats
        ],
    }


def to_arrays(looked: LookedAt) -> dict[str, NDArray[Any]]:
    """The arrays, by name in bytes: the records of each side are packed by zlib."""
    return {"looked_images": looked.images} | {
        f"looked_{name}": np.frombuffer(zlib.compress(_bytes_of(own)), np.uint8)
        for name, own in zip(SIDES, looked.sides, strict=True)
    }


def _bytes_of(side: Side) -> bytes:
    """The records of one file end to end: their number, two tables, and the text of masks."""
    form, strings = side.segmentations.format, side.segmentations.strings
    columns = [side.image, side.category, side.is_crowd, form, strings.lengths, *strings.sizes.T]
    return b"".join([
        np.int64(len(side)).tobytes(),
        np.stack(columns, axis=1).astype(np.int32).tobytes(),
        np.concatenate([side.number[:, None], side.boxes], axis=1).tobytes(),
        strings.text.tobytes(),
    ])  # fmt: skip


def from_parts(
    header: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]], categories: int
) -> LookedAt:
    """What `to_header` and `to_arrays` gave.

    Args:
        header: the plain values.
        arrays: of `layout`.
        categories: number of those that are evaluated.

    Raises:
        AttributeError, InputError, KeyError, TypeError, ValueError: for what is damaged.
    """
    keys = tuple(map(_key, header["keys"]))
    images = arrays["looked_images"]
    _require(len(images) == len(keys) and all(ascends(*pair) for pair in pairwise(keys)))
    _require(bool((images[:, 2:] >= 0).all() and (np.abs(images) < HIGHEST).all()))
    preds, objects = (
        _side(arrays, name, len(keys), categories, LIMIT + FIRST * most)
        for name, most in zip(SIDES, MOST, strict=True)
    )
    of_preds, of_objects = map(_repeats, header["repeats"])
    more = tuple(map(_flag, header["more"]))
    _require(len(more) == len(SIDES))
    return LookedAt(keys, images, (preds, objects), (of_preds, of_objects), (more[0], more[1]))


def _side(
    arrays: Mapping[str, NDArray[Any]], name: str, images: int, categories: int, most: int
) -> Side:
    """The records of one file."""
    text_of = TEXT[SIDES.index(name)]
    longest = COUNT + most * RECORD + sum(text_of) + len(text_of) * LONGEST
    packed = zlib.decompressobj()
    try:
        data = packed.decompress(arrays[f"looked_{name}"].tobytes(), longest)
    except zlib.error:
        raise ValueError("records are not packed by zlib") from None
    _require(packed.eof and len(data) >= COUNT)
    count = int(np.frombuffer(data, np.int64, 1)[0])
    _require(0 <= count <= most and len(data) >= COUNT + count * RECORD)
    whole = np.frombuffer(data, np.int32, count * COLUMNS, COUNT).reshape(count, COLUMNS)
    numbers = np.frombuffer(data, np.float64, count * NUMBERS, COUNT + whole.nbytes)
    numbers = numbers.reshape(count, NUMBERS)
    text = np.frombuffer(data, np.uint8, offset=COUNT + count * RECORD)
    image, category, crowd, form, lengths, height, width = whole.T
    ends = np.cumsum(lengths, dtype=np.int64)
    _require((image[1:] >= image[:-1]).all())
    for column, end in (
        (image, images), (category, categories), (crowd, 2), (form, len(Format)),
        (lengths, LONGEST + 1),
    ):  # fmt: skip
        _require(bool(((column >= 0) & (column < end)).all()))
    _require(len(text) == int(lengths.sum(dtype=np.int64)))
    sizes = np.ascontiguousarray(np.stack([height, width], axis=1))
    masks = CompressedMasks(text, ends - lengths, np.ascontiguousarray(lengths), sizes)
    return Side(
        image.astype(np.int64),
        category.astype(np.int64),
        numbers[:, 0].copy(),
        np.ascontiguousarray(numbers[:, 1:]),
        crowd.astype(np.bool_),
        Segmentations(form.astype(np.uint8), masks),
    )


def _repeats(values: Mapping[str, Any]) -> ImageRepeats:
    """Near repeats from plain values."""
    known = {}
    for key, looked, groups, again, masked in values["known"]:
        counts = (looked, groups, again)
        _require(all(type(each) is int and 0 <= each < HIGHEST for each in counts))
        known[_key(key)] = NearRepeats(*counts, masked=_flag(masked))
    kinds = {isinstance(key, str) for key in known}
    _require(len(known) == len(values["known"]) <= REPEATS and len(kinds) < 2)
    return ImageRepeats(known, _flag(values["more"]))


def _key(value: Any) -> Key:
    """An id of an image."""
    if type(value) not in (int, str):
        raise TypeError("an id is neither a number nor text")
    known: Key = value
    return known


def _flag(value: Any) -> bool:
    """A yes or no."""
    if type(value) is not bool:
        raise TypeError("a flag is neither true nor false")
    return value


def _require(holds: object) -> None:
    """Refuse what does not fit together."""
    if not holds:
        raise ValueError("records that were looked at do not fit together")
