"""Files of safetensors: a header in JSON, and the bytes of the tensors.

The package maps the file, and a process that another one truncates it under is killed. Here its
bytes are read, and what the header claims is compared with them first.

Source:
    The description of the format by its authors, github.com/huggingface/safetensors.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from segeval.data.opening import fill, ordinary_file, read_memory, readable
from segeval.limits import limits
from segeval.models.files.pickle_machine import Damaged
from segeval.models.files.stored_arrays import check_shape
from segeval.models.files.stored_tensors import numbers

KINDS = {
    "F64": torch.float64, "F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16,
    "I64": torch.int64, "I32": torch.int32, "I16": torch.int16, "I8": torch.int8,
    "U8": torch.uint8, "BOOL": torch.bool,
}  # fmt: skip
"""Types of numbers by their names in the header."""

LENGTH = 8
"""Bytes of the length of the header, little-endian, before it."""

TEXTS = "__metadata__"
"""Entry of the header that is not a tensor."""


@dataclass(frozen=True)
class SafetensorsFile:
    """The content of a file.

    Attributes:
        tensors: by name; they share one block of memory.
        texts: the metadata by name.
    """

    tensors: Mapping[str, Tensor]
    texts: Mapping[str, str]


def read_safetensors(path: Path) -> SafetensorsFile:
    """The content of a file.

    Raises:
        InputError: if it cannot be read.
        Damaged: if it is another file, or ends early.
    """
    data = read_memory(path)
    length = _header_length(data[:LENGTH], len(data))
    header = _header(data[LENGTH : LENGTH + length])
    texts = _texts(header)
    body = data[LENGTH + length :]
    tensors = {name: _tensor(name, entry, body) for name, entry in header.items()}
    return SafetensorsFile(tensors, texts)


def read_texts_of(path: Path) -> dict[str, str]:
    """The metadata of a file, whose tensors are not read.

    Errors as in `read_safetensors`.
    """
    name = str(path)
    with readable(name), ordinary_file(path) as file:
        size = os.fstat(file.fileno()).st_size
        start = bytearray(min(size, LENGTH))
        fill(file, memoryview(start), name)
        header = bytearray(_header_length(start, size))
        fill(file, memoryview(header), name)
    return _texts(_header(header))


def order_texts(path: Path) -> None:
    """Put the metadata of a file that was just written in the order of their names.

    The package writes them in a random order, and equal weights shall give equal files.
    """
    with path.open("r+b") as file:
        length = int.from_bytes(file.read(LENGTH), "little")
        header = json.loads(file.read(length))
        if TEXTS in header:
            header[TEXTS] = dict(sorted(header[TEXTS].items()))
        text = json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode()
        if len(text) > length:
            raise RuntimeError("the header became longer")  # never: only the order differs
        file.seek(LENGTH)
        file.write(text.ljust(length))


def _header_length(start: bytes | bytearray | memoryview, size: int) -> int:
    """Bytes of the header, of a file of some size."""
    length = int.from_bytes(start, "little")
    if len(start) < LENGTH or length > size - LENGTH:
        raise Damaged(f"it has {size:,} bytes, too few for its header")
    if length > limits().file_bytes:
        raise Damaged(
            f"its header has {length:,} bytes, expected at most {limits().file_bytes:,}",
            ("file_bytes", length),
        )
    return length


def _header(data: bytearray | memoryview) -> dict[str, Any]:
    try:
        header = json.loads(bytes(data))
    except (ValueError, RecursionError) as error:
        deep = isinstance(error, RecursionError)
        reason = "lists within lists without end" if deep else str(error).partition(";")[0]
        raise Damaged(f"its header is not JSON: {reason}") from None
    if not isinstance(header, dict):
        raise Damaged("its header is not an object")
    return header


def _texts(header: dict[str, Any]) -> dict[str, str]:
    """The metadata, which is taken out of the header."""
    texts = header.pop(TEXTS, None) or {}
    if not isinstance(texts, dict) or not all(isinstance(text, str) for text in texts.values()):
        raise Damaged("its metadata are not texts by name")
    return texts


def _tensor(name: str, entry: Any, body: memoryview) -> Tensor:
    """One tensor over the bytes that exist."""
    try:
        kind, shape, (start, stop) = entry["dtype"], entry["shape"], entry["data_offsets"]
    except (TypeError, KeyError, ValueError):
        raise Damaged(f"{name[:40]} has no dtype, shape or data_offsets") from None
    if not isinstance(kind, str) or kind not in KINDS:
        raise Damaged(f"{name[:40]} is of the type {str(kind)[:20]}, expected {', '.join(KINDS)}")
    shape = check_shape(tuple(shape) if isinstance(shape, list) else shape)
    claimed = math.prod(shape) * KINDS[kind].itemsize
    if type(start) is not int or type(stop) is not int or not 0 <= start <= stop <= len(body):
        raise Damaged(f"{name[:40]} lies outside of the {len(body):,} bytes of the file")
    if claimed != stop - start:
        raise Damaged(f"{name[:40]} needs {claimed:,} bytes, and has {stop - start:,}")
    return numbers(body[start:stop], KINDS[kind]).reshape(shape)
