"""Compiled kernels without the compiler.

numba compiles a kernel; its machine code is kept on disk. A later process copies that code into
memory and calls it through ctypes, and never imports numba, which would take most of the time and
memory of a small run.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from segeval.kernels import store
from segeval.kernels.call import MachineCode, Signature
from segeval.kernels.digest import digest
from segeval.kernels.runtime import version_of

TESTED_NUMBA = ("0.68.",)
"""Releases whose way of calling a function is known to be the one described in `call`."""

SUPPORTED = (
    sys.platform == "linux" and sys.maxsize > 2**32 and version_of("numba").startswith(TESTED_NUMBA)
)
"""Elsewhere numba calls its kernels itself."""

_told: list[Callable[[], None]] = []


@contextmanager
def telling(tell: Callable[[], None]) -> Iterator[None]:
    """While it lasts, call a function whenever a kernel has to be compiled first, which is slow."""
    _told.append(tell)
    try:
        yield
    finally:
        _told.remove(tell)


def load(function: Callable[..., Any], signature: Signature) -> Callable[..., Any]:
    """A kernel for arguments of some types: from the disk, or else compiled and kept there."""
    if not SUPPORTED:
        return _called_by_numba(function)
    compiled = store.find(name := _name(function, signature))
    if compiled is None:
        from segeval.kernels.compile import compile_kernel

        for tell in tuple(_told):
            tell()
        compiled = compile_kernel(function, signature)
        if compiled is None:  # rare and harmless: its code needs more than we can give it
            return _called_by_numba(function)
        store.keep(name, compiled)
    return MachineCode(*compiled.load(), function.__qualname__, compiled.returns, signature)


def _name(function: Callable[..., Any], signature: Signature) -> str:
    """What the machine code of a kernel is kept under."""
    module = function.__module__.rpartition(".")[2]
    made_from = digest(function, signature, store.circumstances())
    return f"{module}.{function.__qualname__}-{made_from}"


def _called_by_numba(function: Callable[..., Any]) -> Callable[..., Any]:
    """A kernel that numba compiles, keeps and calls itself."""
    from segeval.kernels.compile import dispatcher

    return dispatcher(function)
