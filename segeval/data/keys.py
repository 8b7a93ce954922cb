"""Ids that are not int64, text and larger whole numbers: numbered inside, written as they came.

Columns hold ids as int64. Where a file has other ids, its columns hold places among `keys`: the ids
as the file writes them, ascending. So the order of the numbers is that of the ids themselves, and
only what compares two files, or shows an id, needs the keys.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.data.ids import distinct
from segeval.frozen import frozen
from segeval.words import FEW_IDS

Key = int | str
"""An id as a file writes it."""

Keys = tuple[Key, ...]
"""Ids as a file writes them, ascending, each once: all text, or all numbers."""

Numbered = tuple[Keys | None, list[NDArray[np.int64]]]
"""Keys, and all columns that they number."""

BEYOND = 2**63
"""The first whole number that a column of int64 cannot hold."""

LONGEST_SHOWN = 40
"""Characters of a text that a message repeats."""


@frozen(eq=False)
class Numbering:
    """How ids become a column of int64.

    Attributes:
        keys: the ids that are numbered; None where every id is its own number.
    """

    keys: Keys | None = None

    @cached_property
    def _place(self) -> dict[Key, int]:
        return {key: place for place, key in enumerate(self.keys or ())}

    def column(self, ids: Iterable[Key]) -> NDArray[np.int64]:
        """The ids as int64, shape (N,).

        Args:
            ids: N ids, of those that the numbering was made for.
        """
        if self.keys is None:
            return np.fromiter(ids, np.int64)
        return np.fromiter(map(self._place.__getitem__, ids), np.int64)


PLAIN = Numbering()
"""Every id is its own number."""


def numbering(ids: Iterable[Key]) -> Numbering:
    """The numbering of ids that are all text, or all whole numbers below 2^64.

    Example:
        >>> numbering(["b", "a", "b"]).column(["a", "b"])
        array([0, 1])
        >>> numbering([7, 5]).column([7, 5])
        array([7, 5])
    """
    found = set(ids)
    if all(type(each) is int and -BEYOND <= each < BEYOND for each in found):
        return PLAIN
    return Numbering(tuple(sorted(found, key=_rank)))


def written(ids: NDArray[np.integer], keys: Keys | None) -> list[Key]:
    """Ids of a column as their file writes them.

    Example:
        >>> written(np.array([1, 0]), ("a", "b")), written(np.array([7]), None)
        (['b', 'a'], [7])
    """
    places: list[int] = ids.tolist()
    return list(places) if keys is None else [keys[place] for place in places]


def shown_id(number: int | np.integer, keys: Keys | None = None) -> str:
    """An id in a message: text in quotes, long text cut.

    Args:
        number: the id in its column.
        keys: the keys of the column.

    Example:
        >>> shown_id(7), shown_id(0, ("a",))
        ('7', '"a"')
    """
    return shown_key(written(np.array([number]), keys)[0])


def shown_key(key: Key) -> str:
    """An id in a message, as `shown_id`."""
    if not isinstance(key, str):
        return str(key)
    start = "".join(map(_visible, key[:LONGEST_SHOWN]))
    return f'"{start}{"..." if len(key) > LONGEST_SHOWN else ""}"'


def _visible(character: str) -> str:
    """A character, or its escape if it would do something instead of being seen."""
    if character.isprintable():
        return character
    return character.encode("unicode_escape").decode("ascii")


def shown_ids(ids: NDArray[np.integer], keys: Keys | None) -> str:
    """Distinct ids in a message: up to three, else the first and the last.

    Args:
        ids: ids that have keys.
        keys: the keys of the column.

    Example:
        >>> shown_ids(np.array([1, 1, 0]), ("a", "b"))
        '"a", "b"'
    """
    texts = [shown_id(each, keys) for each in np.unique(ids)]
    if len(texts) > FEW_IDS:
        return f"{texts[0]} .. {texts[-1]}"
    return ", ".join(texts) or "none"


def coded(ids: NDArray[np.int64], keys: Keys | None) -> NDArray[Any]:
    """Numbers that depend on nothing but the ids as they are written."""
    if keys is None:
        return ids
    return np.frombuffer("\0".join(map(str, written(ids, keys))).encode(), np.uint8)


def are_zero(ids: NDArray[np.int64], keys: Keys | None) -> NDArray[np.bool_]:
    """Whether ids are 0 to a program that makes a number of them, bool, shape of ids.

    Example:
        >>> are_zero(np.array([0, 5]), None), are_zero(np.array([0, 1]), ("0", "a"))
        (array([ True, False]), array([ True, False]))
    """
    zeros = [0] if keys is None else [place for place, key in enumerate(keys) if key in (0, "0")]
    return np.isin(ids, zeros)


def example_of(part: Numbered) -> Key:
    """The first id of a file that has ids, as it writes it."""
    keys, columns = part
    first = next(column[:1] for column in columns if len(column))
    return written(first, keys)[0]


def kind_of(key: Key) -> str:
    """What ids are, in words: "text" or "numbers"."""
    return "text" if isinstance(key, str) else "numbers"


def one_numbering(parts: Sequence[Numbered]) -> list[Numbered]:
    """Columns of several files with one numbering.

    Args:
        parts: of each file its keys, and all columns that they number.

    Returns:
        The same with the keys of all files, in the order given.

    Example:
        >>> one_numbering([(("b",), [np.array([0])]), (("a",), [np.array([0, 0])])])
        [(('a', 'b'), [array([1])]), (('a', 'b'), [array([0, 0])])]
    """
    if all(keys == parts[0][0] for keys, _ in parts):
        return list(parts)
    used = [_used(columns) for _, columns in parts]
    found = [written(ids, keys) for ids, (keys, _) in zip(used, parts, strict=True)]
    whole = numbering(chain.from_iterable(found))
    moved: list[Numbered] = []
    for ids, own, (keys, columns) in zip(used, found, parts, strict=True):
        if keys == whole.keys:
            moved.append((keys, columns))
            continue
        places = whole.column(own)
        moved.append((whole.keys, [places[np.searchsorted(ids, column)] for column in columns]))
    return moved


def only_used(part: Numbered) -> Numbered:
    """The same ids with keys of their own and no others."""
    keys, columns = part
    if keys is None:
        return part
    used = _used(columns)
    if len(used) == len(keys):
        return part
    return tuple(keys[i] for i in used), [np.searchsorted(used, each) for each in columns]


def _used(columns: Sequence[NDArray[np.int64]]) -> NDArray[np.int64]:
    """Distinct ids of all columns, ascending."""
    return distinct(np.concatenate([np.empty(0, np.int64), *columns]))


def ascends(first: Key, second: Key) -> bool:
    """Whether one key comes before another."""
    return _rank(first) < _rank(second)


def _rank(key: Key) -> tuple[bool, Any]:
    """The order of ids: numbers come by value, text by its characters."""
    return isinstance(key, str), key
