"""The header of a `.npy` file: what its bytes claim to be."""

from __future__ import annotations

import ast
import re
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

MAGIC = b"\x93NUMPY"

LENGTHS = {(1, 0): 2, (2, 0): 4}
"""Bytes of the length of the header, by the version of the format."""

LONGEST = 1 << 16
"""Most bytes of a header."""

DTYPE = re.compile(r"[<>|=]?[A-Za-z]\d{0,9}")
"""Plain dtypes; others have fields, or are no arrays of numbers."""

LONG = re.compile(r"(?<=\d)L(?=[,)\s])")
"""The mark of Python 2 behind a whole number."""


class Header(NamedTuple):
    """What a header says.

    Attributes:
        shape: sides of the array, not negative.
        by_column: whether the values stand column by column.
        dtype: of the values.
        end: number of bytes before the values.
    """

    shape: tuple[int, ...]
    by_column: bool
    dtype: np.dtype[Any]
    end: int


def npy_header(data: bytes | bytearray | memoryview) -> Header:
    """The header at the beginning of the bytes of a `.npy` file.

    Raises:
        ValueError: if there is none, or it describes something else than an array of plain values;
            also its subclasses, and SyntaxError, RecursionError and MemoryError from odd text.

    Source:
        NEP 1, format versions 1.0 and 2.0.
    """
    if bytes(data[: len(MAGIC)]) != MAGIC or len(data) < len(MAGIC) + 2:
        raise ValueError("the first bytes are others")
    place = len(MAGIC) + 2
    width = LENGTHS.get((data[place - 2], data[place - 1]))
    if width is None:
        raise ValueError("another version of the format")
    begin = place + width
    length = int.from_bytes(data[place:begin], "little")
    if length > min(LONGEST, len(data) - begin):
        raise ValueError("the header is cut short")
    return Header(*_described(bytes(data[begin : begin + length])), begin + length)


@lru_cache(maxsize=64)  # a part has hundreds of arrays, many of them alike
def _described(text: bytes) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    """Shape, whether values stand column by column, and type; errors as `npy_header`."""
    said = ast.literal_eval(LONG.sub("", text.decode("latin-1")).strip())
    if not isinstance(said, dict) or said.keys() != {"descr", "fortran_order", "shape"}:
        raise ValueError("the header lacks a field, or has others")
    shape, by_column, kind = said["shape"], said["fortran_order"], said["descr"]
    if not isinstance(shape, tuple) or not all(type(side) is int and side >= 0 for side in shape):
        raise ValueError(f"the shape is {str(shape)[:60]}")
    if type(by_column) is not bool:
        raise ValueError(f"fortran_order is {str(by_column)[:60]}")
    if not isinstance(kind, str) or not DTYPE.fullmatch(kind):
        raise ValueError(f"the dtype is {str(kind)[:60]}")
    if kind.strip("<>|=").startswith("O"):
        raise ValueError("objects of Python")
    return shape, by_column, np.dtype(kind)
