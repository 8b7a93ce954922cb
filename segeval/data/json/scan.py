"""A scanner for files of predictions: from bytes to columns without a Python object per record.

It knows the records that programs write and refuses everything else; a refused record goes to
Python's own JSON parser, which supplies the values or explains what is wrong. What it accepts is
JSON, to the last character. Masks stay text: strings are copied without JSON escapes, lists
unchanged.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.data.json.grammar import (
    BACKSLASH,
    CLOSE_LIST,
    CLOSE_OBJECT,
    COMMA,
    OPEN_LIST,
    OPEN_OBJECT,
    QUOTE,
    SLASH,
    Bytes,
    byte_at,
    is_null,
    place_of_first,
    skip_blank,
    skip_key,
    skip_value,
    special_characters,
)
from segeval.data.json.id_text import place_of_id, scan_integer
from segeval.data.json.numbers import scan_number
from segeval.kernels.pointers import pointer, put_word, word_at
from segeval.kernels.promise import kernel

# How a scan ended.
STOPPED = 0  # at the beginning of a record at or after `stop`
ENDED = 1  # after the last record
REFUSED = 2  # at the beginning of a record that Python must read
MISPLACED = 3  # after a record that neither another one nor the end follows

# How a record gives its mask (the values of segmentations.Format).
NONE, STRING, COUNTS, POLYGON = 0, 1, 2, 3

Columns = tuple[NDArray[Any], ...]
"""Room for R records: image_id, category_id, score (R,), bbox (R, 4), size of the mask (R, 2),
start and length of its text, its format, and which ids are the places of their text (R,)."""

FARTHEST_BACK = 64
"""Most bytes between two records that a thread searches back for the end of the first."""

_WORDS = {
    name: np.uint64(int.from_bytes(name.encode()[:8], "little"))
    for name in ("image_id", "category", '_id"', 'score"', 'bbox"', "segmenta", 'tion"')
}
_IMAGE_ID = _WORDS["image_id"]
_CATEGORY = _WORDS["category"]
_ID = _WORDS['_id"']
_SCORE = _WORDS['score"']
_BBOX = _WORDS['bbox"']
_SEGMENTATION = _WORDS["segmenta"]
_TION = _WORDS['tion"']
_SIZE = np.uint64(int.from_bytes(b'size"', "little"))
_COUNTS = np.uint64(int.from_bytes(b'counts"', "little"))
_4, _5, _6, _7 = (np.uint64((1 << (8 * n)) - 1) for n in (4, 5, 6, 7))


@kernel
def copy_string(data: Bytes, place: int, size: int, text: Bytes, at: int) -> tuple[int, int]:
    """Copy a string without its escapes; returns (after its quote, end of the copy) or (-1, at).

    Only backslash and slash may be escaped, and all is ASCII, as in compressed counts. Whole words
    are written: at must be at least 8 bytes before place in a shared text.
    """
    while place < size:
        while place + 8 <= size:
            word = word_at(data, place)
            put_word(text, at, word)
            special = special_characters(word)
            if special != np.uint64(0):
                plain = place_of_first(special)
                place += plain
                at += plain
                break
            place += 8
            at += 8
        c = byte_at(data, place, size)
        if c == QUOTE:
            return place + 1, at
        if c == BACKSLASH:
            place += 1
            c = byte_at(data, place, size)
            if c != BACKSLASH and c != SLASH:
                return -1, at
        elif c < 32 or c >= 128:
            return -1, at
        text[at] = c
        place += 1
        at += 1
    return -1, at


@kernel
def copy_list(data: Bytes, place: int, size: int, text: Bytes, at: int) -> tuple[int, int]:
    """Copy a list unchanged; returns (after it, end of the copy) or (-1, at)."""
    stop = skip_value(data, place, size)
    for k in range(place, stop):
        text[at] = data[k]
        at += 1
    return stop, at


@kernel
def scan_box(data: Bytes, place: int, size: int, boxes: NDArray[np.float64], row: int) -> int:
    """Four numbers into a row of boxes, NaN for [] and null; returns the place after, or -1."""
    for side in range(4):
        boxes[4 * row + side] = np.nan
    if is_null(data, place, size):
        return place + 4
    if byte_at(data, place, size) != OPEN_LIST:
        return -1
    place = skip_blank(data, place + 1, size)
    if byte_at(data, place, size) == CLOSE_LIST:
        return place + 1
    for side in range(4):
        value, place, sure = scan_number(data, place, size)
        place = skip_blank(data, place, size)
        if not sure or byte_at(data, place, size) != (CLOSE_LIST if side == 3 else COMMA):
            return -1
        boxes[4 * row + side] = value
        place = skip_blank(data, place + 1, size)
    return place


@kernel
def scan_mask_size(
    data: Bytes, place: int, size: int, mask_sizes: NDArray[np.int32], row: int
) -> int:
    """A list [H, W] into a row of mask_sizes; returns the place after it, or -1."""
    if byte_at(data, place, size) != OPEN_LIST:
        return -1
    for axis in range(2):
        place = skip_blank(data, place + 1, size)
        value, place, good = scan_integer(data, place, size)
        place = skip_blank(data, place, size)
        if not good or value < 0 or value > 2147483647:
            return -1
        if byte_at(data, place, size) != (COMMA if axis == 0 else CLOSE_LIST):
            return -1
        mask_sizes[2 * row + axis] = value
    return place + 1


@kernel
def scan_segmentation(
    data: Bytes,
    place: int,
    size: int,
    text: Bytes,
    at: int,
    mask_sizes: NDArray[np.int32],
    row: int,
) -> tuple[int, int, int]:
    """One segmentation: its characters to text from `at` on, its [H, W] to a row of mask_sizes.

    Returns the place after it (-1 if refused), the end of the text, and the format.
    """
    mask_sizes[2 * row] = 0
    mask_sizes[2 * row + 1] = 0
    c = byte_at(data, place, size)
    if c == OPEN_LIST:
        inside = skip_blank(data, place + 1, size)
        if byte_at(data, inside, size) == CLOSE_LIST:
            return inside + 1, at, NONE
        place, at = copy_list(data, place, size, text, at)
        return place, at, POLYGON
    if c != OPEN_OBJECT:
        return (place + 4 if is_null(data, place, size) else -1), at, NONE
    form = NONE
    begin = at
    sized = False
    while True:
        key_place = skip_blank(data, place + 1, size)
        place = skip_key(data, key_place, size)
        if place < 0 or key_place + 9 > size:
            return -1, at, NONE
        key = word_at(data, key_place + 1)
        if key & _5 == _SIZE:
            place = scan_mask_size(data, place, size, mask_sizes, row)
            sized = True
        elif key & _7 == _COUNTS:
            if byte_at(data, place, size) == QUOTE:
                form = STRING
                place, at = copy_string(data, place + 1, size, text, begin)
            else:
                form = COUNTS
                is_list = byte_at(data, place, size) == OPEN_LIST
                place, at = copy_list(data, place if is_list else -1, size, text, begin)
        else:
            place = skip_unknown(data, key_place, place, size)
        place = skip_blank(data, place, size)
        c = byte_at(data, place, size)
        if c == CLOSE_OBJECT and sized and form != NONE:
            return place + 1, at, form
        if c != COMMA:
            return -1, at, NONE


@kernel
def skip_unknown(data: Bytes, key_place: int, place: int, size: int) -> int:
    """After the value of an unknown key; -1 if escapes in the key may hide a known one."""
    for k in range(key_place, place):
        if data[k] == BACKSLASH:
            return -1
    return skip_value(data, place, size)


@kernel
def scan_record(
    data: Bytes,
    place: int,
    size: int,
    row: int,
    columns: Columns,
    text: Bytes,
    at: int,
) -> tuple[int, int]:
    """One record from its opening brace on; returns the place after it (-1: refused) and at."""
    image, category, score, box, mask_size, start, length, form, beside = columns
    for side in range(4):
        box[4 * row + side] = np.nan
    mask_size[2 * row] = 0
    mask_size[2 * row + 1] = 0
    start[row] = at
    length[row] = 0
    form[row] = NONE
    beside[row] = 0
    begin = at
    seen = 0
    while True:
        key_place = skip_blank(data, place + 1, size)
        place = skip_key(data, key_place, size)
        if place < 0 or key_place + 16 > size:
            return -1, begin
        key = word_at(data, key_place + 1)
        rest = word_at(data, key_place + 8) >> np.uint64(8)
        good = True
        if key == _IMAGE_ID and rest & np.uint64(255) == np.uint64(QUOTE):
            image[row], behind, good = scan_integer(data, place, size)
            if good:
                beside[row] &= 2
                place = behind
            else:
                image[row], place, good = place_of_id(data, place, size)
                beside[row] |= 1
            seen |= 1
        elif key == _CATEGORY and rest & _4 == _ID:
            category[row], behind, good = scan_integer(data, place, size)
            if good:
                beside[row] &= 1
                place = behind
            else:
                category[row], place, good = place_of_id(data, place, size)
                beside[row] |= 2
            seen |= 2
        elif key & _6 == _SCORE:
            score[row], place, good = scan_number(data, place, size)
            seen |= 4
        elif key & _5 == _BBOX:
            place = scan_box(data, place, size, box, row)
        elif key == _SEGMENTATION and rest & _5 == _TION:
            place, at, form[row] = scan_segmentation(data, place, size, text, begin, mask_size, row)
            length[row] = at - begin
        else:
            place = skip_unknown(data, key_place, place, size)
        place = skip_blank(data, place, size)
        c = byte_at(data, place, size)
        if good and c == CLOSE_OBJECT and seen == 7:
            return place + 1, at
        if not good or c != COMMA:
            return -1, begin


@kernel
def scan_records(
    data: NDArray[np.uint8],
    place: int,
    stop: int,
    size: int,
    lines: int,
    row: int,
    columns: Columns,
    text: NDArray[np.uint8],
    at: int,
) -> tuple[int, int, int, int]:
    """Records from `place` (an opening brace) to the first that begins at or after `stop`.

    Args: data (B,) of which `size` bytes count; lines: one record a line, else a JSON list.
    Returns the place reached, the next free row, the end of the text, and how the scan ended.
    """
    room = columns[0].size
    first, second, third, fourth, fifth, sixth, seventh, eighth, ninth = columns
    pointers = (
        pointer(first),
        pointer(second),
        pointer(third),
        pointer(fourth),
        pointer(fifth),
        pointer(sixth),
        pointer(seventh),
        pointer(eighth),
        pointer(ninth),
    )
    source, copy = pointer(data), pointer(text)
    while place < stop:
        if byte_at(source, place, size) != OPEN_OBJECT or row >= room:
            return place, row, at, REFUSED
        behind, at = scan_record(source, place, size, row, pointers, copy, at)
        if behind < 0:
            return place, row, at, REFUSED
        row += 1
        place, ended = follow_record(source, behind, size, lines)
        if place < 0:
            return behind, row, at, MISPLACED
        if ended:
            return place, row, at, ENDED
    return place, row, at, STOPPED


@kernel
def follow_record(data: Bytes, behind: int, size: int, lines: int) -> tuple[int, bool]:
    """From after a record to the next one, or to the end; (-1, False) where neither follows."""
    place = skip_blank(data, behind, size)
    if lines:
        for k in range(behind, place):
            if data[k] == 10:
                return place, place >= size
        return (place, True) if place >= size else (-1, False)
    if byte_at(data, place, size) == CLOSE_LIST and place == size - 1:
        return place, True
    found = skip_blank(data, place + 1, size)
    return (found if byte_at(data, place, size) == COMMA and found < size else -1), False


@kernel
def next_record(data: NDArray[np.uint8], behind: int, size: int, lines: int) -> tuple[int, bool]:
    """`follow_record` for callers outside kernels."""
    return follow_record(pointer(data), behind, size, lines)


@kernel
def guess_record(data: NDArray[np.uint8], start: int, stop: int, size: int, lines: int) -> int:
    """The first brace in [start, stop) that looks like the beginning of a record; -1 for none."""
    source = pointer(data)
    place = start
    while place > max(start - FARTHEST_BACK, 0) and (
        source[place - 1] == COMMA or source[place - 1] <= 32
    ):
        place -= 1
    for k in range(max(place - 1, 0), stop):
        if source[k] == CLOSE_OBJECT:
            found, _ = follow_record(source, k + 1, size, lines)
            if start <= found < stop and byte_at(source, found, size) == OPEN_OBJECT:
                return found
    return -1
