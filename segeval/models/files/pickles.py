"""Pickles as data: what a file says is kept, and nothing that it asks for is called."""

from __future__ import annotations

import codecs
import pickle
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

from segeval.limits import limits
from segeval.models.files.pickle_machine import (
    ENDED,
    MARK,
    Damaged,
    Machine,
    Stored,
    allowed_key,
)

LONGEST_NUMBER = 512
"""Digits of a whole number as text, and bytes of one in binary."""


@dataclass(frozen=True)
class Pickle:
    """What a pickle says.

    Attributes:
        content: plain values and containers, `memoryview` for bytes, `Call`, `Name`, `Stored`.
        stored: every `Stored` in it.
        stop: the place after the pickle.
    """

    content: Any
    stored: tuple[Stored, ...]
    stop: int


def read_pickle(data: memoryview, allowed: Collection[str], start: int = 0) -> Pickle:
    """Read a pickle.

    Args:
        data: bytes of the file.
        allowed: names with their modules that may occur, besides those of containers.
        start: where the pickle begins.

    Raises:
        Refused: if it asks for a name that is not allowed.
        Damaged: if it is not a pickle, ends early, or has more values than `limits()` allows.
    """
    machine = Machine(data, allowed, start)
    try:
        return Pickle(_run(machine), tuple(machine.stored), machine.place)
    except (IndexError, KeyError, TypeError, ValueError, OverflowError) as error:
        if machine.place >= len(data):
            raise Damaged(ENDED.format(len(data))) from None
        raise Damaged(f"it is no pickle at byte {machine.place:,}: {error}") from None


def _run(machine: Machine) -> Any:
    """Follow the instructions up to the last one, whose value is the content."""
    steps = limits().pickled_values
    for _ in range(steps):
        code = machine.data[machine.place]
        machine.place += 1
        if code == pickle.STOP[0]:
            return machine.stack.pop()
        step = STEPS.get(code)
        if step is None:
            raise Damaged(f"instruction {code} at byte {machine.place - 1:,}")
        step(machine)
    raise Damaged(f"it has more than {steps:,} values", ("pickled_values", 10 * steps))


def _whole_number(text: str) -> int:
    if len(text) > LONGEST_NUMBER:
        raise Damaged(f"a number has {len(text):,} digits")
    return int(text.rstrip("L"))


def _binary_number(data: memoryview) -> int:
    if len(data) > LONGEST_NUMBER:
        raise Damaged(f"a number has {len(data):,} bytes")
    return int.from_bytes(data, "little", signed=True)


def _unquoted(text: str) -> str:
    """The text of a string in quotes, as protocol 0 writes them."""
    if len(text) < 2 or text[0] != text[-1] or text[0] not in "'\"":
        raise Damaged("a text without quotes")
    return codecs.escape_decode(text[1:-1].encode("latin-1"))[0].decode("latin-1")


def _of_raw_unicode(text: str) -> str:
    return text.encode("latin-1").decode("raw-unicode-escape")


def _line_number(machine: Machine) -> int | bool:
    text = machine.line()
    return {"00": False, "01": True}[text] if text in ("00", "01") else _whole_number(text)


def _text(data: memoryview) -> str:
    return data.tobytes().decode("utf-8", "surrogatepass")


def _old_text(data: memoryview) -> str:
    """Text of Python 2, which also held the bytes of arrays."""
    return data.tobytes().decode("latin-1")


def _pushed(value: Callable[[Machine], Any]) -> Callable[[Machine], None]:
    return lambda machine: machine.stack.append(value(machine))


def _appended(machine: Machine, parts: list[Any]) -> None:
    machine.top(list).extend(parts)


def _added(machine: Machine, parts: list[Any]) -> None:
    machine.top(set).update(allowed_key(each) for each in parts)


def _joined(machine: Machine, count: int) -> None:
    """A tuple of the last values in their place."""
    parts = tuple(machine.stack[-count:])
    if len(parts) < count or MARK in parts:
        raise Damaged(f"values are missing before byte {machine.place:,}")
    machine.stack[-count:] = [parts]


def _last_two(machine: Machine) -> list[Any]:
    value, name = machine.stack.pop(), machine.stack.pop()
    return [name, value]


def _remember(machine: Machine, place: int) -> None:
    machine.memo[allowed_key(place)] = machine.stack[-1]


def _refer(machine: Machine) -> None:
    """Replace a place by a reference to it."""
    machine.stored.append(Stored(machine.stack.pop()))
    machine.stack.append(machine.stored[-1])


def _stack_name(machine: Machine) -> None:
    name, module = machine.stack.pop(), machine.stack.pop()
    if not isinstance(name, str) or not isinstance(module, str):
        raise Damaged(f"a name is not text before byte {machine.place:,}")
    machine.name(module, name)


def _pop_dict(machine: Machine) -> None:
    parts = machine.parts()
    machine.stack.append({})
    machine.add_items(parts)


