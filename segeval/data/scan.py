"""A scanner for files of predictions: from bytes to columns without a Python object per record.

It knows the records that programs write and refuses everything else; a refused record goes to
Python's own JSON parser, which either explains what is wrong or supplies the values. Masks stay
text: strings are copied without their JSON escapes, lists are copied as they stand.
"""

from __future__ import annotations

import numpy as np

from segeval.data.numbers import scan_number
from segeval.masks.jit import kernel
from segeval.masks.words import load_word, store_word

# How a scan ended.
STOPPED = 0  # at the beginning of a record at or behind `stop`
ENDED = 1  # behind the last record
REFUSED = 2  # at the beginning of a record that Python must look at

# How a record gives its mask (the values of segments.Format).
NONE, STRING, COUNTS, POLYGON = 0, 1, 2, 3

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
_NULL = np.uint64(int.from_bytes(b"null", "little"))
_4, _5, _6, _7 = (np.uint64((1 << (8 * n)) - 1) for n in (4, 5, 6, 7))

QUOTE, BACKSLASH, COMMA, COLON = 34, 92, 44, 58
OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT = 91, 93, 123, 125


@kernel
def skip_blank(data, place, size):  # type: ignore[no-untyped-def]
    """The next place that is not white space."""
    while place < size and (
        data[place] == 32 or data[place] == 10 or data[place] == 13 or data[place] == 9
    ):
        place += 1
    return place


@kernel
def has_quote_or_backslash(word):  # type: ignore[no-untyped-def]
    """Whether one of the eight bytes is a quote or a backslash (zero-byte test of two xors)."""
    ones = np.uint64(0x0101010101010101)
    tops = np.uint64(0x8080808080808080)
    quotes = word ^ (ones * np.uint64(QUOTE))
    slashes = word ^ (ones * np.uint64(BACKSLASH))
    return (((quotes - ones) & ~quotes) | ((slashes - ones) & ~slashes)) & tops != np.uint64(0)


@kernel
def skip_string(data, place, size):  # type: ignore[no-untyped-def]
    """Behind the closing quote of a string whose first character is at `place`, or -1."""
    while True:
        while place + 8 <= size and not has_quote_or_backslash(load_word(data, place)):
            place += 8
        if place >= size:
            return -1
        if data[place] == QUOTE:
            return place + 1
        place += 2 if data[place] == BACKSLASH else 1


@kernel
def copy_string(data, place, size, text, at):  # type: ignore[no-untyped-def]
    """Copy a string without its escapes; returns (behind its quote, end of the copy) or (-1, ...).

    Only backslash and slash may be escaped: compressed counts hold no other such character.
    """
    while True:
        while place + 8 <= size:
            word = load_word(data, place)
            if has_quote_or_backslash(word):
                break
            store_word(text, at, word)
            place += 8
            at += 8
        if place + 1 >= size:
            return -1, at
        if data[place] == QUOTE:
            return place + 1, at
        if data[place] == BACKSLASH:
            place += 1
            if data[place] != BACKSLASH and data[place] != 47:
                return -1, at
        text[at] = data[place]
        place += 1
        at += 1


@kernel
def skip_value(data, place, size):  # type: ignore[no-untyped-def]
    """Behind one JSON value of any kind, or -1 if it does not end."""
    depth = 0
    while place < size:
        c = data[place]
        if c == QUOTE:
            place = skip_string(data, place + 1, size)
            if place < 0:
                return -1
            if depth == 0:
                return place
            continue
        if c == OPEN_LIST or c == OPEN_OBJECT:
            depth += 1
        elif c == CLOSE_LIST or c == CLOSE_OBJECT:
            if depth == 0:
                return place
            depth -= 1
            if depth == 0:
                return place + 1
        elif c == COMMA and depth == 0:
            return place
        place += 1
    return -1


@kernel
def scan_integer(data, place):  # type: ignore[no-untyped-def]
    """A whole number of up to 18 digits; returns it, the place behind it, and whether it is one."""
    negative = data[place] == 45
    if negative:
        place += 1
    begin = place
    value = np.int64(0)
    while 48 <= data[place] <= 57 and place - begin < 19:
        value = value * 10 + np.int64(data[place] - 48)
        place += 1
    c = data[place]
    plain = c == COMMA or c == CLOSE_OBJECT or c == CLOSE_LIST or c <= 32
    leads = data[begin] == 48 and place - begin > 1
    good = plain and not leads and begin < place < begin + 19
    return (-value if negative else value), place, good


@kernel
def scan_box(data, place, size, box):  # type: ignore[no-untyped-def]
    """A list of four numbers, or an empty one (NaN), into box (4,); returns behind it, or -1."""
    if data[place] != OPEN_LIST:
        return -1
    place = skip_blank(data, place + 1, size)
    if data[place] == CLOSE_LIST:
        box[:] = np.nan
        return place + 1
    for side in range(4):
        value, place, sure = scan_number(data, place, size)
        if not sure:
            return -1
        box[side] = value
        place = skip_blank(data, place, size)
        if data[place] != (CLOSE_LIST if side == 3 else COMMA):
            return -1
        place = skip_blank(data, place + 1, size)
    return place


