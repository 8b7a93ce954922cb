"""Sorted tables in blocks: several are read as one, of which little is in memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Protocol, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

Place = tuple[Any, ...]
"""What a row is sorted by."""


class Block(Protocol):
    """Some rows of a sorted table."""

    def __len__(self) -> int: ...

    def take(self, rows: slice, /) -> Self:
        """Some of the rows, in that order."""

    def at(self, row: int) -> Place:
        """What a row is sorted by; -1 for the last one."""

    def before(self, end: Place) -> int:
        """How many rows come before or at a place in the order."""


B = TypeVar("B", bound=Block)


AT_ONCE = 1 << 10
"""Most rows of each table in a batch, but for rows that are sorted by the same."""


def batches(parts: Sequence[Iterator[B]]) -> Iterator[list[tuple[int, B]]]:
    """Rows of several sorted tables in batches: all of one come before all of the next.

    One block of every table is in memory, and one batch.

    Args:
        parts: the blocks of each.

    Returns:
        Of each batch, the number of the table and its rows.
    """
    waiting = [next(_some(part), None) for part in parts]
    while True:
        heads = [block.at(min(len(block), AT_ONCE) - 1) for block in waiting if block is not None]
        if not heads:
            return
        end = min(heads)
        ready = []
        for place, block in enumerate(waiting):
            if block is None:
                continue
            stop = block.take(slice(0, AT_ONCE)).before(end)
            if stop == AT_ONCE:  # more may be sorted by the same
                stop = block.before(end)
            if stop:
                ready.append((place, block.take(slice(0, stop))))
            rest = block.take(slice(stop, None)) if stop < len(block) else None
            waiting[place] = next(_some(parts[place]), None) if rest is None else rest
        yield ready


def _some(blocks: Iterator[B]) -> Iterator[B]:
    """The blocks that have rows."""
    return (block for block in blocks if len(block))


class Joinable(Block, Protocol):
    """A block that others are put behind."""

    @classmethod
    def joined(cls, parts: list[Self]) -> Self:
        """Several lists of rows end to end."""


J = TypeVar("J", bound=Joinable)


def in_blocks(rows: Iterable[J], length: int) -> Iterator[J]:
    """Sorted rows in blocks of one length, the last one shorter."""
    waiting: list[J] = []
    count = 0
    for each in rows:
        waiting.append(each)
        count += len(each)
        if count < length:
            continue
        whole = type(each).joined(waiting)
        full = count - count % length
        for start in range(0, full, length):
            yield whole.take(slice(start, start + length))
        waiting, count = [whole.take(slice(full, count))], count - full
    if count:
        yield type(waiting[0]).joined(waiting)


def before(columns: Sequence[NDArray[Any]], end: Place) -> int:
    """How many rows come before or at a place, by columns of which the first sorts first."""
    first, stop = 0, len(columns[0])
    for column, value in zip(columns, end, strict=True):
        own = column[first:stop]
        low, high = (int(np.searchsorted(own, value, side)) for side in ("left", "right"))
        first, stop = first + low, first + high
    return stop


def ascends(columns: Sequence[NDArray[Any]], *, strictly: bool = False) -> bool:
    """Whether rows ascend by columns of which the first sorts first; strictly: none are equal."""
    rises = np.full(max(len(columns[0]) - 1, 0), not strictly)
    for column in reversed(columns):
        rises = (column[1:] > column[:-1]) | ((column[1:] == column[:-1]) & rises)
    return bool(rises.all())


def narrow(column: NDArray[Any]) -> NDArray[np.unsignedinteger[Any]]:
    """Whole numbers from 0 in the narrowest type, which follows from the column alone."""
    return column.astype(np.min_scalar_type(int(column.max(initial=0))))
