"""Compiled kernels without the compiler.

numba compiles a kernel, and its machine code is kept on disk. A later process copies that code into
memory and calls it through ctypes, without importing numba, which would take most of the time and
memory of a small run.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from segeval.kernels import announce, origin, store
from segeval.kernels.call import MachineCode, Signature
from segeval.kernels.checked import CHECKED
from segeval.kernels.digest import digest
from segeval.kernels.runtime import version_of

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
    """A kernel for arguments of some types: from disk, or else compiled and stored."""
    if not SUPPORTED:
        return _called_by_numba(function)
    compiled = store.find(name := _name(function, signature))
    if compiled is None:
        announce.compiling(store.obstacle())
        from segeval.kernels.compile import compile_kernel

        compiled = compile_kernel(function, signature)
        if compiled is None:  # rare and harmless: its code needs a process with numba
            return _called_by_numba(function)
        # Names that the kernel reads may have changed since they were digested.
        if origin.is_unchanged() and _name(function, signature, anew=True) == name:
            store.keep(name, compiled)
    return MachineCode(*compiled.load(), function.__qualname__, compiled.returns, signature)


def _name(function: Callable[..., Any], signature: Signature, *, anew: bool = False) -> str:
    """The name under which a kernel's machine code is stored."""
    module = function.__module__.rpartition(".")[2]
    made_from = digest(function, signature, store.circumstances(), anew=anew)
    return f"{module}.{function.__qualname__}-{made_from}"


def _called_by_numba(function: Callable[..., Any]) -> Callable[..., Any]:
    """A kernel that numba itself compiles, stores and calls."""
    from segeval.kernels.compile import dispatcher

    return dispatcher(function)
