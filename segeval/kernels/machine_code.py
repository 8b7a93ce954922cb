"""Compiled kernels without the compiler.

numba compiles a kernel, and its machine code is kept on disk. A later process copies that code into
memory and calls it through ctypes, without importing numba, which would take most of the time and
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
"""Releases tested to follow the calling convention in `call`."""

SUPPORTED = (
    sys.platform == "linux" and sys.maxsize > 2**32 and version_of("numba").startswith(TESTED_NUMBA)
)
"""Elsewhere numba calls its kernels itself."""

_told: list[Callable[[], None]] = []


@contextmanager
def telling(tell: Callable[[], None]) -> Iterator[None]:
    """A context that calls a function before a kernel is compiled, which is slow."""
    _told.append(tell)
    try:
        yield
    finally:
        _told.remove(tell)


def load(function: Callable[..., Any], signature: Signature) -> Callable[..., Any]:
    """A kernel for arguments of some types: from disk, or else compiled and stored."""
    if not SUPPORTED:
        return _called_by_numba(function)
    compiled = store.find(name := _name(function, signature))
    if compiled is None:
        from segeval.kernels.compile import compile_kernel

        for tell in tuple(_told):
            tell()
        compiled = compile_kernel(function, signature)
        if compiled is None:  # rare and harmless: its code needs a process with numba
            return _called_by_numba(function)
        store.keep(name, compiled)
    return MachineCode(*compiled.load(), function.__qualname__, compiled.returns, signature)


def _name(function: Callable[..., Any], signature: Signature) -> str:
    """The name under which a kernel's machine code is stored."""
    module = function.__module__.rpartition(".")[2]
    made_from = digest(function, signature, store.circumstances())
    return f"{module}.{function.__qualname__}-{made_from}"


def _called_by_numba(function: Callable[..., Any]) -> Callable[..., Any]:
    """A kernel that numba itself compiles, stores and calls."""
    from segeval.kernels.compile import dispatcher

    return dispatcher(function)
