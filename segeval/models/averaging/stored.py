"""Files of weights whose tensors are read one at a time: safetensors, npz and PyTorch's."""

from __future__ import annotations

import math
import os
import sys
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from segeval.data.beginnings import ZIP
from segeval.data.npy_headers import npy_header
from segeval.data.opening import changed, ordinary_file, readable
from segeval.errors import FormatError, InputError
from segeval.findings import refusal
from segeval.models.files.archives import (
    DAMAGE,
    Archive,
    archive_of,
    check_unpacked,
    damaged,
    member_of,
    opened_zip,
)
from segeval.models.files.number_kinds import DTYPES, ITEM_BYTES
from segeval.models.files.pickle_machine import Damaged
from segeval.models.files.readable import readable_weights, weights_within
from segeval.models.files.safetensors_header import (
    LENGTH,
    entry_of,
    header_length,
    header_of,
    taken_texts,
)
from segeval.models.files.stored_arrays import array_of, check_shape, described
from segeval.models.files.tensor_calls import TensorCall, tensor_call

SUFFIXES = (".safetensors", ".npz", ".pth", ".pt")
"""Suffixes of files that can be averaged."""

NPY_HEADER = 1 << 17
"""Bytes at the beginning of an array in an archive that hold its header."""


@dataclass(frozen=True)
class StoredTensor:
    """A tensor of a file.

    Attributes:
        kind: of its numbers.
        shape: its sides.
        read: its numbers, bfloat16 as bits, of this shape.
    """

    kind: str
    shape: tuple[int, ...]
    read: Callable[[], NDArray[np.generic]]


@dataclass(frozen=True)
class StoredWeights:
    """A file of weights, open.

    Attributes:
        path: of the file.
        tensors: by their names in the file, in its order.
        texts: metadata of a safetensors file by name.
        entry: of a checkpoint that holds the weights, such as "model"; None for the whole.
        others: names of its other entries.
    """

    path: Path
    tensors: Mapping[str, StoredTensor]
    texts: Mapping[str, str] = field(default_factory=dict)
    entry: str | None = None
    others: tuple[str, ...] = ()

    def read(self, name: str) -> NDArray[np.generic]:
        """The numbers of a tensor, in its own shape; bfloat16 as its bits, uint16.

        Raises:
            FormatError: if the file is damaged there.
        """
        with readable_weights(self.path), readable(str(self.path)):
            try:
                return self.tensors[name].read()
            except DAMAGE as error:
                if isinstance(error, InputError):
                    raise
                raise damaged(error) from None


@contextmanager
def stored_weights(path: Path) -> Iterator[StoredWeights]:
    """A context in which the tensors of a file can be read one at a time.

    Raises:
        InputError: if there is no such file, or its suffix is another.
        FormatError: if it is damaged, or a pickle that asks for code.
    """
    if path.suffix not in SUFFIXES:
        raise InputError(
            f"{path}: expected weights in a file {', '.join(SUFFIXES)}.",
            code="weights",
            path=str(path),
        )
    with readable(str(path)), ordinary_file(path) as file:
        data = FileBytes(file, str(path))
        with readable_weights(path):
            open_file = {".safetensors": _safetensors, ".npz": _npz}.get(path.suffix, _torch)
            found = open_file(path, data)
        if not found.tensors:
            raise FormatError(f"{path}: holds no weights.", code="weights", path=str(path))
        yield found


class FileBytes:
    """The bytes of an open file, read when they are asked for."""

    def __init__(self, file: BinaryIO, name: str) -> None:
        self._file, self._name = file, name
        self._size = os.fstat(file.fileno()).st_size

    def __len__(self) -> int:
        return self._size

    def __getitem__(self, part: slice) -> memoryview:
        start, stop, _ = part.indices(self._size)
        memory: memoryview = np.empty(max(stop - start, 0), np.uint8).data
        self._file.seek(start)
        place = 0
        while place < len(memory):
            count = self._file.readinto(memory[place : place + (1 << 26)])  # type: ignore[attr-defined]
            if not count:
                raise changed(self._name, start + place, self._size)
            place += count
        return memory


def _safetensors(path: Path, data: FileBytes) -> StoredWeights:
    length = header_length(data[:LENGTH], len(data))
    header = header_of(data[LENGTH : LENGTH + length])
    texts = taken_texts(header)
    begin = LENGTH + length

    def stored(name: str) -> StoredTensor:
        entry = entry_of(name, header[name], len(data) - begin)

        def read() -> NDArray[np.generic]:
            part = data[begin + entry.start : begin + entry.stop]
            return np.frombuffer(part, DTYPES[entry.kind]).reshape(entry.shape)

        return StoredTensor(entry.kind, entry.shape, read)

    return StoredWeights(path, {name: stored(name) for name in header}, texts)


