"""Notes that count: those on the parts of a set add up to the note on the whole."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from segeval.errors import Note, Tally
from segeval.words import counted, thousands

PLACE = re.compile(r"\{(\w+)(?:([:?])([^{}|]*)\|([^{}|]*))?\}")
"""A place in a text: a number `{n}`, one with its noun `{n:mask is|masks are}`, the one of two
words that goes with it `{n?was|were}`, or a word `{file}` that may hold anything."""

Value = int | str | Sequence[str]
"""A count, a word, or the names of what is counted, which parts may share."""


def tallied(code: str, text: str, *, option: str | None = None, **values: Value) -> Note:
    """A note that counts.

    Args:
        code: short stable name of the note.
        text: the message, with places for the values as `PLACE` says.
        option: the argument that would change it.
        values: by their names in the text; `n` is the note's count.

    Example:
        >>> note = tallied("no-box", "{n:mask has|masks have} no box, {n?is|are} skipped", n=1200)
        >>> note.message, note.count
        ('1,200 masks have no box, are skipped', 1200)
    """
    kept = {
        name: value if isinstance(value, int | str) else tuple(sorted(set(value)))
        for name, value in values.items()
    }
    return _note(code, option, Tally(text, kept))


def note_from(values: Mapping[str, Any]) -> Note:
    """A note from plain values, as `dataclasses.asdict` gives them.

    Raises:
        AttributeError, KeyError, TypeError, ValueError: for values that are none.
    """
    tally = values.get("tally")
    if tally is None:
        note = Note(**values)
    else:
        kept = {
            str(name): tuple(value) if isinstance(value, list) else value
            for name, value in tally["values"].items()
        }
        note = tallied(values["code"], tally["text"], option=values["option"], **kept)
    kinds = [type(each) for each in (note.code, note.message, note.count, note.option)]
    names = [] if note.tally is None else list(note.tally.values.values())
    lists = [value for value in names if not isinstance(value, int | str)]
    texts = {type(word) for words in lists for word in words}
    if kinds not in ([str, str, int, str], [str, str, int, type(None)]) or not texts <= {str}:
        raise TypeError("a note is damaged")
    return note


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
        words = tuple(value for value in values.values() if isinstance(value, str))
        key = note.code, note.option, note.tally.text, words
        known = found.get(key)
        if known is not None and known.tally is not None:
            values = _sum(known.tally.values, values)
        found[key] = _note(note.code, note.option, replace(note.tally, values=values))
    return tuple(found.values())


def _sum(one: Mapping[str, Value], other: Mapping[str, Value]) -> dict[str, Value]:
    """Values of two parts together; words are the same in both."""
    found: dict[str, Value] = {}
    for name, value in one.items():
        more = other[name]
        if isinstance(value, int) and isinstance(more, int):
            found[name] = value + more
        elif isinstance(value, int) or isinstance(more, int):
            raise TypeError(f"{name} is a count in one part and names in another")
        else:
            found[name] = value if isinstance(value, str) else tuple(sorted({*value, *more}))
    return found


def _note(code: str, option: str | None, tally: Tally) -> Note:
    """The note of a tally."""
    counts: dict[str, int | str] = {
        name: value if isinstance(value, int | str) else len(value)
        for name, value in tally.values.items()
    }

    def told(place: re.Match[str]) -> str:
        name, kind, one, several = place.groups()
        count = counts[name]
        if isinstance(count, str):
            return count
        if kind == ":":
            return counted(count, one, several)
        return thousands(count) if kind is None else one if count == 1 else several

    return Note(code, PLACE.sub(told, tally.text), int(counts["n"]), option, tally)