@kernel
def scan_segmentation(data, place, size, text, at, mask_size):  # type: ignore[no-untyped-def]
    """One segmentation: its characters to text from `at` on, its [H, W] to mask_size (2,).

    Returns the place behind it (-1 if refused), the end of the text, and the format.
    """
    if data[place] == OPEN_LIST:
        stop = skip_value(data, place, size)
        for k in range(place, stop):
            text[at] = data[k]
            at += 1
        return stop, at, POLYGON
    if data[place] != OPEN_OBJECT:
        if place + 8 <= size and load_word(data, place) & _4 == _NULL:
            return place + 4, at, NONE
        return -1, at, NONE
    form = NONE
    begin = at
    sized = False
    while True:
        place = skip_blank(data, place + 1, size)
        if place + 16 > size or data[place] != QUOTE:
            return -1, at, NONE
        key = load_word(data, place + 1)
        place = skip_string(data, place + 1, size)
        place = skip_blank(data, place, size)
        if place < 0 or data[place] != COLON:
            return -1, at, NONE
        place = skip_blank(data, place + 1, size)
        if key & _5 == _SIZE:
            if data[place] != OPEN_LIST:
                return -1, at, NONE
            for axis in range(2):
                place = skip_blank(data, place + 1, size)
                value, place, good = scan_integer(data, place)
                place = skip_blank(data, place, size)
                if not good or value < 0 or value > 2147483647:
                    return -1, at, NONE
                if data[place] != (COMMA if axis == 0 else CLOSE_LIST):
                    return -1, at, NONE
                mask_size[axis] = value
            sized = True
            place += 1
        elif key & _7 == _COUNTS:
            at = begin
            if data[place] == QUOTE:
                form = STRING
                place, at = copy_string(data, place + 1, size, text, at)
            elif data[place] == OPEN_LIST:
                form = COUNTS
                stop = skip_value(data, place, size)
                for k in range(place, stop):
                    text[at] = data[k]
                    at += 1
                place = stop
            else:
                return -1, at, NONE
        else:
            place = skip_value(data, place, size)
        place = skip_blank(data, place, size)
        if place < 0 or place >= size:
            return -1, at, NONE
        if data[place] == CLOSE_OBJECT:
            if not sized or form == NONE:
                return -1, at, NONE
            return place + 1, at, form
        if data[place] != COMMA:
            return -1, at, NONE


@kernel
def scan_record(data, place, size, row, columns, text, at):  # type: ignore[no-untyped-def]
    """One record from its opening brace on; returns the place behind it (-1: refused) and at."""
    image, category, score, box, mask_size, start, length, form = columns
    box[row, :] = np.nan
    mask_size[row, :] = 0
    start[row] = at
    length[row] = 0
    form[row] = NONE
    begin = at
    seen = 0
    while True:
        place = skip_blank(data, place + 1, size)
        if place + 16 > size or data[place] != QUOTE:
            return -1, begin
        key = load_word(data, place + 1)
        rest = load_word(data, place + 8) >> np.uint64(8)
        place = skip_string(data, place + 1, size)
        place = skip_blank(data, place, size)
        if place < 0 or data[place] != COLON:
            return -1, begin
        place = skip_blank(data, place + 1, size)
        good = True
        if key == _IMAGE_ID and rest & np.uint64(255) == np.uint64(QUOTE):
            image[row], place, good = scan_integer(data, place)
            seen |= 1
        elif key == _CATEGORY and rest & _4 == _ID:
            category[row], place, good = scan_integer(data, place)
            seen |= 2
        elif key & _6 == _SCORE:
            score[row], place, good = scan_number(data, place, size)
            seen |= 4
        elif key & _5 == _BBOX:
            place = scan_box(data, place, size, box[row])
        elif key == _SEGMENTATION and rest & _5 == _TION:
            place, at, form[row] = scan_segmentation(data, place, size, text, begin, mask_size[row])
            length[row] = at - begin
        else:
            place = skip_value(data, place, size)
        place = skip_blank(data, place, size)
        if not good or place < 0 or place >= size:
            return -1, begin
        if data[place] == CLOSE_OBJECT:
            if seen != 7:
                return -1, begin
            return place + 1, at
        if data[place] != COMMA:
            return -1, begin


@kernel
def scan_records(data, place, stop, size, lines, row, columns, text, at):  # type: ignore[no-untyped-def]
    """Records from `place` (an opening brace) to the first that begins at or behind `stop`.

    Args: data (B,) uint8, of which `size` bytes count; lines: one record a line, else a JSON list.
    Returns the place reached, the next free row, the end of the text, and how the scan ended.
    """
    while True:
        if place >= stop:
            return place, row, at, STOPPED
        if data[place] != OPEN_OBJECT or row >= columns[0].size:
            return place, row, at, REFUSED
        behind, at = scan_record(data, place, size, row, columns, text, at)
        if behind < 0:
            return place, row, at, REFUSED
        place, ended = next_record(data, behind, size, lines)
        if place < 0:
            return behind, row + 1, at, REFUSED
        row += 1
        if ended:
            return place, row, at, ENDED


@kernel
def next_record(data, place, size, lines):  # type: ignore[no-untyped-def]
    """From behind a record to the next one or the end; returns (-1, ...) where neither follows."""
    place = skip_blank(data, place, size)
    if lines:
        return place, place >= size
    if place < size and data[place] == COMMA:
        return skip_blank(data, place + 1, size), False
    if place == size - 1 and data[place] == CLOSE_LIST:
        return place, True
    return -1, False


@kernel
def guess_record(data, place, size, lines):  # type: ignore[no-untyped-def]
    """The next opening brace that looks like the beginning of a record, or `size`."""
    while place < size:
        if data[place] == CLOSE_OBJECT:
            behind = skip_blank(data, place + 1, size)
            if not lines and behind < size and data[behind] == COMMA:
                behind = skip_blank(data, behind + 1, size)
            elif not lines:
                behind = size
            if behind < size and data[behind] == OPEN_OBJECT:
                return behind
        place += 1
    return size
