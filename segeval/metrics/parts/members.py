"""Members of the zip archives that hold parts: NumPy arrays, neither compressed nor encrypted."""

from __future__ import annotations

import math
import struct
import zipfile
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.data.npy_headers import npy_header

ENCRYPTED = 1
"""The bit of a zip member's flags."""

DAMAGE = (
    ArithmeticError, AttributeError, EOFError, KeyError, NotImplementedError, OSError,
    MemoryError, RecursionError, RuntimeError, SyntaxError, TypeError, ValueError, struct.error,
    zipfile.BadZipFile,
)  # fmt: skip
"""What the readers of zip, NumPy and JSON raise for bytes that are something else."""


def members_of(archive: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
    """The members of an archive by the name of their array.

    Raises:
        ValueError: for two of one name, and for one that is compressed or encrypted.
    """
    infos = archive.infolist()
    found = {info.filename.removesuffix(".npy"): info for info in infos}
    if len(found) < len(infos):
        raise ValueError("two members have one name")
    for info in infos:
        if info.compress_type != zipfile.ZIP_STORED or info.flag_bits & ENCRYPTED:
            raise ValueError(f"{info.filename} is compressed or encrypted")
    return found


def array_of(content: bytes) -> NDArray[Any]:
    """The array of one member, if its size is that of its content."""
    shape, by_column, dtype, place = npy_header(content)
    if not dtype.isnative or math.prod(shape) * dtype.itemsize != len(content) - place:
        raise ValueError("an array is not what its header says")
    flat = np.frombuffer(content, dtype, offset=place)
    return flat.reshape(shape, order="F" if by_column else "C").copy()