_STEPS: dict[bytes, Callable[[Machine], Any]] = {
    pickle.PROTO: lambda machine: machine.bytes(1),
    pickle.FRAME: lambda machine: machine.bytes(8),
    pickle.MARK: _pushed(lambda _: MARK),
    pickle.POP: lambda machine: machine.stack.pop(),
    pickle.POP_MARK: lambda machine: machine.parts(),
    pickle.DUP: _pushed(lambda machine: machine.stack[-1]),
    pickle.NONE: _pushed(lambda _: None),
    pickle.NEWTRUE: _pushed(lambda _: True),
    pickle.NEWFALSE: _pushed(lambda _: False),
    pickle.INT: _pushed(_line_number),
    pickle.LONG: _pushed(lambda machine: _whole_number(machine.line())),
    pickle.FLOAT: _pushed(lambda machine: float(machine.line())),
    pickle.BININT: _pushed(lambda machine: machine.number("<i")),
    pickle.BININT1: _pushed(lambda machine: machine.number("<B")),
    pickle.BININT2: _pushed(lambda machine: machine.number("<H")),
    pickle.BINFLOAT: _pushed(lambda machine: machine.number(">d")),
    pickle.LONG1: _pushed(lambda machine: _binary_number(machine.bytes(machine.number("<B")))),
    pickle.LONG4: _pushed(lambda machine: _binary_number(machine.bytes(machine.number("<i")))),
    pickle.STRING: _pushed(lambda machine: _unquoted(machine.line())),
    pickle.UNICODE: _pushed(lambda machine: _of_raw_unicode(machine.line())),
    pickle.BINSTRING: _pushed(lambda machine: _old_text(machine.bytes(machine.number("<i")))),
    pickle.SHORT_BINSTRING: _pushed(lambda machine: _old_text(machine.bytes(machine.number("<B")))),
    pickle.BINUNICODE: _pushed(lambda machine: _text(machine.bytes(machine.number("<I")))),
    pickle.SHORT_BINUNICODE: _pushed(lambda machine: _text(machine.bytes(machine.number("<B")))),
    pickle.BINUNICODE8: _pushed(lambda machine: _text(machine.bytes(machine.number("<Q")))),
    pickle.BINBYTES: _pushed(lambda machine: machine.bytes(machine.number("<I"))),
    pickle.SHORT_BINBYTES: _pushed(lambda machine: machine.bytes(machine.number("<B"))),
    pickle.BINBYTES8: _pushed(lambda machine: machine.bytes(machine.number("<Q"))),
    pickle.BYTEARRAY8: _pushed(lambda machine: machine.bytes(machine.number("<Q"))),
    pickle.EMPTY_LIST: _pushed(lambda _: []),
    pickle.EMPTY_TUPLE: _pushed(lambda _: ()),
    pickle.EMPTY_DICT: _pushed(lambda _: {}),
    pickle.EMPTY_SET: _pushed(lambda _: set()),
    pickle.LIST: _pushed(lambda machine: machine.parts()),
    pickle.TUPLE: _pushed(lambda machine: tuple(machine.parts())),
    pickle.FROZENSET: _pushed(lambda machine: frozenset(map(allowed_key, machine.parts()))),
    pickle.DICT: _pop_dict,
    pickle.TUPLE1: lambda machine: _joined(machine, 1),
    pickle.TUPLE2: lambda machine: _joined(machine, 2),
    pickle.TUPLE3: lambda machine: _joined(machine, 3),
    pickle.APPEND: lambda machine: _appended(machine, [machine.stack.pop()]),
    pickle.APPENDS: lambda machine: _appended(machine, machine.parts()),
    pickle.ADDITEMS: lambda machine: _added(machine, machine.parts()),
    pickle.SETITEM: lambda machine: machine.add_items(_last_two(machine)),
    pickle.SETITEMS: lambda machine: machine.add_items(machine.parts()),
    pickle.GET: _pushed(lambda machine: machine.memo[_whole_number(machine.line())]),
    pickle.BINGET: _pushed(lambda machine: machine.memo[machine.number("<B")]),
    pickle.LONG_BINGET: _pushed(lambda machine: machine.memo[machine.number("<I")]),
    pickle.PUT: lambda machine: _remember(machine, _whole_number(machine.line())),
    pickle.BINPUT: lambda machine: _remember(machine, machine.number("<B")),
    pickle.LONG_BINPUT: lambda machine: _remember(machine, machine.number("<I")),
    pickle.MEMOIZE: lambda machine: _remember(machine, len(machine.memo)),
    pickle.GLOBAL: lambda machine: machine.name(machine.line(), machine.line()),
    pickle.STACK_GLOBAL: _stack_name,
    pickle.REDUCE: lambda machine: machine.call(),
    pickle.BUILD: lambda machine: machine.build(),
    pickle.BINPERSID: _refer,
    pickle.READONLY_BUFFER: lambda _: None,
}

STEPS = {code[0]: step for code, step in _STEPS.items()}
"""What each instruction does, by its byte."""
