"""The machine of pickles: a stack, and what a pickle may put on it.

Python's own reader builds objects while it reads: a file can choose what is called, how long a
table of references is, or an array whose parts lie outside of its bytes. This machine knows plain
values and containers. A function of a short list that the file calls becomes a `Call`, a
description, and the readers of arrays and of tensors compare what it claims with the bytes that
exist.
"""

from __future__ import annotations

import struct
from collections.abc import Collection
from dataclasses import dataclass
from functools import partial
from typing import Any

MARK = object()
"""Where the parts of a container begin on the stack."""

CONTAINERS = ("collections.OrderedDict", "collections.Counter", "builtins.set")
"""Containers that a pickle makes by calling their type."""

TEXT_AS_BYTES = "_codecs.encode"
"""The function by which older protocols write bytes; its codec is always latin1."""

ENDED = "it ends at byte {:,}, before its last value"

LARGEST_KEY = 1 << 63
"""Larger whole numbers may have equal hashes, with which a table takes forever."""


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


class Machine:
    """A machine with a stack, as the pickle protocol describes it.

    Args:
        data: bytes of the file.
        allowed: names with their modules that may occur, besides those of containers.
        place: where the pickle begins.
    """

    def __init__(self, data: memoryview, allowed: Collection[str], place: int) -> None:
        self.data, self.allowed, self.place = data, allowed, place
        self.stack: list[Any] = []
        self.memo: dict[int, Any] = {}
        self.stored: list[Stored] = []
        self.left = len(data)  # values that calls may copy: each is in the file once

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
        """Add keys and values in turn to the table on top."""
        found = self.top(dict)
        for place in range(0, len(parts), 2):
            found[allowed_key(parts[place])] = parts[place + 1]


def allowed_key(value: Any) -> Any:
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
        return {allowed_key(each) for each in values}
    pairs = values.items() if isinstance(values, dict) else values
    return {allowed_key(key): value for key, value in pairs}
