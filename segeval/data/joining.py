"""Rules for joining columns of several files into one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from segeval.errors import InputError, MismatchError, Note
from segeval.findings import refusal

P = TypeVar("P")


def checked_parts(parts: Iterable[Any], kind: type[P]) -> list[P]:
    """The parts as a list.

    Raises:
        InputError: if there are none, or one is of another kind.
    """
    found = [parts] if isinstance(parts, kind) or not isinstance(parts, Iterable) else list(parts)
    if not found or not all(isinstance(part, kind) for part in found):
        have = ", ".join(type(part).__name__ for part in found[:3]) or "empty"
        raise InputError(
            f"`parts` is {have}, expected at least one {kind.__name__}",
            code="parts",
            option="parts",
        )
    return found


def check_disjoint(sources: Sequence[str], kind: str, ids: Sequence[NDArray[Any]]) -> None:
    """Refuse parts that share an id; ids that one part repeats are not checked here.

    Args:
        sources: name of each part.
        kind: what the ids are of, such as "image".
        ids: ids of each part, whole numbers or text.

    Raises:
        MismatchError: names the first shared id and two parts that have it.
    """
    known = [np.unique(each) for each in ids]
    merged, counts = np.unique(np.concatenate(known), return_counts=True)
    shared = merged[counts > 1]
    if not len(shared):
        return
    first, second, *_ = [
        source for source, own in zip(sources, known, strict=True) if shared[0] in own
    ]
    raise refusal(
        second,
        f"{kind} id {shared.tolist()[0]!r} is also in {first}",
        code=f"duplicate-{kind}",
        count=len(shared),
        field="id",
        error=MismatchError,
        option="parts",
        hint=f"`parts` must have different {kind} ids.",
    )


def joined_sources(sources: Iterable[str]) -> str:
    """The name of several parts in messages.

    Example:
        >>> joined_sources(["a.json", "b.json", "c.json"]), joined_sources(["a.json", "a.json"])
        ('a.json and 2 more', 'a.json')
    """
    first, *others = dict.fromkeys(sources)
    return f"{first} and {len(others)} more" if others else first


def joined_notes(notes: Iterable[Iterable[Note]]) -> tuple[Note, ...]:
    """The notes of all parts, each once, in the order of the parts."""
    return tuple(dict.fromkeys(note for each in notes for note in each))