def _npz(path: Path, data: FileBytes) -> StoredWeights:
    if bytes(data[: len(ZIP)]) != ZIP:
        raise Damaged("it is no archive, as numpy.savez writes it")
    try:
        archive = opened_zip(data)
        check_unpacked(archive, len(data))
        tensors = {}
        for info in archive.infolist():
            name = info.filename.removesuffix(".npy")
            with archive.open(info) as file:
                header = npy_header(file.read(NPY_HEADER))
            kind = _kind_of(header.dtype)
            if kind is None:
                raise _no_numbers(path, name, f"an array of the type {header.dtype}")
            shape = check_shape(header.shape)
            claimed = math.prod(shape) * header.dtype.itemsize
            if claimed != info.file_size - header.end:
                raise Damaged(
                    f"{name[:40]} needs {claimed:,} bytes, and has {info.file_size - header.end:,}"
                )
            order = "F" if header.by_column else "C"

            def read(
                info: Any = info, header: Any = header, order: Any = order, kind: str = kind
            ) -> NDArray[np.generic]:
                part = member_of(data, archive, info)
                if zlib.crc32(part) != info.CRC:
                    raise Damaged(f"the checksum of {info.filename[:40]} is another")
                values = np.frombuffer(part[header.end :], header.dtype).reshape(
                    header.shape, order=order
                )
                return np.ascontiguousarray(values, DTYPES[kind]).reshape(values.shape)

            tensors[name] = StoredTensor(kind, shape, read)
    except (*DAMAGE, SyntaxError, RecursionError, MemoryError) as error:
        if isinstance(error, InputError):
            raise
        raise damaged(error) from None
    return StoredWeights(path, tensors)


def _torch(path: Path, data: FileBytes) -> StoredWeights:
    archive = archive_of(data)
    entry, content = weights_within(archive.content)
    if not isinstance(content, Mapping) or not content:
        raise FormatError(
            f"{path}: holds {described(content)}, expected weights by name.",
            code="weights",
            path=str(path),
        )
    whole = archive.content if isinstance(archive.content, Mapping) else {}
    tensors = {}
    for name, value in content.items():
        try:
            found = _of_call(archive, value)
        except DAMAGE as error:
            raise damaged(error) from None
        if found is None:
            raise _no_numbers(path, str(name), described(value))
        tensors[str(name)] = found
    others = tuple(str(each) for each in whole if entry is not None and each != entry)
    return StoredWeights(path, tensors, entry=entry, others=others)


def _of_call(archive: Archive, value: Any) -> StoredTensor | None:
    """The tensor or array that a value of a checkpoint describes; None for anything else."""
    call = tensor_call(value)
    if call is not None:
        call.require_inside(call.count, archive.longest)
        return StoredTensor(call.kind, call.shape, lambda: _numbers(archive, call))
    array = array_of(value)
    kind = None if array is None else _kind_of(array.dtype)
    if array is None or kind is None:
        return None
    found = np.ascontiguousarray(array, DTYPES[kind]).reshape(array.shape)
    return StoredTensor(kind, array.shape, lambda: found)


def _numbers(archive: Archive, call: TensorCall) -> NDArray[np.generic]:
    """The numbers of a tensor of PyTorch, which may be a view of its storage."""
    size = ITEM_BYTES[call.kind]
    data = archive.bytes_of(call.key)
    if call.count * size > len(data):
        raise Damaged(
            f"storage {call.key[:40]} has {len(data):,} bytes, expected {call.count * size:,}"
        )
    dtype = np.dtype(DTYPES[call.kind])
    flat = np.frombuffer(data[: call.count * size], dtype.newbyteorder(_order(archive.order)))
    if not math.prod(call.shape):
        return np.empty(call.shape, dtype)
    strides = [step * size for step in call.strides]
    view = np.lib.stride_tricks.as_strided(flat[call.offset :], call.shape, strides)
    return np.ascontiguousarray(view, dtype).reshape(call.shape)


def _order(name: str) -> Any:
    """NumPy's mark of an order of bytes."""
    return {"little": "<", "big": ">"}.get(name, "<" if sys.byteorder == "little" else ">")


def _kind_of(dtype: np.dtype[Any]) -> str | None:
    """The kind of numbers of an array; None for others."""
    plain = dtype.newbyteorder("<") if dtype.itemsize > 1 else dtype
    kinds = {np.dtype(text): kind for kind, text in DTYPES.items() if kind != "BF16"}
    return kinds.get(plain)


def _no_numbers(path: Path, name: str, found: str) -> InputError:
    """The error for an entry that is no tensor of weights."""
    return refusal(
        str(path),
        f"{name} is {found}, expected an array of numbers",
        code="weights",
        field=name,
    )
