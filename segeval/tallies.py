"""Notes that count: those on the parts of a set add up to the note on the whole."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.errors import Note, Tally
from segeval.frozen import frozen
from segeval.words import counted, thousands

PLACE = re.compile(r"\{(\w+)(?:([:?])([^{}|]*)\|([^{}|]*))?\}")
"""A place in a text: a number `{n}`, one with its noun `{n:mask is|masks are}`, the one of two
words that goes with it `{n?was|were}`, or a word `{package}` that may hold anything."""

FILES = ("preds", "gt")
"""Names of words that name a file: parts of one set may be of several."""


@frozen
class First:
    """An example, of which parts of a set have one each: the first of all is told.

    Attributes:
        order: examples are in the order of these.
        text: what is told.
    """

    order: str
    text: str


Value = int | str | First | Sequence[str]
"""A count, a word, an example, or the names of what is counted, which parts may share."""


def tallied(
    code: str,
    text: str,
    *,
    option: str | None = None,
    images: NDArray[np.int64] | None = None,
    **values: Value,
) -> Note:
    """A note that counts.

    Args:
        code: short stable name of the note.
        text: the message, with places for the values as `PLACE` says.
        option: the argument that would change it.
        images: the id of the image of each of the `n` records, shape (n,); None if not known.
        values: by their names in the text; `n` is the note's count.

    Example:
        >>> note = tallied("no-box", "{n:mask has|masks have} no box, {n?is|are} skipped", n=1200)
        >>> note.message, note.count
        ('1,200 masks have no box, are skipped', 1200)
    """
    return _note(code, option, Tally(text, _kept(values), images))


def _kept(values: Mapping[str, Value]) -> dict[str, Value]:
    """Values of a tally, whose names are in order, each once."""
    return {
        name: value if isinstance(value, int | str | First) else tuple(sorted(set(value)))
        for name, value in values.items()
    }


def note_from(values: Mapping[str, Any]) -> Note:
    """A note from plain values, as `dataclasses.asdict` gives them.

    Raises:
        AttributeError, KeyError, TypeError, ValueError: for values that are none.
    """
    tally = values.get("tally")
    if tally is None:
        note = Note(**values)
    else:
        kept = {str(name): _read(value) for name, value in tally["values"].items()}
        note = _note(values["code"], values["option"], Tally(tally["text"], _kept(kept)))
    kinds = [type(each) for each in (note.code, note.message, note.count, note.option)]
    names = [] if note.tally is None else list(note.tally.values.values())
    lists = [value for value in names if not isinstance(value, int | str | First)]
    texts = {type(word) for words in lists for word in words}
    if kinds not in ([str, str, int, str], [str, str, int, type(None)]) or not texts <= {str}:
        raise TypeError("a note is damaged")
    return note


def _read(value: Any) -> Any:
    """A value of a tally from a plain one."""
    if isinstance(value, dict):
        found = First(**value)
        if {type(each) for each in vars(found).values()} != {str}:
            raise TypeError("an example is damaged")
        return found
    return tuple(value) if isinstance(value, list) else value


def added_up(parts: Iterable[Iterable[Note]]) -> tuple[Note, ...]:
    """The notes on all parts of a set: counts of one text add up, equal notes are told once.

    Example:
        >>> one, two = (tallied("empty", "{n:mask is|masks are} empty", n=n) for n in (1, 2))
        >>> [note.message for note in added_up([[one], [two], []])]
        ['3 masks are empty']
    """
    found: dict[Any, Note] = {}
    for note in (note for part in parts for note in part):
        if note.tally is None:
            found.setdefault(note, note)
            continue
        values = note.tally.values
        key = key_of(note)
        known = found.get(key)
        if known is not None and known.tally is not None:
            values = _sum(known.tally.values, values)
        found[key] = _note(note.code, note.option, replace(note.tally, values=values, images=None))
    return tuple(found.values())


def key_of(note: Note) -> tuple[str, str | None, str, tuple[str, ...]]:
    """What notes have in common whose counts add up: all but counts, names, examples and files."""
    text, values = ("", {}) if note.tally is None else (note.tally.text, note.tally.values)
    words = (value for name, value in values.items() if name not in FILES)
    return note.code, note.option, text, tuple(word for word in words if isinstance(word, str))


def of_files(note: Note, **names: str) -> Note:
    """The same note about other files, by the names in `FILES`, where it names any."""
    if note.tally is None or names.keys().isdisjoint(note.tally.values):
        return note
    values = {name: names.get(name, value) for name, value in note.tally.values.items()}
    return _note(note.code, note.option, replace(note.tally, values=values))


def lowered(note: Note, less: int, images: int) -> Note | None:
    """A note that counts fewer records; None if none is left.

    Args:
        note: the note; where it counts images too, it does so as `groups`.
        less: number of records that are gone.
        images: number of images that they were in, which are gone as well.
    """
    if note.tally is None or not less:
        return note
    count, values = note.count - less, {**note.tally.values}
    groups = values.get("groups")
    values |= {"n": count} | ({"groups": groups - images} if isinstance(groups, int) else {})
    return _note(note.code, note.option, replace(note.tally, values=values)) if count > 0 else None


def recounted(note: Note, images: NDArray[np.int64]) -> Iterator[Note]:
    """A note on some of its records alone; nothing if there are none.

    Args:
        note: a note that counts, but no groups.
        images: the id of the image of each of these records.
    """
    if len(images) and note.tally is not None:
        values = {**note.tally.values, "n": len(images)}
        yield _note(note.code, note.option, replace(note.tally, values=values, images=images))


def without_images(note: Note) -> Note:
    """A note that does not say which images its records are of."""
    if note.tally is None or note.tally.images is None:
        return note
    return replace(note, tally=replace(note.tally, images=None))


def _sum(one: Mapping[str, Value], other: Mapping[str, Value]) -> dict[str, Value]:
    """Values of two parts together; words are the same in both."""
    found: dict[str, Value] = {}
    for name, value in one.items():
        more = other[name]
        if isinstance(value, int) and isinstance(more, int):
            found[name] = value + more
        elif isinstance(value, First) and isinstance(more, First):
            found[name] = min(value, more, key=lambda first: (first.order, first.text))
        elif isinstance(value, First) or isinstance(more, First):
            raise TypeError(f"{name} is an example in one part alone")
        elif name in FILES and isinstance(value, str) and isinstance(more, str):
            found[name] = min(value, more)
        elif isinstance(value, int) or isinstance(more, int):
            raise TypeError(f"{name} is a count in one part and names in another")
        else:
            found[name] = value if isinstance(value, str) else tuple(sorted({*value, *more}))
    return found


def _told(value: Value) -> int | str:
    """What a value fills into the text."""
    if isinstance(value, First):
        return value.text
    return value if isinstance(value, int | str) else len(value)


def _note(code: str, option: str | None, tally: Tally) -> Note:
    """The note of a tally."""
    counts = {name: _told(value) for name, value in tally.values.items()}

    def told(place: re.Match[str]) -> str:
        name, kind, one, several = place.groups()
        count = counts[name]
        if isinstance(count, str):
            return count
        if kind == ":":
            return counted(count, one, several)
        return thousands(count) if kind is None else one if count == 1 else several

    return Note(code, PLACE.sub(told, tally.text), int(counts["n"]), option, tally)
