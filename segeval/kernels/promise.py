"""The one door to numba: every kernel of segeval is compiled the same way.

A kernel is a promise: it is compiled, or its machine code loaded from the disk, when it is first
called with arguments of some types.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

from segeval.kernels.function import KernelFunction
from segeval.kernels.machine_code import load

F = TypeVar("F", bound=Callable[..., Any])


def kernel(function: F) -> F:
    """Compile a function over arrays: no GIL, kept on disk, exact arithmetic (no fastmath).

    It is called with positional arguments only. An array that it returns is a new one: never an
    argument, never a view (`call` takes over its memory and trusts it to be contiguous). Names that
    it reads outside of itself are kernels and constants (`digest` refuses others).
    """
    return cast(F, KernelFunction(function, load))
