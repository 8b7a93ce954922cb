"""Pickles as data: what a file says is kept, and nothing that it asks for is called.

Python's own reader builds objects while it reads: a file can choose what is called, how long a
table of references is, or an array whose parts lie outside of its bytes. This reader knows plain
values and containers. A function of a short list that the file calls becomes a `Call`, a
description, and the readers of arrays and of tensors compare what it claims with the bytes that
exist.
"""

from __future__ import annotations

import codecs
import pickle
import struct
from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import partial
from typing import Any

from segeval.limits import limits

MARK = object()
"""Where the parts of a container begin on the stack."""

CONTAINERS = ("collections.OrderedDict", "collections.Counter", "builtins.set")
"""Containers that a pickle makes by calling their type."""

TEXT_AS_BYTES = "_codecs.encode"
"""The function by which older protocols write bytes; its codec is always latin1."""

ENDED = "it ends at byte {:,}, before its last value"

LARGEST_KEY = 1 << 63
"""Larger whole numbers may have equal hashes, with which a table takes forever."""

LONGEST_NUMBER = 512
"""Digits of a whole number as text, and bytes of one in binary."""


class Refused(Exception):
    """A pickle asks for something that could run code; the text is its name."""


class Damaged(Exception):
    """A file cannot be read.

    Args:
        reason: why.
        limit: name and value of the limit that would have to be raised.
    """

    def __init__(self, reason: str, limit: tuple[str, int] | None = None) -> None:
        super().__init__(reason)
        self.limit = limit


@dataclass(frozen=True)
class Name:
    """A function or type that a pickle names, such as "numpy.ndarray"."""

    name: str


@dataclass(eq=False)
class Call:
    """A call that a pickle asks for, and the state that the result would get.

    Attributes:
        name: of the function.
        arguments: as in the file.
        state: as in the file; None without one.
    """

    name: str
    arguments: tuple[Any, ...]
    state: Any = None


@dataclass(frozen=True)
class Stored:
    """A reference to something outside of the pickle, such as the numbers of a tensor."""

    place: Any


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
    reader = _Reader(data, allowed, start)
    try:
        return Pickle(reader.read(), tuple(reader.stored), reader.place)
    except (IndexError, KeyError, TypeError, ValueError, OverflowError) as error:
        if reader.place >= len(data):
            raise Damaged(ENDED.format(len(data))) from None
        raise Damaged(f"it is no pickle at byte {reader.place:,}: {error}") from None


class _Reader:
    """A machine with a stack, as the pickle protocol describes it."""

    def __init__(self, data: memoryview, allowed: Collection[str], place: int) -> None:
        self.data, self.allowed, self.place = data, allowed, place
        self.stack: list[Any] = []
        self.memo: dict[int, Any] = {}
        self.stored: list[Stored] = []
        self.left = len(data)  # values that calls may copy: each is in the file once

    def read(self) -> Any:
        steps = limits().pickled_values
        for _ in range(steps):
            code = self.data[self.place]
            self.place += 1
            if code == pickle.STOP[0]:
                return self.stack.pop()
            step = STEPS.get(code)
            if step is None:
                raise Damaged(f"instruction {code} at byte {self.place - 1:,}")
            step(self)
        raise Damaged(f"it has more than {steps:,} values", ("pickled_values", 10 * steps))

    def bytes(self, length: int) -> memoryview:
        """The next bytes."""
        stop = self.place + length
        if length < 0 or stop > len(self.data):
            raise Damaged(ENDED.format(len(self.data)))
        found = self.data[self.place : stop]
        self.place = stop
        return found

    def number(self, layout: str) -> Any:
        """The next number of a struct layout."""
        return struct.unpack(layout, self.bytes(struct.calcsize(layout)))[0]

    def line(self) -> str:
        """The text up to the end of the line."""
        for start in range(self.place, len(self.data), 4096):
            found = self.data[start : start + 4096].tobytes().find(b"\n")
            if found >= 0:
                text = self.bytes(start + found - self.place).tobytes().decode("latin-1")
                self.place += 1
                return text
        raise Damaged("its last line does not end")

    def top(self, kind: type) -> Any:
        """The value on top, of a type."""
        if type(self.stack[-1]) is not kind:
            raise Damaged(f"a {kind.__name__} is missing before byte {self.place:,}")
        return self.stack[-1]

    def parts(self) -> list[Any]:
        """The values after the last mark, which are taken off the stack."""
        place = len(self.stack) - 1
        while self.stack[place] is not MARK:
            place -= 1
            if place < 0:
                raise Damaged(f"a mark is missing before byte {self.place:,}")
        found = self.stack[place + 1 :]
        del self.stack[place:]
        return found

    def name(self, module: str, name: str) -> None:
        """Push a name, if it is allowed."""
        full = f"{module}.{name}".replace("__builtin__.", "builtins.")
        if full not in (*CONTAINERS, TEXT_AS_BYTES, *self.allowed):
            raise Refused(full[:100])
        self.stack.append(Name(full))

    def call(self) -> None:
        """Push the description of a call."""
        arguments = self.stack.pop()
        called = self.top(Name).name
        if type(arguments) is not tuple:
            raise Damaged(f"a call without arguments before byte {self.place:,}")
        if called == TEXT_AS_BYTES or called in CONTAINERS:
            self.left -= len(arguments[0]) if arguments else 0
            if self.left < 0:
                raise Damaged("it copies its values again and again")
            make = _as_bytes if called == TEXT_AS_BYTES else partial(_container, called)
            self.stack[-1] = make(*arguments)
        else:
            self.stack[-1] = Call(called, arguments)

    def build(self) -> None:
        """Give the result of a call its state; other values have none."""
        state = self.stack.pop()
        if isinstance(self.stack[-1], Call):
            self.stack[-1].state = state
        elif not isinstance(self.stack[-1], dict):  # attributes of an OrderedDict are left out
            raise Damaged(f"a state without a value before byte {self.place:,}")

    def add_items(self, parts: list[Any]) -> None:
        found = self.top(dict)
        for place in range(0, len(parts), 2):
            found[_key(parts[place])] = parts[place + 1]


