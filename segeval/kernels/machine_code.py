"""Compiled kernels without the compiler.

numba compiles a kernel, and its machine code is kept on disk. A later process copies that code into
memory and calls it through ctypes, without importing numba, which would take most of the time and
memory of a small run.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from segeval.kernels import announce, built, origin, store
from segeval.kernels.call import MachineCode, Signature
from segeval.kernels.checked import CHECKED
from segeval.kernels.digest import digest
from segeval.kernels.runtime import version_of
from segeval.kernels.store import Compiled

TESTED_NUMBA = ("0.68.",)
"""Releases tested to follow the calling convention in `call`."""

SUPPORTED = (
    not CHECKED
    and sys.platform == "linux"
    and sys.maxsize > 2**32
    and version_of("numba").startswith(TESTED_NUMBA)
)
"""Elsewhere numba calls its kernels itself."""


def load(function: Callable[..., Any], signature: Signature) -> Callable[..., Any]:
    """A kernel for arguments of some types: from the package, from disk, or compiled and stored."""
    if not SUPPORTED:
        return _called_by_numba(function)
    compiled = built.find(function, signature) or _kept_or_made(function, signature)
    if compiled is None:  # rare and harmless: its code needs a process with numba
        return _called_by_numba(function)
    return MachineCode(*compiled.load(), function.__qualname__, compiled.returns, signature)


def _kept_or_made(function: Callable[..., Any], signature: Signature) -> Compiled | None:
    """A kernel from the user's folder, or else compiled; None if its code needs numba."""
    name = name_of(function, signature)
    return store.find(name) or _made(function, signature, name)


def _made(function: Callable[..., Any], signature: Signature, name: str) -> Compiled | None:
    """A kernel compiled by other processes or by this one; None if its code needs numba."""
    from segeval.kernels import crew, listed

    announce.compiling(store.obstacle(), crew.workers())
    wanted = listed.Listed(function.__module__, function.__qualname__, signature)
    with announce.timed():
        return crew.compiled(wanted, name) or compile_and_keep(function, signature, name)


def compile_and_keep(
    function: Callable[..., Any], signature: Signature, name: str
) -> Compiled | None:
    """A kernel compiled by this process; None if its code needs numba."""
    from segeval.kernels.compile import compile_kernel

    compiled = compile_kernel(function, signature)
    # Names that the kernel reads may have changed since they were digested.
    if compiled and origin.is_unchanged() and name_of(function, signature, anew=True) == name:
        store.keep(name, compiled)
    return compiled


def name_of(function: Callable[..., Any], signature: Signature, *, anew: bool = False) -> str:
    """The name under which a kernel's machine code is stored."""
    module = function.__module__.rpartition(".")[2]
    made_from = digest(function, signature, store.circumstances(), anew=anew)
    return f"{module}.{function.__qualname__}-{made_from}"


def _called_by_numba(function: Callable[..., Any]) -> Callable[..., Any]:
    """A kernel that numba itself compiles, stores and calls."""
    from segeval.kernels.compile import dispatcher

    return dispatcher(function)
