"""The one door to numba: every kernel of segeval is compiled the same way.

A kernel is a promise: it is compiled, or its machine code loaded from the disk, when it is first
called with arguments of some types. numba is imported only to compile.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import cache, update_wrapper
from typing import Any, TypeVar, cast

F = TypeVar("F", bound=Callable[..., Any])

_LOCK = threading.RLock()


class Promise:
    """A function that is compiled when it is needed.

    Args:
        function: the Python function that it stands for.
        make_inner: makes the object of numba's that other kernels call.
    """

    def __init__(
        self, function: Callable[..., Any], make_inner: Callable[[Callable[..., Any]], Any]
    ) -> None:
        update_wrapper(self, function)
        self._function = function
        self._make_inner = make_inner
        self._inner: Any = None
        self._compiled: dict[Any, Callable[..., Any]] = {}

    def __call__(self, *arguments: Any) -> Any:
        """Call the kernel, compiled for the types of these arguments."""
        from segeval.kernels.machine_code import signature_of

        signature = signature_of(arguments)
        compiled = self._compiled.get(signature)
        if compiled is None:
            with _LOCK:  # threads that need the same kernel wait for one of them to compile it
                if signature not in self._compiled:
                    self._compiled[signature] = _compiled(self._function, signature)
                compiled = self._compiled[signature]
        return compiled(*arguments)

    def inner(self) -> Any:
        """What other kernels call; made once, while one of them is compiled."""
        with _LOCK:
            if self._inner is None:
                self._inner = self._make_inner(self._function)
            return self._inner


def kernel(function: F) -> F:
    """Compile a function over arrays: no GIL, kept on disk, exact arithmetic (no fastmath).

    It is called with positional arguments only. An array that it returns is a new one: never an
    argument, never a view (`machine_code` takes over its memory and trusts it to be contiguous).
    """
    return cast(F, Promise(function, compile_inner))


def compile_inner(function: Callable[..., Any]) -> Any:
    """Numba's object for a function that other kernels call: without wrappers for Python."""
    import numba

    _introduce_promises()
    options: Any = {"no_cfunc_wrapper": True, "no_cpython_wrapper": True}
    # numpy's error model: a division needs no test for 0, and so kernels raise nothing
    return numba.njit(error_model="numpy", **options)(function)


def _compiled(function: Callable[..., Any], signature: Any) -> Callable[..., Any]:
    """A kernel for arguments of some types."""
    from segeval.kernels import machine_code

    if machine_code.SUPPORTED:
        try:
            return machine_code.compiled(function, signature)
        except machine_code.UnknownSymbolError:
            pass  # rare and harmless: numba itself can call it
    return _called_by_numba(function)


@cache
def _called_by_numba(function: Callable[..., Any]) -> Callable[..., Any]:
    """A kernel that numba compiles, caches and calls."""
    import numba

    _introduce_promises()
    made: Callable[..., Any] = numba.njit(nogil=True, cache=True, error_model="numpy")(function)
    return made


@cache
def _introduce_promises() -> None:
    """Teach numba's type inference that a promise used in a kernel is what it promises."""
    from numba.core.registry import cpu_target
    from numba.extending import typeof_impl

    @typeof_impl.register(Promise)
    def _(promise: Promise, _: Any) -> Any:
        made = promise.inner()
        cpu_target.typing_context.refresh()  # an intrinsic just made is not known yet
        cpu_target.target_context.refresh()
        return cpu_target.typing_context.resolve_value_type(made)
