"""JSON's grammar as kernels that step over a value, strictly.

Every `skip_` function returns the place after what it stepped over. It returns -1 where the text is
not JSON, and where Python must decide: NaN and Infinity, surrogates in UTF-8, nesting deeper than
63, numbers longer than 400 characters. A place of -1 passes through all of them.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from segeval.kernels.instructions import leading_zeros
from segeval.kernels.pointers import word_at
from segeval.kernels.promise import kernel

Bytes = NDArray[np.uint8]
"""Text that kernels pass to each other: a pointer, when they run."""

QUOTE, BACKSLASH, SLASH, COMMA, COLON, MINUS = 34, 92, 47, 44, 58, 45
OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT = 91, 93, 123, 125

DEEPEST = 63
"""Most brackets open at a time: one bit of a word holds the kind of each."""

LONGEST_NUMBER = 400
"""Characters; Python refuses whole numbers of more than 4,300 digits."""

_FOUR = np.uint64(0xFFFFFFFF)
_NULL, _TRUE, _ALSE = (
    np.uint64(int.from_bytes(word, "little")) for word in (b"null", b"true", b"alse")
)


@kernel
def byte_at(data: Bytes, place: int, size: int) -> np.uint8:
    """The byte at a place; outside the text 0, which never occurs in JSON."""
    return data[place] if 0 <= place < size else np.uint8(0)


@kernel
def is_digit(data: Bytes, place: int, size: int) -> bool:
    """Whether there is a digit at a place."""
    return 0 <= place < size and 48 <= data[place] <= 57


@kernel
def skip_blank(data: Bytes, place: int, size: int) -> int:
    """The next place that is not white space, `size` if there is none."""
    while 0 <= place < size and (
        data[place] == 32 or data[place] == 10 or data[place] == 13 or data[place] == 9
    ):
        place += 1
    return place


@kernel
def special_characters(word: np.uint64) -> np.uint64:
    """Marks of those of eight bytes that need a closer look inside a string; 0 if there are none.

    These are quotes, backslashes, control characters and anything beyond ASCII. Subtracting 1 from
    a zero byte sets its top bit; the borrow may mark others, but only after the first.
    """
    ones = np.uint64(0x0101010101010101)
    quotes = (word ^ (ones * np.uint64(QUOTE))) - ones
    slashes = (word ^ (ones * np.uint64(BACKSLASH))) - ones
    controls = word - ones * np.uint64(32)
    return (word | quotes | slashes | controls) & np.uint64(0x8080808080808080)


@kernel
def place_of_first(marks: np.uint64) -> int:
    """Index of the first marked byte of eight."""
    return int(63 - leading_zeros(marks & (~marks + np.uint64(1)))) >> 3


@kernel
def skip_string(data: Bytes, place: int, size: int) -> int:
    """After the closing quote of a string whose first character is at `place`."""
    while 0 <= place < size:
        while place + 8 <= size:
            special = special_characters(word_at(data, place))
            if special != np.uint64(0):
                place += place_of_first(special)
                break
            place += 8
        c = byte_at(data, place, size)
        if c == QUOTE:
            return place + 1
        if c == BACKSLASH:
            place = skip_escape(data, place, size)
        elif c >= 128:
            place = skip_wide_character(data, place, size)
        elif c < 32:
            return -1
        else:
            place += 1
    return -1


@kernel
def skip_escape(data: Bytes, place: int, size: int) -> int:
    """After a backslash and its escape."""
    c = byte_at(data, place + 1, size)
    if c == 117:  # u
        for k in range(place + 2, place + 6):
            c = byte_at(data, k, size)
            if not (48 <= c <= 57 or 65 <= c <= 70 or 97 <= c <= 102):
                return -1
        return place + 6
    if c == 34 or c == 47 or c == 92:  # quote, slash, backslash
        return place + 2
    return place + 2 if c == 98 or c == 102 or c == 110 or c == 114 or c == 116 else -1  # bfnrt


@kernel
def skip_wide_character(data: Bytes, place: int, size: int) -> int:
    """After a character of two to four bytes of UTF-8."""
    first = data[place]
    least, most = 0x80, 0xBF  # of the second byte: no overlong forms, nothing beyond U+10FFFF
    if first == 0xE0:
        least = 0xA0
    elif first == 0xED:
        most = 0x9F
    elif first == 0xF0:
        least = 0x90
    elif first == 0xF4:
        most = 0x8F
    if first < 0xC2 or first > 0xF4 or not least <= byte_at(data, place + 1, size) <= most:
        return -1
    stop = place + (4 if first >= 0xF0 else 3 if first >= 0xE0 else 2)
    for k in range(place + 2, stop):
        if byte_at(data, k, size) & 0xC0 != 0x80:
            return -1
    return stop


@kernel
def skip_digits(data: Bytes, place: int, size: int) -> int:
    """After one digit and all that follow it."""
    if not is_digit(data, place, size):
        return -1
    while is_digit(data, place, size):
        place += 1
    return place


@kernel
def skip_number(data: Bytes, place: int, size: int) -> int:
    """After a number."""
    begin = place
    if byte_at(data, place, size) == MINUS:
        place += 1
    place = place + 1 if byte_at(data, place, size) == 48 else skip_digits(data, place, size)
    if byte_at(data, place, size) == 46:
        place = skip_digits(data, place + 1, size)
    if byte_at(data, place, size) | 32 == 101:  # e or E
        place += 1
        if byte_at(data, place, size) == 43 or byte_at(data, place, size) == MINUS:
            place += 1
        place = skip_digits(data, place, size)
    return place if place - begin <= LONGEST_NUMBER else -1


@kernel
def is_null(data: Bytes, place: int, size: int) -> bool:
    """Whether there is a null at a place."""
    return place >= 0 and place + 8 <= size and bool(word_at(data, place) & _FOUR == _NULL)


@kernel
def skip_scalar(data: Bytes, place: int, size: int) -> int:
    """After a string, a number, true, false or null."""
    c = byte_at(data, place, size)
    if c == QUOTE:
        return skip_string(data, place + 1, size)
    if c == MINUS or 48 <= c <= 57:
        return skip_number(data, place, size)
    if place + 9 > size or place < 0:
        return -1
    if is_null(data, place, size) or word_at(data, place) & _FOUR == _TRUE:
        return place + 4
    if c == 102 and word_at(data, place + 1) & _FOUR == _ALSE:
        return place + 5
    return -1


@kernel
def skip_key(data: Bytes, place: int, size: int) -> int:
    """From the opening quote of a key to the first character of its value."""
    if byte_at(data, place, size) != QUOTE:
        return -1
    place = skip_blank(data, skip_string(data, place + 1, size), size)
    if byte_at(data, place, size) != COLON:
        return -1
    return skip_blank(data, place + 1, size)


@kernel
def skip_value(data: Bytes, place: int, size: int) -> int:
    """After a value of any kind."""
    objects = np.uint64(0)  # the last bit: whether the innermost open bracket is an object's
    depth = 0
    while True:
        c = byte_at(data, place, size)
        if c | 32 == OPEN_OBJECT:  # or a list, for 91 | 32 is 123
            place = skip_blank(data, place + 1, size)
            depth += 1
            objects = (objects << np.uint64(1)) | np.uint64(c == OPEN_OBJECT)
            if depth > DEEPEST:
                return -1
            if byte_at(data, place, size) != c + 2:  # the closing bracket
                if c == OPEN_OBJECT:
                    place = skip_key(data, place, size)
                continue
        else:
            place = skip_scalar(data, place, size)
        place, depth, objects = close_brackets(data, place, size, depth, objects)
        if depth == 0 or place < 0:
            return place


@kernel
def close_brackets(
    data: Bytes, place: int, size: int, depth: int, objects: np.uint64
) -> tuple[int, int, np.uint64]:
    """From after a value to the next one in an open bracket, or after the outermost bracket.

    Returns the place, and depth and kinds of the brackets that are open there.
    """
    while depth > 0:
        place = skip_blank(data, place, size)
        c = byte_at(data, place, size)
        in_object = objects & np.uint64(1) != np.uint64(0)
        if c == COMMA:
            place = skip_blank(data, place + 1, size)
            return skip_key(data, place, size) if in_object else place, depth, objects
        if c != (CLOSE_OBJECT if in_object else CLOSE_LIST):
            return -1, depth, objects
        place += 1
        depth -= 1
        objects >>= np.uint64(1)
    return place, depth, objects