def _key(value: Any) -> Any:
    """A value that may be a key, or a member of a set.

    Python computes the hash of nested tuples by recursion without a limit.
    """
    if isinstance(value, memoryview):
        return value.tobytes()
    if isinstance(value, int) and abs(value) >= LARGEST_KEY:
        raise Damaged("a key is beyond 2^63")
    if isinstance(value, str | int | float | None):
        return value
    raise Damaged(f"a key is of the type {type(value).__name__}")


def _as_bytes(text: Any, codec: Any = "utf-8") -> memoryview:
    """The bytes that text stands for; other codecs take forever with some texts."""
    if not isinstance(text, str):
        raise Damaged(f"a {type(text).__name__} in the place of text")
    if codec not in ("latin1", "latin-1"):
        raise Refused(f"{TEXT_AS_BYTES} with another codec than latin1")
    return memoryview(text.encode("latin-1"))


def _container(called: str, values: Any = ()) -> Any:
    """A container with copies of values."""
    if called.endswith("set"):
        return {_key(each) for each in values}
    pairs = values.items() if isinstance(values, dict) else values
    return {_key(key): value for key, value in pairs}


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


def _line_number(reader: _Reader) -> int | bool:
    text = reader.line()
    return {"00": False, "01": True}[text] if text in ("00", "01") else _whole_number(text)


def _text(data: memoryview) -> str:
    return data.tobytes().decode("utf-8", "surrogatepass")


def _old_text(data: memoryview) -> str:
    """Text of Python 2, which also held the bytes of arrays."""
    return data.tobytes().decode("latin-1")


def _pushed(value: Callable[[_Reader], Any]) -> Callable[[_Reader], None]:
    return lambda reader: reader.stack.append(value(reader))


def _appended(reader: _Reader, parts: list[Any]) -> None:
    reader.top(list).extend(parts)


def _added(reader: _Reader, parts: list[Any]) -> None:
    reader.top(set).update(_key(each) for each in parts)


def _joined(reader: _Reader, count: int) -> None:
    """A tuple of the last values in their place."""
    parts = tuple(reader.stack[-count:])
    if len(parts) < count or MARK in parts:
        raise Damaged(f"values are missing before byte {reader.place:,}")
    reader.stack[-count:] = [parts]


def _last_two(reader: _Reader) -> list[Any]:
    value, key = reader.stack.pop(), reader.stack.pop()
    return [key, value]


def _remember(reader: _Reader, place: int) -> None:
    reader.memo[_key(place)] = reader.stack[-1]


def _refer(reader: _Reader) -> None:
    """Replace a place by a reference to it."""
    reader.stored.append(Stored(reader.stack.pop()))
    reader.stack.append(reader.stored[-1])


def _stack_name(reader: _Reader) -> None:
    name, module = reader.stack.pop(), reader.stack.pop()
    if not isinstance(name, str) or not isinstance(module, str):
        raise Damaged(f"a name is not text before byte {reader.place:,}")
    reader.name(module, name)


def _pop_dict(reader: _Reader) -> None:
    parts = reader.parts()
    reader.stack.append({})
    reader.add_items(parts)


