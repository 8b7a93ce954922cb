"""Files of pickle and of `torch.save` as data: plain values, arrays and tensors."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import Tensor, from_numpy

from segeval.data.beginnings import ZIP
from segeval.data.opening import read_memory
from segeval.data.unpacking import most_unpacked
from segeval.models.files import stored_arrays, stored_tensors
from segeval.models.files.pickle_machine import Call, Damaged, Name, Stored
from segeval.models.files.pickles import read_pickle
from segeval.models.files.stored_arrays import array_of, described, is_scalar
from segeval.models.files.stored_tensors import Storages, sizes_of

MAGIC = 0x1950A86A20F9469CFC6C
"""First value of the files that PyTorch wrote before 1.6."""

NAMES = stored_arrays.NAMES | stored_tensors.NAMES
"""Names that may occur in files of weights."""

ZIP_HEADER = struct.Struct("<4s22xHH")
"""What stands before a member of a zip archive: a mark, and the lengths of name and extra."""

DEEPEST = 50
"""Containers within each other."""

DAMAGE = (
    EOFError, IndexError, KeyError, NotImplementedError, OverflowError, RuntimeError, TypeError,
    ValueError, struct.error, zipfile.BadZipFile, zlib.error,
)  # fmt: skip
"""What zipfile, NumPy and PyTorch raise for bytes that are something else."""


class Checkpoint:
    """The content of a file, whose tensors are made when they are asked for.

    Args:
        path: of a pickle, or of a file of `torch.save`.

    Raises:
        Damaged: if it is another file, or ends early.
        Refused: if it asks for anything but numbers and containers.
        OSError: if it cannot be read.
    """

    def __init__(self, path: Path) -> None:
        data = read_memory(path)
        try:
            if data[:4] == ZIP:
                self.content, self._storages = _of_zip(data)
            else:
                self.content, self._storages = _of_pickles(data)
        except DAMAGE as error:
            raise _damaged(error) from None

    def tensor(self, value: Any) -> Tensor | None:
        """A value of the content as a tensor; None unless it is an array or a tensor.

        Raises:
            Damaged: if it claims more numbers than the file has.
        """
        try:
            array = array_of(value)
            if array is None:
                return self._storages.tensor(value)
            native = array.astype(array.dtype.newbyteorder("="), copy=False)
            in_place = native.flags.aligned and native.flags.writeable
            return from_numpy(native if in_place else native.copy())
        except DAMAGE as error:
            raise _damaged(error) from None

    def plain(self) -> Any:
        """The content with all tensors made, and numbers of NumPy as Python's.

        Raises:
            Damaged: if it has anything else.
        """
        return self._plain(self.content, DEEPEST, {})

    def _plain(self, value: Any, depth: int, made: dict[int, Any]) -> Any:
        """A value, and in `made` what came of each container, which may occur often."""
        if depth == 0:
            raise Damaged(f"it has more than {DEEPEST} containers within each other")
        if id(value) in made:
            return made[id(value)]
        if isinstance(value, dict):
            found = {key: self._plain(each, depth - 1, made) for key, each in value.items()}
            return made.setdefault(id(value), found)
        if isinstance(value, list | tuple):
            parts = type(value)(self._plain(each, depth - 1, made) for each in value)
            return made.setdefault(id(value), parts)
        if isinstance(value, memoryview):
            return value.tobytes()
        if isinstance(value, Name | Stored):
            raise Damaged(f"it has a {described(value)} in place of a value")
        if not isinstance(value, Call):
            return value
        if value.name == "torch.Size" and len(value.arguments) == 1:
            return value.arguments[0]
        tensor = self.tensor(value)
        if tensor is None:
            raise Damaged(f"{value.name} is not a tensor of numbers")
        return tensor.item() if is_scalar(value) else tensor


def _damaged(error: Exception) -> Damaged:
    return Damaged(str(error).splitlines()[0] if str(error) else type(error).__name__)


def _of_pickles(data: memoryview) -> tuple[Any, Storages]:
    """Content of a pickle, or of the row of pickles that PyTorch wrote before 1.6."""
    first = read_pickle(data, NAMES)
    if first.content != MAGIC:
        return first.content, Storages(lambda _: memoryview(b""), 0)
    protocol = read_pickle(data, NAMES, first.stop)
    system = read_pickle(data, NAMES, protocol.stop)
    found = read_pickle(data, NAMES, system.stop)
    keys = read_pickle(data, NAMES, found.stop)
    order = "little"
    if isinstance(system.content, Mapping) and system.content.get("little_endian") is False:
        order = "big"
    sizes, parts, place = sizes_of(found.stored), {}, keys.stop
    for key in keys.content:
        stop = place + 8 + sizes.get(key, 0)
        if key not in sizes or stop > len(data):
            raise Damaged(f"it ends at byte {len(data):,}, before storage {str(key)[:40]}")
        parts[key] = data[place + 8 : stop]
        place = stop
    return found.content, Storages(parts.__getitem__, len(data), order=order)


def _of_zip(data: memoryview) -> tuple[Any, Storages]:
    """Content of an archive: a pickle, and a member for each storage."""
    archive = zipfile.ZipFile(_Bytes(data))
    members = {each.filename: each for each in archive.infolist()}
    name = next((name for name in members if name.endswith("/data.pkl")), None)
    if name is None:
        raise Damaged("the archive has no data.pkl, as torch.save writes it")
    folder = name.removesuffix("data.pkl")
    unpacked = sum(each.file_size for each in members.values())
    allowed = most_unpacked(len(data))
    if unpacked > allowed:
        raise Damaged(
            f"it unpacks to {unpacked:,} bytes, expected at most {allowed:,}",
            ("unpacked_bytes", unpacked),
        )

    def member(name: str) -> memoryview:
        return _member(data, archive, members[name])

    order = "little"
    if f"{folder}byteorder" in members:
        order = member(f"{folder}byteorder").tobytes().decode()
    found = read_pickle(member(name), NAMES)
    return found.content, Storages(
        lambda key: member(f"{folder}data/{key}"), max(len(data), unpacked), order=order
    )


def _member(data: memoryview, archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> memoryview:
    """The bytes of a member, in place unless it is compressed."""
    if info.compress_type != zipfile.ZIP_STORED:
        with archive.open(info) as file:
            return memoryview(bytearray(file.read(info.file_size)))
    mark, *lengths = ZIP_HEADER.unpack_from(data, info.header_offset)
    start = info.header_offset + ZIP_HEADER.size + sum(lengths)
    if mark != ZIP or start + info.file_size > len(data):
        raise Damaged(f"the archive ends before its member {info.filename[:40]}")
    return data[start : start + info.file_size]


class _Bytes(io.RawIOBase):
    """A file over bytes in memory, without a copy of them."""

    def __init__(self, data: memoryview) -> None:
        self._data, self._place = data, 0

    def readable(self) -> bool:
        """Whether it can be read."""
        return True

    def seekable(self) -> bool:
        """Whether places can be chosen."""
        return True

    def tell(self) -> int:
        """The place of the next byte."""
        return self._place

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Choose the place of the next byte."""
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._place, io.SEEK_END: len(self._data)}[whence]
        if start + offset < 0:
            raise ValueError("a place before the beginning")
        self._place = start + offset
        return self._place

    def readinto(self, buffer: Any) -> int:
        """Fill a buffer with the next bytes."""
        found = self._data[self._place : self._place + len(buffer)]
        buffer[: len(found)] = found
        self._place += len(found)
        return len(found)
