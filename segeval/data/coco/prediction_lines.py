"""Predictions as JSON text, by kernels: no Python object for each record."""

from __future__ import annotations

import msgspec
import numpy as np
from numpy.typing import NDArray

from segeval.data.columns import Predictions
from segeval.data.keys import Key, Keys, written
from segeval.data.segmentations import Format
from segeval.kernels.promise import kernel

COMMA = 44
BACKSLASH, QUOTE, LINE_BREAK, SPACE = 92, 34, 10, 32
NONE, STRING, POLYGON = int(Format.NONE), int(Format.STRING), int(Format.POLYGON)

_PARTS = (
    b'{"image_id":', b',"category_id":', b',"bbox":[', b'],"score":', b',"score":',
    b',"segmentation":{"size":[', b'],"counts":', b'}', b',"segmentation":', b"}",
)  # fmt: skip
"""The fixed text of a record, in the order in which the kernel knows it."""

LONGEST_NUMBER = 26
"""Characters of a number that msgspec writes, at most, with a comma."""

Pieces = tuple[NDArray[np.uint8], NDArray[np.int64]]
"""Texts end to end, and where each begins: (P + 1,)."""


def prediction_text(preds: Predictions, start: int, stop: int, between: bytes) -> bytes | None:
    r"""The records of a slice of predictions as JSON, with a text between two of them.

    Args:
        preds: predictions whose scores and boxes are finite.
        start: first row.
        stop: row behind the last one.
        between: text between two records, such as ",\n".

    Returns:
        None if a compressed mask holds a character that only JSON's escapes can express.
    """
    part = slice(start, stop)
    has_box = preds.has_box[part]
    boxes = np.where(has_box[:, np.newaxis], preds.boxes[part], 0.0)
    strings = preds.segmentations.strings
    lengths = strings.lengths[part]
    fixed = sum(map(len, _PARTS)) + len(between) + 2 * LONGEST_NUMBER
    images, image = _id_pieces(preds.image_id[part], preds.image_keys)
    categories, category = _id_pieces(preds.category_id[part], preds.category_keys)
    longest = int(np.diff(images[1]).max(initial=0) + np.diff(categories[1]).max(initial=0))
    room = 2 * int(lengths.sum(dtype=np.int64)) + (stop - start) * (
        fixed + longest + 5 * LONGEST_NUMBER
    )
    out = np.empty(room, np.uint8)
    size = write_records(
        _pieces(_PARTS),
        _pieces((between,)),
        images,
        image,
        categories,
        category,
        _number_pieces(preds.score[part]),
        _number_pieces(boxes.ravel()),
        has_box,
        preds.segmentations.format[part],
        strings.text,
        strings.starts[part],
        lengths,
        strings.sizes[part],
        out,
    )
    return None if size < 0 else out[:size].tobytes()


def _pieces(texts: tuple[bytes, ...] | list[bytes]) -> Pieces:
    """Texts end to end."""
    starts = np.cumsum([0, *map(len, texts)])
    return np.frombuffer(b"".join(texts), np.uint8), starts


def _id_pieces(ids: NDArray[np.int64], keys: Keys | None) -> tuple[Pieces, NDArray[np.int64]]:
    """The different ids as JSON, and the number of each row's."""
    distinct, number = np.unique(ids, return_inverse=True)
    values: list[Key] = written(distinct, keys)
    return _pieces([msgspec.json.encode(value) for value in values]), number.astype(np.int64)


def _number_pieces(values: NDArray[np.float64]) -> Pieces:
    """Numbers as JSON, each followed by one character that is not its own."""
    text = np.frombuffer(msgspec.json.encode(values.tolist()), np.uint8)
    if not len(values):
        return text, np.zeros(1, np.int64)
    ends = np.flatnonzero(text == COMMA)
    return text, np.concatenate([[1], ends + 1, [len(text)]])


@kernel
def write_records(
    parts: Pieces,
    between: Pieces,
    images: Pieces,
    image: NDArray[np.int64],
    categories: Pieces,
    category: NDArray[np.int64],
    scores: Pieces,
    sides: Pieces,
    has_box: NDArray[np.bool_],
    form: NDArray[np.uint8],
    text: NDArray[np.uint8],
    starts: NDArray[np.int64],
    lengths: NDArray[np.int32],
    sizes: NDArray[np.int32],
    out: NDArray[np.uint8],
) -> int:
    """Write n records to out; returns the number of bytes, -1 if a mask needs an escape of JSON.

    Assumes places inside the pieces, masks inside the text, and room for all, made by
    `prediction_text`.
    """
    at = 0
    for row in range(image.size):
        if row:
            at = put(between, 0, out, at)
        at = put(parts, 0, out, at)
        at = put(images, image[row], out, at)
        at = put(parts, 1, out, at)
        at = put(categories, category[row], out, at)
        if has_box[row]:
            at = put(parts, 2, out, at)
            for side in range(4):
                at = put_number(sides, 4 * row + side, out, at)
                if side < 3:
                    out[at] = COMMA
                    at += 1
            at = put(parts, 3, out, at)
        else:
            at = put(parts, 4, out, at)
        at = put_number(scores, row, out, at)
        if form[row] != NONE:
            at = put_mask(parts, row, form[row], text, starts, lengths, sizes, out, at)
            if at < 0:
                return -1
        at = put(parts, 9, out, at)
    return at


@kernel
def put(pieces: Pieces, number: int, out: NDArray[np.uint8], at: int) -> int:
    """Write one piece; returns the place behind it."""
    text, starts = pieces
    for place in range(starts[number], starts[number + 1]):
        out[at] = text[place]
        at += 1
    return at


@kernel
def put_number(pieces: Pieces, number: int, out: NDArray[np.uint8], at: int) -> int:
    """Write one number, without the character that follows it; returns the place behind it."""
    text, starts = pieces
    for place in range(starts[number], starts[number + 1] - 1):
        out[at] = text[place]
        at += 1
    return at


@kernel
def put_whole(value: int, out: NDArray[np.uint8], at: int) -> int:
    """Write a whole number of 0 or more; returns the place behind it."""
    digits = 1
    rest = value
    while rest >= 10:
        rest //= 10
        digits += 1
    for place in range(at + digits - 1, at - 1, -1):
        out[place] = 48 + value % 10
        value //= 10
    return at + digits


@kernel
def put_mask(
    parts: Pieces,
    row: int,
    form: int,
    text: NDArray[np.uint8],
    starts: NDArray[np.int64],
    lengths: NDArray[np.int32],
    sizes: NDArray[np.int32],
    out: NDArray[np.uint8],
    at: int,
) -> int:
    """Write the mask of a record; returns the place behind it, -1 if it needs an escape."""
    first, last = starts[row], starts[row] + lengths[row]
    if form == POLYGON:
        at = put(parts, 8, out, at)
    else:
        at = put(parts, 5, out, at)
        at = put_whole(sizes[row, 0], out, at)
        out[at] = COMMA
        at = put_whole(sizes[row, 1], out, at + 1)
        at = put(parts, 6, out, at)
    if form == STRING:
        out[at] = QUOTE
        at += 1
    for place in range(first, last):
        character = text[place]
        if form != STRING:
            out[at] = SPACE if character == LINE_BREAK else character
        elif character == QUOTE or character < SPACE or character > 126:
            return -1
        else:
            if character == BACKSLASH:
                out[at] = BACKSLASH
                at += 1
            out[at] = character
        at += 1
    if form == STRING:
        out[at] = QUOTE
        at += 1
    if form != POLYGON:
        at = put(parts, 7, out, at)
    return at
