"""A digest of everything that numba freezes into a kernel, as the name of its machine code.

A compiled kernel holds its own instructions and constants, those of every kernel that it calls, and
the value of every global name that any of them reads. Exactly this is digested: a changed constant
in another module compiles the kernel again, a changed comment does not. A value of an unknown kind
is an error.
"""

from __future__ import annotations

import opcode
import sys
from collections.abc import Callable, Iterator
from functools import cache
from hashlib import blake2b
from pathlib import Path
from types import BuiltinFunctionType, CodeType, EllipsisType, FunctionType, ModuleType
from typing import Any

import numpy as np

from segeval.kernels.function import KernelFunction

Function = Callable[..., Any]

PINNED = sys.stdlib_module_names | {"numpy", "numba", "llvmlite"}
"""Packages whose version, which `store` digests, stands for their contents."""

MARKS = ("is_uninterruptible", "is_merged")
"""What decorators write into a function, and the compiler reads."""

_PLAIN = (type(None), bool, int, float, complex, str, bytes, EllipsisType)
"""Types whose `repr` is unique for each value."""


def digest(function: Function, *more: object, anew: bool = False) -> str:
    """A digest of a kernel's Python function, of all that it calls, and of a few plain values.

    Values are read once per process: like numba, this takes names of a module for constants.

    Args:
        function: the decorated function.
        more: other values that affect compilation; their `repr` is digested.
        anew: read values again that this process has read before.

    Raises:
        TypeError: if the kernel reads something that might not be constant.
    """
    return _digested(function, more, _described.__wrapped__ if anew else _described)


def source_digest(function: Function, *more: object) -> str:
    """The same for all releases of Python: of source files in place of byte code.

    A changed comment changes it.

    Raises:
        OSError: if a source file is missing.
        TypeError: if the kernel reads something that might not be constant.
    """
    return _digested(function, more, _described_by_source)


def _digested(
    function: Function,
    more: tuple[object, ...],
    describe: Callable[[Function, CodeType], tuple[str, tuple[Function, ...]]],
) -> str:
    """A digest of the descriptions of a function and all that it calls."""
    hashed = blake2b(repr(more).encode(), digest_size=16)
    reached = [function]  # in an order that depends on the code alone
    places = {function: 0}
    for one in reached:  # grows in the loop
        text, used = describe(one, one.__code__)
        for other in used:
            if places.setdefault(other, len(reached)) == len(reached):
                reached.append(other)
        hashed.update(f"{text} {[places[other] for other in used]}".encode())
    return hashed.hexdigest()


@cache
def _described(function: Function, _: CodeType) -> tuple[str, tuple[Function, ...]]:
    """Description of a function with its code alone, and the functions that it uses, in order.

    The code is a part of the key, since notebooks that reload modules put new code into functions.
    """
    description = _Description(function)
    return "\n".join(description.parts()), tuple(description.used)


@cache
def _described_by_source(function: Function, _: CodeType) -> tuple[str, tuple[Function, ...]]:
    """Description of a function by its source file, and the functions that it uses, in order."""
    description = _Description(function)
    description.names.sort()  # releases of Python order them differently
    title = f"{function.__module__}.{function.__qualname__} {_source(function.__module__)}"
    return "\n".join([title, *description.values()]), tuple(description.used)


@cache
def _source(module: str) -> str:
    """A digest of the source file of a module."""
    file = sys.modules[module].__file__
    if file is None:
        raise FileNotFoundError(f"{module} has no source file")
    return blake2b(Path(file).read_bytes(), digest_size=16).hexdigest()


