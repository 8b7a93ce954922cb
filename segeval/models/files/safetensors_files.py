"""Files of safetensors: a header in JSON, and the bytes of the tensors.

The package maps the file, and a process that another one truncates it under is killed. Here its
bytes are read, and what the header claims is compared with them first.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import Tensor

from segeval.data.opening import fill, ordinary_file, read_memory, readable
from segeval.models.files.safetensors_header import (
    LENGTH,
    TEXTS,
    entry_of,
    header_length,
    header_of,
    taken_texts,
)
from segeval.models.files.stored_tensors import KINDS, numbers


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
    length = header_length(data[:LENGTH], len(data))
    header = header_of(data[LENGTH : LENGTH + length])
    texts = taken_texts(header)
    body = data[LENGTH + length :]
    tensors = {name: _tensor(name, said, body) for name, said in header.items()}
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
        header = bytearray(header_length(start, size))
        fill(file, memoryview(header), name)
    return taken_texts(header_of(header))


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


def _tensor(name: str, said: Any, body: memoryview) -> Tensor:
    """One tensor over the bytes that exist."""
    entry = entry_of(name, said, len(body))
    return numbers(body[entry.start : entry.stop], KINDS[entry.kind]).reshape(entry.shape)
