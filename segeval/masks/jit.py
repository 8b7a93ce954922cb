"""The one door to numba: every kernel of segeval is compiled the same way."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numba

F = TypeVar("F", bound=Callable[..., Any])


def kernel(function: F) -> F:
    """Compile a function over arrays: no GIL, cached on disk, exact arithmetic (no fastmath)."""
    compiled: F = numba.njit(nogil=True, cache=True, error_model="numpy")(function)
    return compiled


def inlined(function: F) -> F:
    """Compile a small function whose body is copied into the kernels that call it."""
    compiled: F = numba.njit(nogil=True, cache=True, error_model="numpy", inline="always")(function)
    return compiled
