"""The decorator of all kernels of segeval.

A kernel is a promise: it is compiled, or its machine code loaded from disk, when it is first called
with arguments of some types.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

from segeval.kernels.function import KernelFunction
from segeval.kernels.machine_code import load

F = TypeVar("F", bound=Callable[..., Any])


def kernel(function: F) -> F:
    """Compile a function over arrays: no GIL, kept on disk, exact arithmetic (no fastmath).

    Call it with positional arguments only. An array that it returns must be new, neither an
    argument nor a view: `call` takes over its memory and trusts it to be contiguous. Global names
    that it reads must be kernels or constants; `digest` refuses others.
    """
    return cast(F, KernelFunction(function, load))


def uninterruptible(function: F) -> F:
    """A kernel that is over in microseconds: its loops have no stop checks.

    Nor do loops around calls to it, unless they hold another loop. For parts of kernels in which a
    check in every round would take as long as the work.
    """
    function.is_uninterruptible = True  # type: ignore[attr-defined]
    return kernel(function)


def merged(function: F) -> F:
    """A part whose loop is optimised in its callers alone, below `kernel` or `uninterruptible`.

    For loops of a few rounds that are called for each element: `parts` optimises others before.
    """
    function.is_merged = True  # type: ignore[attr-defined]
    return function
