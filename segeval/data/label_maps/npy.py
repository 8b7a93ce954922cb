"""Files of NumPy as arrays; what their header claims is compared with their bytes."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.data.npy_headers import npy_header
from segeval.data.opening import read_bytes
from segeval.errors import FormatError

DAMAGE = (ArithmeticError, MemoryError, RecursionError, SyntaxError, TypeError, ValueError)
"""What bytes that are something else lead to."""


def read_npy(path: str | Path) -> NDArray[Any]:
    """The array of a `.npy` file, in the machine's byte order, of any shape.

    Args:
        path: path of the file. Objects of Python are never read.

    Raises:
        InputError: if there is no such file.
        FormatError: if it is not such a file, or has fewer bytes than its header claims.
    """
    data = read_bytes(path)
    try:
        return _array(data)
    except DAMAGE as error:
        reason = str(error.args[0] if error.args else type(error).__name__).splitlines()[0][:200]
        raise FormatError(
            f"{path}: not a .npy file of numbers ({reason.rstrip('.')}).",
            code="not-an-array",
            path=str(path),
        ) from None


def _array(data: bytearray) -> NDArray[Any]:
    """The array in the bytes of a file.

    Raises:
        ValueError: if they hold none.
    """
    shape, by_column, dtype, place = npy_header(data)
    count = math.prod(shape)
    claimed, found = count * dtype.itemsize, len(data) - place
    if claimed > found or (count and not claimed):
        raise ValueError(f"the shape {str(shape)[:60]} needs {claimed:,} bytes, it has {found:,}")
    flat = np.frombuffer(data, dtype, count, place) if count else np.empty(0, dtype)
    array = flat.reshape(shape, order="F" if by_column else "C")
    return array.astype(dtype.newbyteorder("="), copy=False)
