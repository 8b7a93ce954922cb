"""The header of a file of safetensors, whose claims are compared with the bytes that exist.

Source:
    The description of the format by its authors, github.com/huggingface/safetensors.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import Any

from segeval.limits import limits
from segeval.models.files.number_kinds import ITEM_BYTES
from segeval.models.files.pickle_machine import Damaged
from segeval.models.files.stored_arrays import check_shape

LENGTH = 8
"""Bytes of the length of the header, little-endian, before it."""

TEXTS = "__metadata__"
"""Entry of the header that is not a tensor."""


@dataclass(frozen=True)
class Entry:
    """Where a tensor is.

    Attributes:
        kind: of its numbers.
        shape: its sides.
        start: place of its first byte, counted from the end of the header.
        stop: place after its last byte.
    """

    kind: str
    shape: tuple[int, ...]
    start: int
    stop: int


def header_length(start: bytes | bytearray | memoryview, size: int) -> int:
    """Bytes of the header, of a file of some size.

    Args:
        start: the first bytes of the file.
        size: of the file.

    Raises:
        Damaged: if it has fewer, or the header more than `limits()` allow.
    """
    length = int.from_bytes(start, "little")
    if len(start) < LENGTH or length > size - LENGTH:
        raise Damaged(f"it has {size:,} bytes, too few for its header")
    if length > limits().file_bytes:
        raise Damaged(
            f"its header has {length:,} bytes, expected at most {limits().file_bytes:,}",
            ("file_bytes", length),
        )
    return length


def header_of(data: bytes | bytearray | memoryview) -> dict[str, Any]:
    """The header from its bytes.

    Raises:
        Damaged: if it is none.
    """
    try:
        header = json.loads(bytes(data))
    except (ValueError, RecursionError) as error:
        deep = isinstance(error, RecursionError)
        reason = "lists within lists without end" if deep else str(error).partition(";")[0]
        raise Damaged(f"its header is not JSON: {reason}") from None
    if not isinstance(header, dict):
        raise Damaged("its header is not an object")
    return header


def taken_texts(header: dict[str, Any]) -> dict[str, str]:
    """The metadata, which are taken out of the header.

    Raises:
        Damaged: if they are not texts.
    """
    texts = header.pop(TEXTS, None) or {}
    if not isinstance(texts, dict) or not all(isinstance(text, str) for text in texts.values()):
        raise Damaged("its metadata are not texts by name")
    return texts


def entry_of(name: str, said: Any, size: int) -> Entry:
    """What the header says of a tensor.

    Args:
        name: of the tensor.
        said: its entry.
        size: number of bytes after the header.

    Raises:
        Damaged: if it does not fit the bytes that exist.
    """
    try:
        kind, shape, (start, stop) = said["dtype"], said["shape"], said["data_offsets"]
    except (TypeError, KeyError, ValueError):
        raise Damaged(f"{name[:40]} has no dtype, shape or data_offsets") from None
    if not isinstance(kind, str) or kind not in ITEM_BYTES:
        expected = ", ".join(ITEM_BYTES)
        raise Damaged(f"{name[:40]} is of the type {str(kind)[:20]}, expected {expected}")
    shape = check_shape(tuple(shape) if isinstance(shape, list) else shape)
    claimed = math.prod(shape) * ITEM_BYTES[kind]
    if type(start) is not int or type(stop) is not int or not 0 <= start <= stop <= size:
        raise Damaged(f"{name[:40]} lies outside of the {size:,} bytes of the file")
    if claimed != stop - start:
        raise Damaged(f"{name[:40]} needs {claimed:,} bytes, and has {stop - start:,}")
    return Entry(kind, shape, start, stop)
