"""The one rule of what may be an id, for files and for memory."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from segeval.data.json.broken import shown
from segeval.data.keys import BEYOND, Key, Keys, numbering, shown_key
from segeval.errors import FormatError
from segeval.host_arrays import host_array
from segeval.words import more_like_it, stopped

LEAST, END = -(2**63), 2**64
"""Ids are at least the first and below the second: int64, and uint64 for hashes."""

EXACT = 2**53
"""Every whole number below this is its own float64; from here on two share one."""

FLOAT_BITS = {"bfloat16": 8, "float16": 11, "float32": 24}
"""The same for narrower floats, as powers of 2."""


class IdField(NamedTuple):
    """Ids in one field of the records of a list.

    Attributes:
        field: name of the field.
        ids: N ids, each allowed by `id_value`.
        name: name of a record in messages, by its place.
    """

    field: str
    ids: Sequence[Key]
    name: Callable[[int], str]


def id_value(value: Any, field: str, *, exact: int = EXACT) -> Key:
    """An id as it is kept: a whole number, or text.

    Args:
        value: a parsed JSON value, or one of Python's.
        field: name of the field.
        exact: from here on floats stand for several whole numbers.

    Raises:
        FormatError: for anything else; the caller adds file and record.

    Example:
        >>> id_value(7.0, "image_id"), id_value("0007", "image_id")
        (7, '0007')
    """
    if type(value) is int or (isinstance(value, int) and not isinstance(value, bool)):
        if value >= END:
            raise _wrong(field, f"is {shown(value, 60)}, too large: ids must be below 2^64")
        if value < LEAST:
            raise _wrong(field, f"is {shown(value, 60)}, too small: ids must be at least -2^63")
        return int(value)
    if isinstance(value, str):
        if not _is_sound(value):
            raise _wrong(field, f"is {value!r}, text with half a character (a lone surrogate)")
        return str(value)
    if isinstance(value, float) and float(value).is_integer():
        if abs(value) >= exact:
            raise _wrong(
                field,
                f"is {float(value)!r}, a float above 2^{exact.bit_length() - 1}: two ids may have "
                "become one. Write whole numbers",
                code="float-id",
            )
        return int(value)
    is_finite = not isinstance(value, float) or math.isfinite(value)
    code = "bad-field" if is_finite else "not-finite"
    raise _wrong(field, f"is {_shown(value)}, expected a whole number", code=code)


def usual_kind(ids: Iterable[Key], noun: str) -> UsualKind | None:
    """The kind of most ids of a file, if there are two kinds; in a tie that of the first.

    Args:
        ids: all ids of one kind of record.
        noun: what the ids are of, such as "image".
    """
    first: dict[bool, Key] = {}
    counts = {True: 0, False: 0}
    for key in ids:
        is_text = isinstance(key, str)
        first.setdefault(is_text, key)
        counts[is_text] += 1
    if len(first) < 2:
        return None
    usual = max(first, key=counts.__getitem__)  # of equal counts the first that is met
    return UsualKind(noun, first[usual])


class UsualKind(NamedTuple):
    """The kind of most ids of a file that has two kinds.

    Attributes:
        noun: what the ids are of.
        example: the first of them.
    """

    noun: str
    example: Key

    def problem(self, key: Key) -> str:
        """What is wrong with an id of the other kind; "" for one of this kind."""
        is_text = isinstance(self.example, str)
        if isinstance(key, str) == is_text:
            return ""
        own, others = ("a number", "text") if is_text else ("text", "numbers")
        return (
            f"is {own} ({shown_key(key)}), but other {self.noun} ids are {others}, "
            f"such as {shown_key(self.example)}. Write it as {'text' if is_text else 'a number'}."
        )


def check_one_kind(lists: Sequence[IdField], noun: str, source: str) -> None:
    """Refuse a file that has both text and numbers for the same ids.

    Args:
        lists: all fields with ids of one kind of record.
        noun: what the ids are of, such as "image".
        source: name of the file.

    Raises:
        FormatError: names the first record whose id is of another kind than most.
    """
    usual = usual_kind((key for each in lists for key in each.ids), noun)
    if usual is None:
        return
    for field, ids, name in lists:
        wrong = [row for row, key in enumerate(ids) if usual.problem(key)]
        if wrong:
            raise FormatError(
                f"{source}: {name(wrong[0])}: {field} {usual.problem(ids[wrong[0]])}"
                f"{more_like_it(len(wrong))}",
                code="id-type",
                path=source,
                index=wrong[0],
                field=field,
                count=len(wrong),
            )


def ids_in_memory(
    values: NDArray[Any] | Sequence[Any],
    field: str,
    noun: str,
    source: str,
    *,
    exact: int = EXACT,
    of: str = "",
) -> tuple[NDArray[np.int64], Keys | None]:
    """Ids in memory as a column, int64, shape (N,), with the keys of its numbers.

    Args:
        values: an array of shape (N,), or a list of Python values.
        field: name of the field.
        noun: what each record is, such as "prediction".
        source: name of the records in messages.
        exact: from here on floats stand for several whole numbers, whatever their dtype now.
        of: what the ids are of, where the name of the field does not say it.

    Raises:
        FormatError: for values that are neither whole numbers nor text, or text beside numbers.
    """
    if isinstance(values, np.ndarray):
        exact = min(exact, exact_of(values))
        column = _as_whole(values, exact)
        if column is not None:
            return column, None
        values = values.tolist()
    found: list[Key] = []
    for row, value in enumerate(values):
        try:
            found.append(id_value(_scalar(value), field, exact=min(exact, exact_of(value))))
        except FormatError as error:
            raise _placed(error, source, noun, row) from None
    check_one_kind(
        [IdField(field, found, lambda row: f"{noun} #{row}")],
        of or field.removesuffix("_id"),
        source,
    )
    numbers = numbering(found)
    return numbers.column(found), numbers.keys


def check_ids_in_memory(
    records: Iterable[Any], fields: Sequence[str], noun: str, source: str
) -> None:
    """Refuse ids that JSON would change: bytes, and floats of a dtype too narrow for them.

    Args:
        records: dicts; others are left to the reader.
        fields: names of the fields with ids.
        noun: what each record is.
        source: name of the records in messages.

    Raises:
        FormatError: names the first such record.
    """
    for row, record in enumerate(records):
        for field in fields if isinstance(record, Mapping) else ():
            value = record.get(field)
            exact = exact_of(value)
            if isinstance(value, bytes) or exact < EXACT:
                try:
                    id_value(_scalar(value), field, exact=exact)
                except FormatError as error:
                    raise _placed(error, source, noun, row) from None


def exact_of(value: Any) -> int:
    """From where on floats of the dtype of a value, if it has one, stand for several numbers."""
    name = str(getattr(value, "dtype", "")).rpartition(".")[2]  # torch writes torch.float32
    return 1 << FLOAT_BITS.get(name, 53)


def _as_whole(values: NDArray[Any], exact: int) -> NDArray[np.int64] | None:
    """An array of whole numbers of int64; None if some values need a closer look."""
    kind = values.dtype.kind
    if kind == "i" or (kind == "u" and int(values.max(initial=0)) < BEYOND):
        return values.astype(np.int64)
    if kind == "f":
        is_exact = (np.abs(values) < exact) & (np.trunc(values) == values)
        return values.astype(np.int64) if is_exact.all() else None
    return None


def _scalar(value: Any) -> Any:
    """A number of numpy or torch as Python's; other values as they are."""
    if isinstance(value, int | str | float | bytes):
        return value
    if not hasattr(value, "item") or getattr(value, "ndim", 1) != 0:
        return value
    return value.item() if isinstance(value, np.generic) else host_array(value).item()


def _shown(value: Any) -> str:
    """A value that cannot be an id."""
    return f"{value!r:.60}, bytes" if isinstance(value, bytes) else shown(value, 60)


def _is_sound(text: str) -> bool:
    """Whether UTF-8 can write a text."""
    return text.isascii() or not any("\ud800" <= character <= "\udfff" for character in text)


def _placed(error: FormatError, source: str, noun: str, row: int) -> FormatError:
    """An error of one record with its file and place."""
    message = stopped(f"{source}: {noun} #{row}: {error.message}")
    return error.placed(message, path=source, index=row)


def _wrong(field: str, problem: str, code: str = "id-type") -> FormatError:
    return FormatError(f"{field} {problem}", code=code, field=field)
