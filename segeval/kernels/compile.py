"""Compiling kernels with numba: imported only to compile, as importing numba takes long."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import cache
from types import FunctionType
from typing import Any, cast

import numba
import numpy as np
from numba import types
from numba.core.registry import cpu_target
from numba.extending import intrinsic, typeof_impl
from numba.np.numpy_support import as_dtype, from_dtype

from segeval.kernels import image
from segeval.kernels.call import Signature
from segeval.kernels.digest import digest
from segeval.kernels.function import KernelFunction
from segeval.kernels.object_file import ObjectFile, UnknownObjectError
from segeval.kernels.runtime import is_known
from segeval.kernels.store import Compiled

_LOCK = threading.RLock()


def compile_kernel(function: Callable[..., Any], signature: Signature) -> Compiled | None:
    """Compile a kernel with numba for arguments of some types.

    Returns:
        The kernel; None if its machine code runs only in a process with numba.
    """
    inner = _inner(function)
    inner.compile(tuple(_numba_type(kind) for kind in signature))
    [result] = inner.overloads.values()
    _, _, (code, _) = result.library.serialize_using_object_code()
    symbol = result.fndesc.llvm_func_name
    returns = _from_numba_type(result.signature.return_type)
    file = ObjectFile(code)
    if not all(is_known(name) for name in file.undefined()):
        return None
    return Compiled(symbol, returns, _image(file, symbol) or code)


@cache
def dispatcher(function: Any) -> Callable[..., Any]:
    """A kernel that numba compiles, keeps on disk and calls.

    numba finds it again by its name and file; the digest in the name covers constants of other
    files.
    """
    named = FunctionType(
        function.__code__,
        function.__globals__,
        function.__name__,
        function.__defaults__,
        function.__closure__,
    )
    named.__module__ = function.__module__
    named.__qualname__ = f"{function.__qualname__}_{digest(function)}"
    made: Callable[..., Any] = numba.njit(nogil=True, cache=True, error_model="numpy")(named)
    return made


def _image(file: ObjectFile, symbol: str) -> image.Image | None:
    """The image of an object file, if there is one."""
    if not image.CAN_RUN:
        return None
    try:
        return file.image(symbol)
    except UnknownObjectError:  # LLVM can still link it
        return None


def _inner(function: Callable[..., Any]) -> Any:
    """Numba's object for a function that other kernels call, without wrappers for Python."""
    options: Any = {"no_cfunc_wrapper": True, "no_cpython_wrapper": True}
    # numpy's error model: division does not test for 0, so kernels raise nothing
    return numba.njit(error_model="numpy", **options)(function)


@typeof_impl.register(KernelFunction)
def _(function: KernelFunction, _: Any) -> Any:
    """Tell numba's type inference about a function that a kernel calls."""
    with _LOCK:
        if function.inner is None:
            make = intrinsic if function.is_instruction else _inner
            function.inner = make(function.function)
            cpu_target.typing_context.refresh()  # makes the new intrinsic known
            cpu_target.target_context.refresh()
    return cpu_target.typing_context.resolve_value_type(function.inner)


def _numba_type(kind: Any) -> Any:
    """The type of an argument."""
    if isinstance(kind, str):
        return {"i8": types.int64, "u8": types.uint64, "f8": types.float64, "b1": types.boolean}[
            kind
        ]
    if kind[0] is None:
        return types.Tuple([_numba_type(element) for element in kind[1:]])
    dtype, dimensions, layout, writeable = kind
    return types.Array(from_dtype(np.dtype(dtype)), dimensions, layout, readonly=not writeable)


def _from_numba_type(kind: Any) -> Any:
    """The type of a result, as in a `Signature`."""
    if isinstance(kind, types.NoneType):
        return None
    if isinstance(kind, types.Array):
        if kind.layout != "C":
            raise TypeError("a kernel returns a view, expected a new array")
        return as_dtype(kind.dtype).str, kind.ndim, "C", True
    if isinstance(kind, types.BaseTuple):
        return None, *(_from_numba_type(element) for element in cast(Any, kind))
    return str(as_dtype(kind).str).lstrip("<|")
