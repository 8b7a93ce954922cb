"""Calling machine code through ctypes.

A kernel compiled by numba is a C function: `int32 kernel(result *, exception **, arguments...)`. An
array is passed as its fields (owner, parent, items, item size, data, shape, strides), a tuple as
its elements. A returned array owns a block allocated by numba's runtime (NRT). These conventions
are private to numba: if they change, see numba/core/callconv.py and numba/core/runtime/nrt.cpp.
"""

from __future__ import annotations

import ctypes
import struct
from collections.abc import Callable
from typing import Any

import numpy as np

from segeval.kernels.runtime import free
from segeval.kernels.stop import STOPPED, WORD

Signature = tuple[Any, ...]
"""The types of the arguments: "i8", "u8", "f8", "b1" for scalars, (dtype, dimensions, layout,
writeable) for arrays, (None, types...) for tuples."""

_SCALARS = {"i8": "q", "u8": "Q", "f8": "d", "b1": "?"}
_CTYPES = {"i8": ctypes.c_int64, "u8": ctypes.c_uint64, "f8": ctypes.c_double, "b1": ctypes.c_uint8}


def signature_of(arguments: tuple[Any, ...]) -> Signature:
    """The types of arguments."""
    return tuple(_kind(argument) for argument in arguments)


class MachineCode:
    """A kernel for one signature, ready to call.

    Args:
        address: of the kernel.
        owner: keeps the machine code alive.
        name: of the kernel, for messages.
        returns: the type of its result, as in a `Signature`; None for nothing.
        signature: the types of its arguments.
    """

    def __init__(
        self, address: int, owner: object, name: str, returns: Any, signature: Signature
    ) -> None:
        kinds = [ctypes.c_void_p, ctypes.c_void_p]
        for kind in signature:
            kinds += _argument_types(kind)
        self._owner = owner
        self._call = ctypes.CFUNCTYPE(ctypes.c_int32, *kinds)(address)  # releases the GIL
        self._name = name
        self._returns = returns
        self._format = "@" + ("P" if returns is None else _result_format(returns))

    def __call__(self, *arguments: Any) -> Any:
        """Run the kernel, while other threads may run."""
        flat: list[Any] = []
        for argument in arguments:
            _flatten(argument, flat)
        result = ctypes.create_string_buffer(struct.calcsize(self._format))
        exception = ctypes.c_void_p()
        was_armed = WORD.is_armed
        try:  # `stop.stoppable`, which would take longer than a small kernel
            if not was_armed:
                WORD.arm()
            status = self._call(ctypes.addressof(result), ctypes.addressof(exception), *flat)
        finally:
            if not was_armed:
                WORD.disarm()
        if status == STOPPED:
            raise KeyboardInterrupt
        if status > 0:  # kernels raise nothing, so memory for an array was lacking
            raise MemoryError(f"kernel {self._name} stopped with status {status}")
        if self._returns is None:
            return None
        return _result(self._returns, iter(struct.unpack(self._format, result.raw)))


def _kind(argument: Any) -> Any:
    """The type of one argument."""
    if isinstance(argument, np.ndarray):
        layout = "C" if argument.flags.c_contiguous else "A"
        return argument.dtype.str, argument.ndim, layout, argument.flags.writeable
    if isinstance(argument, tuple):
        return None, *(_kind(element) for element in argument)
    if isinstance(argument, bool | np.bool_):
        return "b1"
    if isinstance(argument, np.uint64):
        return "u8"
    if isinstance(argument, int | np.integer):
        return "i8"
    if isinstance(argument, float | np.floating):
        return "f8"
    raise TypeError(f"a kernel got a {type(argument).__name__}")


def _argument_types(kind: Any) -> list[Any]:
    """The C types of an argument."""
    if isinstance(kind, str):
        return [_CTYPES[kind]]
    if kind[0] is None:
        return [c for element in kind[1:] for c in _argument_types(element)]
    pointer, number = ctypes.c_void_p, ctypes.c_int64
    return [pointer, pointer, number, number, pointer, *[number] * (2 * kind[1])]


def _flatten(argument: Any, flat: list[Any]) -> None:
    """Append the C arguments for one argument."""
    if isinstance(argument, np.ndarray):
        data = argument.__array_interface__["data"][0]
        flat += (None, None, argument.size, argument.itemsize, data)
        flat += argument.shape
        flat += argument.strides
    elif isinstance(argument, tuple):
        for element in argument:
            _flatten(element, flat)
    else:
        flat.append(argument)


def _result_format(kind: Any) -> str:
    """The fields of a result, for the struct module."""
    if isinstance(kind, str):
        return _SCALARS[kind]
    if kind[0] is None:
        return "".join(_result_format(element) for element in kind[1:])
    return "PPqqP" + "q" * int(2 * kind[1])


def _result(kind: Any, fields: Any) -> Any:
    """A result from its fields."""
    if isinstance(kind, str):
        return next(fields)
    if kind[0] is None:
        return tuple(_result(element, fields) for element in kind[1:])
    owner, _, _, _, data = (next(fields) for _ in range(5))
    shape = tuple(next(fields) for _ in range(kind[1]))
    for _ in range(kind[1]):
        next(fields)  # strides: returned arrays are contiguous
    if not owner:
        raise TypeError("a kernel returned one of its arguments, expected a new array")
    return np.asarray(_Block(owner, data, shape, kind[0]))


class _Block:
    """Memory that a kernel allocated for an array; it is freed with the array."""

    def __init__(self, owner: int, data: int, shape: tuple[int, ...], dtype: str) -> None:
        self._owner = owner
        self.__array_interface__ = {
            "version": 3,
            "data": (data, False),
            "shape": shape,
            "typestr": dtype,
        }

    def __del__(self, free: Callable[[int], None] = free) -> None:
        free(self._owner)
