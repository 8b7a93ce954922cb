"""Opening of inputs: a file, a compressed file, or standard input."""

from __future__ import annotations

import codecs
import fnmatch
import hashlib
import json
import mmap
import os
import sys
import weakref
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from segeval.data.beginnings import BZIP2, GZIP, XZ, ZIP
from segeval.data.opening import (
    changed,
    fill,
    is_pipe,
    ordinary_file,
    read_pipe,
    read_stream,
    readable,
)
from segeval.data.unpacking import gunzip
from segeval.errors import FormatError
from segeval.kernels.threads import map_slices

STANDARD_INPUT = "-"

BLANK = b" \t\r\n"
"""JSON's white space."""

PRIVATE: Any = {"flags": mmap.MAP_PRIVATE} if hasattr(mmap, "MAP_PRIVATE") else {}
"""Keywords for anonymous memory that no other process shares."""

BLOCK = 1 << 16
"""Bytes examined together."""

LEAST_SLICE = 1 << 22
"""Bytes of a file that are worth a thread."""


class Content:
    """The bytes of one input, read once.

    They are not mapped from the file: a process under which another one truncates a mapped file is
    killed without a word.

    Attributes:
        name: name of the input in messages.
        data: the bytes, uint8, shape (B,), read-only.
    """

    def __init__(
        self, data: bytes | bytearray | memoryview | mmap.mmap, name: str, file: int = -1
    ) -> None:
        """Bytes with a name.

        Args:
            data: the bytes, or anonymous memory that holds them.
            name: of the input.
            file: descriptor of the file that the memory was read from, which is closed in the end.
        """
        self.name = name
        self.data: NDArray[np.uint8] = np.frombuffer(data, np.uint8)
        self.data.flags.writeable = False
        self._memory = data if isinstance(data, mmap.mmap) else None
        self._file = file
        self._released = 0
        if file >= 0:
            weakref.finalize(self, os.close, file)

    def release(self, stop: int) -> None:
        """Give back the memory up to a byte; it holds zeros until `restore`."""
        if self._memory is None or not hasattr(mmap, "MADV_DONTNEED"):
            return
        stop = stop // mmap.PAGESIZE * mmap.PAGESIZE
        if stop > self._released:
            self._memory.madvise(mmap.MADV_DONTNEED, self._released, stop - self._released)
            self._released = stop

    def release_before(self, part: Any) -> None:
        """Give back the memory before the end of a part of it, such as a `Raw` of msgspec."""
        held = np.frombuffer(part, np.uint8)
        place = held.ctypes.data + len(held) - self.data.ctypes.data
        if 0 <= place <= len(self.data):
            self.release(place)

    def restore(self) -> None:
        """Read again what was released.

        Raises:
            FormatError: if the file is shorter by now.
        """
        if self._memory is not None and self._released:
            os.lseek(self._file, 0, os.SEEK_SET)
            with os.fdopen(self._file, "rb", buffering=0, closefd=False) as file:
                fill(file, memoryview(self._memory)[: self._released], self.name)
            self._released = 0

    def skip_blank(self, place: int) -> int:
        """The next place that is not white space, or the number of bytes."""
        while place < len(self.data):
            block = self.data[place : place + BLOCK].tobytes()
            found = block.lstrip(BLANK)
            place += len(block) - len(found)
            if found:
                break
        return place

    @property
    def begins(self) -> bytes:
        """The first character that is not white space, or nothing."""
        place = self.skip_blank(0)
        return self.data[place : place + 1].tobytes()

    @property
    def end(self) -> int:
        """Number of bytes without white space at the end."""
        for place in range(len(self.data), 0, -BLOCK):
            start = max(place - BLOCK, 0)
            found = self.data[start:place].tobytes().rstrip(BLANK)
            if found:
                return start + len(found)
        return 0

    @property
    def is_utf8(self) -> bool:
        """Whether the bytes are UTF-8; lone surrogates pass, as in Python's json."""
        decoder = codecs.getincrementaldecoder("utf-8")("surrogatepass")
        try:
            for place in range(0, len(self.data), BLOCK):
                decoder.decode(self.data[place : place + BLOCK].tobytes())
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return False
        return True


def display_name(path: str | Path) -> str:
    """The name of an input in messages."""
    return "standard input" if str(path) == STANDARD_INPUT else str(path)


