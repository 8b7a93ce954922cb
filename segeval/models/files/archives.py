"""Files of pickle and of `torch.save`: what they say, and the bytes beside it; without PyTorch."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from segeval.data.beginnings import ZIP
from segeval.data.unpacking import most_unpacked
from segeval.errors import InputError
from segeval.models.files import stored_arrays, tensor_calls
from segeval.models.files.pickle_machine import Damaged
from segeval.models.files.pickles import read_pickle
from segeval.models.files.tensor_calls import sizes_of

MAGIC = 0x1950A86A20F9469CFC6C
"""First value of the files that PyTorch wrote before 1.6."""

NAMES = stored_arrays.NAMES | tensor_calls.NAMES
"""Names that may occur in files of weights."""

ZIP_HEADER = struct.Struct("<4s22xHH")
"""What stands before a member of a zip archive: a mark, and the lengths of name and extra."""

DAMAGE = (
    EOFError, IndexError, KeyError, NotImplementedError, OverflowError, RuntimeError, TypeError,
    ValueError, struct.error, zipfile.BadZipFile, zlib.error,
)  # fmt: skip
"""What zipfile, NumPy and PyTorch raise for bytes that are something else."""


class Data(Protocol):
    """The bytes of a file, in memory or read when they are asked for."""

    def __len__(self) -> int: ...

    def __getitem__(self, part: slice, /) -> memoryview: ...


@dataclass(frozen=True)
class Archive:
    """What a file says.

    Attributes:
        content: plain values and containers, and descriptions of arrays and tensors.
        bytes_of: the bytes of a storage by its key.
        longest: bytes that a tensor may claim, which of views may be more than their storage has.
        order: of the bytes of each number, "little" or "big".
    """

    content: Any
    bytes_of: Callable[[str], memoryview]
    longest: int
    order: str = "little"


def archive_of(data: Data) -> Archive:
    """The content of a pickle, or of a file of `torch.save`.

    Raises:
        Damaged: if it is another file, or ends early.
        Refused: if it asks for anything but numbers and containers.
    """
    try:
        return _of_zip(data) if bytes(data[:4]) == ZIP else _of_pickles(data[:])
    except DAMAGE as error:
        if isinstance(error, InputError):  # the file changed while it was read
            raise
        raise damaged(error) from None


def damaged(error: Exception) -> Damaged:
    """An error of another package about bytes that are something else."""
    return Damaged(str(error).splitlines()[0] if str(error) else type(error).__name__)


def check_unpacked(archive: zipfile.ZipFile, size: int) -> int:
    """Bytes that the members of an archive unpack to.

    Args:
        archive: open.
        size: of its file.

    Raises:
        Damaged: if they are more than `limits()` allow.
    """
    unpacked = sum(each.file_size for each in archive.infolist())
    allowed = most_unpacked(size)
    if unpacked > allowed:
        raise Damaged(
            f"it unpacks to {unpacked:,} bytes, expected at most {allowed:,}",
            ("unpacked_bytes", unpacked),
        )
    return unpacked


def opened_zip(data: Data) -> zipfile.ZipFile:
    """An archive over the bytes of a file."""
    return zipfile.ZipFile(_Bytes(data))


def member_of(data: Data, archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> memoryview:
    """The bytes of a member, in place unless it is compressed."""
    if info.compress_type != zipfile.ZIP_STORED:
        with archive.open(info) as file:
            return memoryview(bytearray(file.read(info.file_size)))
    header = data[info.header_offset : info.header_offset + ZIP_HEADER.size]
    mark, *lengths = ZIP_HEADER.unpack(header)
    start = info.header_offset + ZIP_HEADER.size + sum(lengths)
    if mark != ZIP or start + info.file_size > len(data):
        raise Damaged(f"the archive ends before its member {info.filename[:40]}")
    return data[start : start + info.file_size]


def _of_pickles(data: memoryview) -> Archive:
    """Content of a pickle, or of the row of pickles that PyTorch wrote before 1.6."""
    first = read_pickle(data, NAMES)
    if first.content != MAGIC:
        return Archive(first.content, lambda _: memoryview(b""), 0)
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
    return Archive(found.content, parts.__getitem__, len(data), order)


def _of_zip(data: Data) -> Archive:
    """Content of an archive: a pickle, and a member for each storage."""
    archive = opened_zip(data)
    members = {each.filename: each for each in archive.infolist()}
    name = next((name for name in members if name.endswith("/data.pkl")), None)
    if name is None:
        raise Damaged("the archive has no data.pkl, as torch.save writes it")
    folder = name.removesuffix("data.pkl")
    unpacked = check_unpacked(archive, len(data))

    def member(name: str) -> memoryview:
        return member_of(data, archive, members[name])

    order = "little"
    if f"{folder}byteorder" in members:
        order = member(f"{folder}byteorder").tobytes().decode()
    found = read_pickle(member(name), NAMES)
    return Archive(
        found.content, lambda key: member(f"{folder}data/{key}"), max(len(data), unpacked), order
    )


class _Bytes(io.RawIOBase):
    """A file over the bytes of one, without a copy of them."""

    def __init__(self, data: Data) -> None:
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
