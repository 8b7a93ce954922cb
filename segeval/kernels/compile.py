"""Compiling kernels with numba: imported only to compile, as importing numba takes long."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from types import FunctionType
from typing import Any, cast

import numba
import numpy as np
from numba import types
from numba.core.registry import cpu_target
from numba.extending import intrinsic, typeof_impl
from numba.np.numpy_support import as_dtype, from_dtype

from segeval.kernels import image, store, trusted
from segeval.kernels.call import Signature
from segeval.kernels.checked import CHECKED, tighten
from segeval.kernels.digest import digest
from segeval.kernels.function import LOCK, KernelFunction
from segeval.kernels.loops import Compiler
from segeval.kernels.object_file import ObjectFile, UnknownObjectError
from segeval.kernels.parts import PartCompiler
from segeval.kernels.runtime import is_known
from segeval.kernels.stop import stoppable
from segeval.kernels.store import Compiled

_UNKNOWN_CODE = "unknown error when calling native function"
"""What numba says of a code that it does not know."""

_BARE: Any = {"no_cfunc_wrapper": True, "no_cpython_wrapper": True}
"""Options of what nobody calls through numba."""

if CHECKED:
    tighten()


def compile_kernel(function: Callable[..., Any], signature: Signature) -> Compiled | None:
    """Compile a kernel with numba for arguments of some types.

    Returns:
        The kernel; None if its machine code runs only in a process with numba.
    """
    whole = _whole(function)
    whole.compile(tuple(_numba_type(kind) for kind in signature))
    [result] = whole.overloads.values()
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
    named.__qualname__ = f"{function.__qualname__}_{digest(function, store.circumstances())}"
    with _kept_folder() as is_kept:
        made = _njit(named, nogil=True, cache=is_kept)

    def call(*arguments: Any) -> Any:
        with stoppable():
            try:
                return made(*arguments)
            except SystemError as problem:
                if str(problem) != _UNKNOWN_CODE:
                    raise
                raise KeyboardInterrupt from None  # `stop.STOPPED`

    return call


@contextmanager
def _kept_folder() -> Iterator[bool]:
    """Numba's own folder, inside ours; whether it may be used.

    numba runs what it finds there without a look at who wrote it, so only this user may enter.
    """
    if not trusted.CAN_CHECK:
        yield True
        return
    config: Any = numba.config
    before, place = config.CACHE_DIR, store.folder()
    try:
        if place is not None:
            place = place / "numba"
            with trusted.opened(place, make=True) as folder:
                is_kept = not os.fstat(folder).st_mode & 0o077 and os.access(place, os.W_OK)
        else:
            is_kept = False
    except OSError:
        is_kept = False
    config.CACHE_DIR = str(place or "")
    try:
        yield is_kept
    finally:
        config.CACHE_DIR = before


def _image(file: ObjectFile, symbol: str) -> image.Image | None:
    """The image of an object file, if there is one."""
    if not image.CAN_RUN:
        return None
    try:
        return file.image(symbol)
    except UnknownObjectError:  # LLVM can still link it
        return None


def _whole(function: Callable[..., Any]) -> Any:
    """Numba's object for a kernel that is kept as machine code, without wrappers for Python."""
    return _njit(function, **_BARE)


def _part(function: Callable[..., Any]) -> Any:
    """Numba's object for a function that other kernels call."""
    return _njit(function, PartCompiler, **_BARE)


def _njit(function: Callable[..., Any], compiler: type[Compiler] = Compiler, **options: Any) -> Any:
    """A function for numba to compile.

    numpy's error model: division does not test for 0, so kernels raise nothing.
    """
    made = numba.njit(error_model="numpy", boundscheck=CHECKED, pipeline_class=compiler, **options)
    return made(function)


@typeof_impl.register(KernelFunction)
def _(function: KernelFunction, _: Any) -> Any:
    """Tell numba's type inference about a function that a kernel calls."""
    with LOCK:
        made_from = digest(function.function, anew=True)
        if function.inner is None or function.inner_digest != made_from:
            make = intrinsic if function.is_instruction else _part
            function.inner = make(function.function)
            function.inner_digest = made_from
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