def open_content(path: str | Path) -> Content:
    """The bytes of a file or of standard input ("-"), as UTF-8 and without compression.

    Args:
        path: path of a JSON file, whatever its name: plain, compressed with gzip, xz or bzip2, or
            alone in a zip archive.

    Raises:
        InputError: if there is no such file or it cannot be read.
        FormatError: if a compressed file is damaged.
    """
    name = display_name(path)
    expected = "a JSON file. Folders go with `mean_iou`, and with `cityscapes_ap`"
    with readable(name, expected):
        if str(path) == STANDARD_INPUT:
            content = Content(_plain(read_stream(sys.stdin.buffer, name), name), name)
        elif is_pipe(path):
            content = Content(_plain(read_pipe(path), name), name)
        else:
            content = _of_ordinary_file(path, name)
    return content


def files_below(folder: Path, *patterns: str) -> list[Path]:
    """Files in a folder and its subfolders whose names match a pattern, in order.

    Linked folders are searched; hidden files and folders, which begin with a dot, are skipped.

    Args:
        folder: an existing folder.
        patterns: patterns such as "*.png", regardless of case.
    """
    wanted = [pattern.lower() for pattern in patterns]
    found = []
    for here, folders, names in os.walk(folder, followlinks=True):
        real = Path(here).resolve()
        folders[:] = [
            name
            for name in folders
            if not name.startswith(".")
            and not real.is_relative_to(Path(here, name).resolve())  # a link to a folder above
        ]
        found += [
            Path(here, name)
            for name in names
            if not name.startswith(".")
            and any(fnmatch.fnmatchcase(name.lower(), pattern) for pattern in wanted)
        ]
    return sorted(found)


def sha256(path: str | Path) -> str | None:
    """Hexadecimal SHA-256 of a file's bytes on disk; None for standard input."""
    if str(path) == STANDARD_INPUT:
        return None
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _of_ordinary_file(path: str | Path, name: str) -> Content:
    """The content of a file that nobody changes meanwhile."""
    with ordinary_file(path) as file:
        before = os.fstat(file.fileno())
        content = _read(file, before.st_size, name)
        after = os.fstat(file.fileno())
    if (after.st_size, after.st_mtime_ns) != (before.st_size, before.st_mtime_ns):
        raise changed(name, after.st_size, before.st_size)
    return content


def _read(file: BinaryIO, size: int, name: str) -> Content:
    """The content of an open file of some size."""
    beginning = bytearray(min(size, mmap.PAGESIZE))
    fill(file, memoryview(beginning), name)
    file.seek(0)
    if size <= mmap.PAGESIZE or not _is_plain(bytes(beginning[:4])):
        data = bytearray(size)
        fill(file, memoryview(data), name)
        return Content(_plain(data, name), name)
    memory = mmap.mmap(-1, size, **PRIVATE)
    if hasattr(mmap, "MADV_HUGEPAGE"):
        with suppress(OSError):  # a kernel without large pages
            memory.madvise(mmap.MADV_HUGEPAGE)
    _fill_by_threads(file, memory, name)
    return Content(memory, name, os.dup(file.fileno()))


def _fill_by_threads(file: BinaryIO, memory: mmap.mmap, name: str) -> None:
    """As `fill`, a slice of a large file by each thread, where the system reads at a place."""
    if not hasattr(os, "preadv"):
        fill(file, memoryview(memory), name)
        return
    target = memoryview(memory)

    def one(start: int, stop: int) -> None:
        while start < stop:
            count = os.preadv(file.fileno(), [target[start:stop]], start)
            if not count:
                raise changed(name, start, len(target))
            start += count

    map_slices(one, len(target), least=LEAST_SLICE)


def _is_plain(beginning: bytes) -> bool:
    """Whether a file that begins with these four bytes is plain UTF-8."""
    is_packed = beginning.startswith((GZIP, XZ[:4], BZIP2, ZIP))
    return not is_packed and json.detect_encoding(beginning) == "utf-8"


def _plain(data: bytes | bytearray, name: str) -> bytes | bytearray:
    """The text as UTF-8 without a byte order mark, whatever its encoding.

    Raises:
        FormatError: if it is damaged.
    """
    if data[:2] == GZIP:
        data = gunzip(data, name)
    elif data.startswith((XZ, BZIP2, ZIP)):
        from segeval.data.archives import unpacked  # only now: most files are none

        data = unpacked(data, name)
    encoding = json.detect_encoding(bytes(data[:4]))
    if encoding == "utf-8":
        return data
    if encoding == "utf-8-sig":
        return data.removeprefix(codecs.BOM_UTF8)
    try:
        return data.decode(encoding, "surrogatepass").encode("utf-8", "surrogatepass")
    except UnicodeDecodeError as error:
        raise FormatError(
            f"{name}: not valid {error.encoding.upper()} at byte {error.start:,}: {error.reason}",
            code="bad-json",
            path=name,
        ) from None
