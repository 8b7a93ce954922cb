"""Results for a part of the data as bytes: arrays and a header.

The bytes are a zip archive of NumPy arrays, as `numpy.savez` writes it: every array is a member
`NAME.npy`, uncompressed, with a checksum. The member `header.npy` holds uint8: UTF-8 JSON, an
object with the key `schema`. `numpy.load(path, allow_pickle=False)` reads a part anywhere and
executes nothing in it. Equal content gives equal bytes.
"""

from __future__ import annotations

import io
import json
import math
import struct
import zipfile
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.data.npy_headers import npy_header
from segeval.errors import FormatError
from segeval.metrics.part_beginning import HEADER

ENCRYPTED = 1
"""The bit of a zip member's flags."""

DAMAGE = (
    ArithmeticError, AttributeError, EOFError, KeyError, NotImplementedError, OSError,
    MemoryError, RecursionError, RuntimeError, SyntaxError, TypeError, ValueError, struct.error,
    zipfile.BadZipFile,
)  # fmt: skip
"""What the readers of zip, NumPy and JSON raise for bytes that are something else."""


def pack(schema: str, header: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> bytes:
    """Arrays and a header as bytes.

    Args:
        schema: name and version of the content, such as "segeval/matches/1".
        header: plain values.
        arrays: by name; numbers and bools only.
    """
    text = json.dumps({"schema": schema, **header}, allow_nan=False, sort_keys=True)
    file = io.BytesIO()
    coded = np.frombuffer(text.encode(), np.uint8)
    rows = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    np.savez(file, allow_pickle=False, **{HEADER: coded, **rows})
    return file.getvalue()


def unpack(data: bytes, schema: str) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """The header and the arrays that `pack` was given.

    No member is larger than the bytes themselves, since none is compressed.

    Raises:
        FormatError: if the bytes are something else, damaged, or of another schema.
    """
    name = schema.split("/")[1]
    try:
        arrays = dict(_members(data))
        header = json.loads(arrays.pop(HEADER).tobytes())
    except DAMAGE:
        raise FormatError(f"these bytes are not {name}, or are damaged.", code="bad-part") from None
    if not isinstance(header, dict) or header.get("schema") != schema:
        found = header.get("schema") if isinstance(header, dict) else None
        raise FormatError(f"schema is {found!r}, expected {schema!r}", code="bad-part")
    return header, arrays


def _members(data: bytes) -> Iterator[tuple[str, NDArray[Any]]]:
    """Name and array of every member.

    Raises:
        ValueError: for a member that `pack` does not write.
    """
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        names = archive.namelist()
        if len(set(names)) < len(names):
            raise ValueError("two members have one name")
        for info in archive.infolist():
            if info.compress_type != zipfile.ZIP_STORED or info.flag_bits & ENCRYPTED:
                raise ValueError(f"{info.filename} is compressed or encrypted")
            yield info.filename.removesuffix(".npy"), array_of(archive.read(info))


def array_of(content: bytes) -> NDArray[Any]:
    """The array of one member, if its size is that of its content."""
    shape, by_column, dtype, place = npy_header(content)
    if not dtype.isnative or math.prod(shape) * dtype.itemsize != len(content) - place:
        raise ValueError("an array is not what its header says")
    flat = np.frombuffer(content, dtype, offset=place)
    return flat.reshape(shape, order="F" if by_column else "C").copy()


def checked(
    arrays: Mapping[str, NDArray[Any]], layout: Mapping[str, tuple[str, tuple[int | None, ...]]]
) -> None:
    """Refuse arrays that are missing, or have the wrong type or shape.

    Args:
        arrays: by name.
        layout: kind (as in `numpy.dtype.str`, without the byte order; "u" for any unsigned) and
            shape of every array; None for any length.

    Raises:
        FormatError: names the first wrong array.
    """
    for name, (kind, shape) in layout.items():
        array = arrays.get(name)
        fits = (
            array is not None
            and (array.dtype.kind == kind if len(kind) == 1 else array.dtype.str[1:] == kind)
            and array.ndim == len(shape)
            and all(want in (None, have) for want, have in zip(shape, array.shape, strict=True))
        )
        if not fits:
            found = "missing" if array is None else f"{array.dtype} of shape {array.shape}"
            raise FormatError(
                f"{name} is {found}, expected {kind} of shape {shape}", code="bad-part"
            )


def within(name: str, values: NDArray[np.integer[Any]], end: int) -> None:
    """Refuse indices outside 0..end - 1.

    Raises:
        FormatError: names the array.
    """
    if values.size and (values.min() < 0 or values.max() >= end):
        raise FormatError(f"{name} has an index outside 0..{end - 1}", code="bad-part")
