"""Rules for joining columns of several files into one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from segeval.data.keys import (
    Keys,
    Numbered,
    example_of,
    kind_of,
    one_numbering,
    shown_id,
    shown_key,
)
from segeval.errors import InputError, MismatchError, Note
from segeval.findings import refusal
from segeval.tallies import added_up

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


def joined_columns(parts: Sequence[object], names: Iterable[str]) -> dict[str, Any]:
    """Columns of several parts by name, one part after the other."""
    return {name: np.concatenate([getattr(part, name) for part in parts]) for name in names}


def joined_numbers(parts: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Columns of several parts by name, one part after the other, of names that all have."""
    names = [name for name in parts[0] if all(name in part for part in parts)]
    return {name: np.concatenate([part[name] for part in parts]) for name in names}


def check_same_categories(parts: Sequence[Any]) -> None:
    """Refuse ground truth of several files whose categories differ.

    Raises:
        MismatchError: names the first such file.
    """
    first = parts[0]
    for part in parts[1:]:
        if not part.categories.equal(first.categories):
            raise MismatchError(
                f"{part.source}: the categories differ from those of {first.source}. Ground "
                "truth in several files must have the same categories, in the same order.",
                code="categories",
                path=part.source,
                field="categories",
            )


class Identified(Protocol):
    """Columns of a file that know which of them hold ids."""

    @property
    def source(self) -> str:
        """Name of the file."""
        ...

    def numbered(self) -> dict[str, Numbered]:
        """Columns of ids with their keys, by what the ids are of."""
        ...

    def renumbered(self, ids: Mapping[str, Numbered], /) -> Self:
        """The same with other numbers for ids."""
        ...


Part = TypeVar("Part", bound=Identified)


def numbered_alike(parts: Sequence[Part], *, but: str | None = None) -> list[Part]:
    """Columns of several files, in which equal numbers are equal ids.

    Args:
        parts: at least one.
        but: ids of this kind may be text in one and numbers in another, and stay as they are then.

    Raises:
        MismatchError: if ids of a kind are text in one file and numbers in another.
    """
    found = [part.numbered() for part in parts]
    kinds = [kind for kind in found[0] if all(kind in each for each in found)]
    done = [dict(each) for each in found]
    for kind in kinds:
        own = [each[kind] for each in found]
        if all(keys == own[0][0] for keys, _ in own):
            continue
        try:
            _check_same_kind([part.source for part in parts], kind, own)
        except MismatchError:
            if kind == but:
                continue
            raise
        for ids, moved in zip(done, one_numbering(own), strict=True):
            ids[kind] = moved
    return [
        part if all(ids[kind][1] is each[kind][1] for kind in kinds) else part.renumbered(ids)
        for part, each, ids in zip(parts, found, done, strict=True)
    ]


def _check_same_kind(sources: Sequence[str], kind: str, ids: Sequence[Numbered]) -> None:
    """Refuse text beside numbers."""
    some = [
        (source, example_of(each))
        for source, each in zip(sources, ids, strict=True)
        if any(len(column) for column in each[1])
    ]
    for source, example in some:
        if isinstance(example, str) != isinstance(some[0][1], str):
            raise refusal(
                source,
                f"{kind} ids are {kind_of(example)} such as {shown_key(example)}, in {some[0][0]} "
                f"{kind_of(some[0][1])} such as {shown_key(some[0][1])}",
                code="id-type",
                field="id",
                error=MismatchError,
                hint="Write both alike.",
            )


def check_disjoint(
    sources: Sequence[str], kind: str, ids: Sequence[NDArray[Any]], keys: Keys | None = None
) -> None:
    """Refuse parts that share an id; ids that one part repeats are not checked here.

    Args:
        sources: name of each part.
        kind: what the ids are of, such as "image".
        ids: ids of each part, whole numbers or text.
        keys: the keys of whole numbers; None where they are the ids themselves.

    Raises:
        MismatchError: names the first shared id and two parts that have it.
    """
    known = [np.unique(each) for each in ids]
    merged, counts = np.unique(np.concatenate(known), return_counts=True)
    shared = merged[counts > 1]
    if not len(shared):
        return
    example = shared.tolist()[0]
    name = repr(example) if keys is None else shown_id(example, keys)
    first, second, *_ = [
        source for source, own in zip(sources, known, strict=True) if shared[0] in own
    ]
    raise refusal(
        second,
        f"{kind} id {name} is also in {first}",
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
    """The notes of all parts, each once, in the order of the parts; counts of one kind add up."""
    return added_up(notes)
