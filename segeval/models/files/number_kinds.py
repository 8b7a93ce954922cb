"""Kinds of numbers in files of weights, by the names of safetensors; without PyTorch."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

ITEM_BYTES = {
    "F64": 8, "F32": 4, "F16": 2, "BF16": 2,
    "I64": 8, "I32": 4, "I16": 2, "I8": 1,
    "U8": 1, "BOOL": 1,
}  # fmt: skip
"""Bytes of a number of each kind."""

FLOATS = ("F64", "F32", "F16", "BF16")
"""Kinds of numbers with a fraction."""

DTYPES = {
    "F64": "<f8", "F32": "<f4", "F16": "<f2", "BF16": "<u2",
    "I64": "<i8", "I32": "<i4", "I16": "<i2", "I8": "i1",
    "U8": "u1", "BOOL": "?",
}  # fmt: skip
"""How NumPy holds each kind; it has no bfloat16, whose bits are kept."""

WORDS = {
    "F64": "float64", "F32": "float32", "F16": "float16", "BF16": "bfloat16",
    "I64": "int64", "I32": "int32", "I16": "int16", "I8": "int8", "U8": "uint8", "BOOL": "bool",
}  # fmt: skip
"""Names of the kinds in messages."""


def as_double(values: NDArray[np.generic], kind: str) -> NDArray[np.float64]:
    """Numbers with a fraction in double precision.

    Example:
        >>> as_double(np.array([0x3FC0], np.uint16), "BF16")
        array([1.5])
    """
    if kind == "BF16":
        values = (values.astype(np.uint32) << 16).view(np.float32)
    return values.astype(np.float64)


def from_double(values: NDArray[np.float64], kind: str) -> NDArray[np.generic]:
    """Numbers in double precision as the nearest ones of a kind; ties go to the even one.

    Example:
        >>> hex(from_double(np.array([1.5]), "BF16")[0])
        '0x3fc0'
    """
    if kind != "BF16":
        with np.errstate(over="ignore"):
            return values.astype(DTYPES[kind])
    with np.errstate(over="ignore"):
        single = values.astype(np.float32)
    bits = single.view(np.uint32).copy()
    # Rounded twice, a value could pass a tie: the first time, what is cut leaves an odd last bit.
    inexact = (single.astype(np.float64) != values) & np.isfinite(single)
    bits[inexact & (np.abs(single) > np.abs(values))] -= 1
    bits[inexact] |= 1
    rounded = (bits + 0x7FFF + ((bits >> 16) & 1)) >> 16
    return np.where(np.isnan(values), 0x7FC0, rounded).astype(np.uint16)
