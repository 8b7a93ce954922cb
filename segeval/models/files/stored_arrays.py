"""NumPy's arrays and numbers in pickles, from the descriptions of their calls."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.models.files.pickle_machine import Call, Damaged

REBUILT = "numpy._core.multiarray._reconstruct"
FROM_BUFFER = "numpy._core.numeric._frombuffer"
SCALAR = "numpy._core.multiarray.scalar"

NAMES = frozenset(
    name
    for current in ("numpy.dtype", "numpy.ndarray", REBUILT, FROM_BUFFER, SCALAR)
    for name in (current, current.replace("numpy._core", "numpy.core"))
)
"""Names that arrays and numbers need, as NumPy 1 and 2 write them."""

PLAIN = frozenset(f"{kind}{size}" for kind in "iuf" for size in (1, 2, 4, 8)) - {"f1"} | {"b1"}
"""Codes of whole numbers, floats and bools."""

MOST_SIDES = 32


def array_of(value: Any) -> NDArray[Any] | None:
    """The array of numbers that a call describes; None for anything else.

    Raises:
        Damaged: if its shape does not fit its bytes.
    """
    name = _current(value)
    if name == REBUILT and isinstance(value.state, tuple) and len(value.state) == 5:
        _, shape, dtype, by_column, data = value.state
    elif name == FROM_BUFFER and len(value.arguments) == 4:
        data, dtype, shape, order = value.arguments
        by_column = order == "F"
    elif name == SCALAR and len(value.arguments) == 2:
        dtype, data = value.arguments
        shape, by_column = (), False
    else:
        return None
    kind = _plain_dtype(dtype)
    return None if kind is None else _filled(kind, shape, data, by_column=bool(by_column))


def is_scalar(value: Any) -> bool:
    """Whether a call describes one number of NumPy."""
    return _current(value) == SCALAR


def described(value: Any) -> str:
    """The type of a value in a message."""
    if isinstance(value, Call):
        arrays = (REBUILT, FROM_BUFFER)
        return "ndarray" if _current(value) in arrays else f"a call of {value.name}"
    return "bytes" if isinstance(value, memoryview) else type(value).__name__


def check_shape(shape: Any) -> tuple[int, ...]:
    """A shape that is one.

    Raises:
        Damaged: for anything else.
    """
    if (
        not isinstance(shape, tuple)
        or len(shape) > MOST_SIDES
        or not all(type(side) is int and 0 <= side < 1 << 40 for side in shape)
    ):
        raise Damaged(f"{str(shape)[:40]} is no shape of an array")
    return shape


def _current(value: Any) -> str:
    """NumPy's current name for a called function; "" for other values."""
    return value.name.replace("numpy.core", "numpy._core") if isinstance(value, Call) else ""


def _plain_dtype(value: Any) -> np.dtype[Any] | None:
    """The type that a call describes; None unless it is of plain numbers."""
    if _current(value) != "numpy.dtype" or not value.arguments:
        return None
    code = value.arguments[0]
    if not isinstance(code, str) or code not in PLAIN:
        return None
    order = value.state[1] if isinstance(value.state, tuple) and len(value.state) > 1 else "="
    return np.dtype(code).newbyteorder(">" if order == ">" else "<")


def _filled(kind: np.dtype[Any], shape: Any, data: Any, *, by_column: bool) -> NDArray[Any]:
    """An array over bytes that exist."""
    if isinstance(data, str):  # Python 2 writes bytes as text
        data = memoryview(data.encode("latin-1"))
    if not isinstance(data, memoryview):
        raise Damaged("an array has no bytes")
    shape = check_shape(shape)
    claimed = math.prod(shape) * kind.itemsize
    if claimed != len(data):
        raise Damaged(f"an array of shape {shape} needs {claimed:,} bytes, and has {len(data):,}")
    return np.frombuffer(data, kind).reshape(shape, order="F" if by_column else "C")