_STEPS: dict[bytes, Callable[[_Reader], Any]] = {
    pickle.PROTO: lambda reader: reader.bytes(1),
    pickle.FRAME: lambda reader: reader.bytes(8),
    pickle.MARK: _pushed(lambda _: MARK),
    pickle.POP: lambda reader: reader.stack.pop(),
    pickle.POP_MARK: lambda reader: reader.parts(),
    pickle.DUP: _pushed(lambda reader: reader.stack[-1]),
    pickle.NONE: _pushed(lambda _: None),
    pickle.NEWTRUE: _pushed(lambda _: True),
    pickle.NEWFALSE: _pushed(lambda _: False),
    pickle.INT: _pushed(_line_number),
    pickle.LONG: _pushed(lambda reader: _whole_number(reader.line())),
    pickle.FLOAT: _pushed(lambda reader: float(reader.line())),
    pickle.BININT: _pushed(lambda reader: reader.number("<i")),
    pickle.BININT1: _pushed(lambda reader: reader.number("<B")),
    pickle.BININT2: _pushed(lambda reader: reader.number("<H")),
    pickle.BINFLOAT: _pushed(lambda reader: reader.number(">d")),
    pickle.LONG1: _pushed(lambda reader: _binary_number(reader.bytes(reader.number("<B")))),
    pickle.LONG4: _pushed(lambda reader: _binary_number(reader.bytes(reader.number("<i")))),
    pickle.STRING: _pushed(lambda reader: _unquoted(reader.line())),
    pickle.UNICODE: _pushed(lambda reader: _of_raw_unicode(reader.line())),
    pickle.BINSTRING: _pushed(lambda reader: _old_text(reader.bytes(reader.number("<i")))),
    pickle.SHORT_BINSTRING: _pushed(lambda reader: _old_text(reader.bytes(reader.number("<B")))),
    pickle.BINUNICODE: _pushed(lambda reader: _text(reader.bytes(reader.number("<I")))),
    pickle.SHORT_BINUNICODE: _pushed(lambda reader: _text(reader.bytes(reader.number("<B")))),
    pickle.BINUNICODE8: _pushed(lambda reader: _text(reader.bytes(reader.number("<Q")))),
    pickle.BINBYTES: _pushed(lambda reader: reader.bytes(reader.number("<I"))),
    pickle.SHORT_BINBYTES: _pushed(lambda reader: reader.bytes(reader.number("<B"))),
    pickle.BINBYTES8: _pushed(lambda reader: reader.bytes(reader.number("<Q"))),
    pickle.BYTEARRAY8: _pushed(lambda reader: reader.bytes(reader.number("<Q"))),
    pickle.EMPTY_LIST: _pushed(lambda _: []),
    pickle.EMPTY_TUPLE: _pushed(lambda _: ()),
    pickle.EMPTY_DICT: _pushed(lambda _: {}),
    pickle.EMPTY_SET: _pushed(lambda _: set()),
    pickle.LIST: _pushed(lambda reader: reader.parts()),
    pickle.TUPLE: _pushed(lambda reader: tuple(reader.parts())),
    pickle.FROZENSET: _pushed(lambda reader: frozenset(map(_key, reader.parts()))),
    pickle.DICT: _pop_dict,
    pickle.TUPLE1: lambda reader: _joined(reader, 1),
    pickle.TUPLE2: lambda reader: _joined(reader, 2),
    pickle.TUPLE3: lambda reader: _joined(reader, 3),
    pickle.APPEND: lambda reader: _appended(reader, [reader.stack.pop()]),
    pickle.APPENDS: lambda reader: _appended(reader, reader.parts()),
    pickle.ADDITEMS: lambda reader: _added(reader, reader.parts()),
    pickle.SETITEM: lambda reader: reader.add_items(_last_two(reader)),
    pickle.SETITEMS: lambda reader: reader.add_items(reader.parts()),
    pickle.GET: _pushed(lambda reader: reader.memo[_whole_number(reader.line())]),
    pickle.BINGET: _pushed(lambda reader: reader.memo[reader.number("<B")]),
    pickle.LONG_BINGET: _pushed(lambda reader: reader.memo[reader.number("<I")]),
    pickle.PUT: lambda reader: _remember(reader, _whole_number(reader.line())),
    pickle.BINPUT: lambda reader: _remember(reader, reader.number("<B")),
    pickle.LONG_BINPUT: lambda reader: _remember(reader, reader.number("<I")),
    pickle.MEMOIZE: lambda reader: _remember(reader, len(reader.memo)),
    pickle.GLOBAL: lambda reader: reader.name(reader.line(), reader.line()),
    pickle.STACK_GLOBAL: _stack_name,
    pickle.REDUCE: lambda reader: reader.call(),
    pickle.BUILD: lambda reader: reader.build(),
    pickle.BINPERSID: _refer,
    pickle.READONLY_BUFFER: lambda _: None,
}

STEPS = {code[0]: step for code, step in _STEPS.items()}
"""What each instruction does, by its byte."""