class _Description:
    """Collects everything that defines one function.

    Args:
        function: a Python function.

    Attributes:
        used: functions that it calls, to be described separately.
        names: of globals that it reads, and of attributes.
    """

    def __init__(self, function: Any) -> None:
        self.used: list[Function] = []
        self._function = function
        self.names = list(dict.fromkeys(_names(function.__code__)))

    def parts(self) -> Iterator[str]:
        """The code, and values that it reads."""
        function = self._function
        yield self._code(function.__code__, has_docstring=_has_docstring(function))
        yield from self.values()

    def values(self) -> Iterator[str]:
        """Bound values, and values of global names."""
        function = self._function
        yield from (mark for mark in MARKS if getattr(function, mark, False))
        for name in ("__defaults__", "__kwdefaults__"):
            yield self._value(name, getattr(function, name))
        for cell in function.__closure__ or ():
            yield self._value("a name of the function around it", cell.cell_contents)
        yield from self._globals(function.__globals__, set())

    def _globals(self, names: dict[str, Any], modules: set[str]) -> Iterator[str]:
        """Values of the names that the code reads.

        The names include attributes. Looking these up too finds `labels.FIRST` where `labels` is a
        module of this package, though the digest then depends on more than it must.
        """
        for name in self.names:
            if name not in names:
                continue
            value = names[name]
            if not isinstance(value, ModuleType) or _is_pinned(value.__name__):
                yield f"{name} {self._value(name, value)}"
            elif value.__name__ not in modules:
                modules.add(value.__name__)
                yield from self._globals(vars(value), modules)

    def _value(self, name: str, value: Any) -> str:
        """One frozen value."""
        kind = type(value)
        if kind is KernelFunction:
            self.used.append(value.function)
            return "instruction" if value.is_instruction else "kernel"
        if kind is FunctionType:
            self.used.append(value)
            return "function"
        if kind in _PLAIN:
            return f"{kind.__name__} {value!r}"
        if kind in (tuple, frozenset, dict):
            parts = [self._value(name, part) for part in (value.items() if kind is dict else value)]
            return f"{kind.__name__} {sorted(parts) if kind is frozenset else parts}"
        if kind is CodeType:
            return self._code(value, has_docstring=False)
        if (kind is np.ndarray or isinstance(value, np.generic)) and not value.dtype.hasobject:
            return f"{value.dtype!r} {value.shape} {value.strides} {value.tobytes()!r}"
        if kind is ModuleType:
            return f"module {value.__name__}"
        if kind in (type, BuiltinFunctionType) and _is_pinned(str(value.__module__)):
            return f"{value.__module__}.{value.__qualname__}"
        raise TypeError(
            f"{self._title} reads {name}, a {kind.__name__}; expected a kernel, a number, text, a "
            "tuple or a NumPy array"
        )

    def _code(self, code: CodeType, *, has_docstring: bool) -> str:
        """The contents of a code object, apart from its place in the file."""
        for name in _imports(code):
            if not _is_pinned(name):
                raise TypeError(f"{self._title} imports {name} inside: import it above")
        return repr(
            (
                (code.co_code, code.co_flags, code.co_exceptiontable),
                (code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount),
                (code.co_names, code.co_varnames, code.co_freevars, code.co_cellvars),
                # Without the docstring, which kernels never read.
                [self._value("a constant", c) for c in code.co_consts[1 if has_docstring else 0 :]],
            )
        )

    @property
    def _title(self) -> str:
        return f"kernel {self._function.__module__}.{self._function.__qualname__}"


def _names(code: CodeType) -> Iterator[str]:
    """Names of globals and attributes in a code object and all code inside it."""
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)


def _imports(code: CodeType) -> Iterator[str]:
    """Names of the modules that a code object imports."""
    instruction, wide = opcode.opmap["IMPORT_NAME"], opcode.EXTENDED_ARG
    operations, arguments = code.co_code[::2], code.co_code[1::2]
    if instruction not in operations:
        return
    high = 0
    for operation, argument in zip(operations, arguments, strict=True):
        argument |= high << 8
        high = argument if operation == wide else 0
        if operation == instruction:
            yield code.co_names[argument]


def _has_docstring(function: Any) -> bool:
    """Whether the first constant of a function is its docstring."""
    text = function.__doc__
    return text is not None and function.__code__.co_consts[:1] == (text,)


def _is_pinned(module: str) -> bool:
    """Whether a module changes only with its package's version."""
    return module.partition(".")[0] in PINNED
