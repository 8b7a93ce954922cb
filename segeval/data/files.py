"""Opening of inputs: a file, a compressed file, or standard input."""

from __future__ import annotations

import codecs
import hashlib
import json
import mmap
import os
import sys
import threading
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.data.beginnings import BZIP2, GZIP, XZ, ZIP
from segeval.data.open_file import OpenFile
from segeval.data.opening import is_pipe, ordinary_file, read_pipe, read_stream, readable
from segeval.data.unpacking import gunzip
from segeval.errors import FormatError

STANDARD_INPUT = "-"

BLANK = b" \t\r\n"
"""JSON's white space."""

BLOCK = 1 << 16
"""Bytes examined together."""


class Content:
    """The bytes of one input, read once.

    They are not mapped from the file: a process under which another one truncates a mapped file is
    killed without a word.

    Attributes:
        name: name of the input in messages.
        size: number of bytes, B.
    """

    def __init__(self, data: bytes | bytearray | memoryview | OpenFile, name: str) -> None:
        """Bytes with a name.

        Args:
            data: the bytes, or the file that they are read from when they are needed.
            name: of the input.
        """
        self.name = name
        self._file = self._waiting = data if isinstance(data, OpenFile) else None
        self._memory: mmap.mmap | None = None
        self._bytes = _read_only(b"" if isinstance(data, OpenFile) else data)
        self._released = 0
        self._lock = threading.Lock()
        self.size: int = data.size if isinstance(data, OpenFile) else len(self._bytes)

    @property
    def data(self) -> NDArray[np.uint8]:
        """The bytes, uint8, shape (B,), read-only; a file is read whole at the first use.

        Raises:
            FormatError: if the file was changed since it was opened.
        """
        with self._lock:
            if self._waiting is not None:
                self._memory = self._waiting.read_whole()
                self._bytes = _read_only(self._memory)
                self._waiting = None
            return self._bytes

    @property
    def is_in_memory(self) -> bool:
        """Whether all bytes are read."""
        return self._waiting is None

    def part(self, start: int, stop: int) -> NDArray[np.uint8]:
        """The bytes from a place up to another, or to the end, read-only; a file is not read whole.

        Raises:
            FormatError: if the file is shorter by now.
        """
        if self._waiting is None:
            return self._bytes[start:stop]
        found = np.empty(max(min(stop, self.size) - start, 0), np.uint8)
        self.copy(start, found)
        return found

    def copy(self, start: int, target: NDArray[np.uint8]) -> None:
        """Fill memory with the bytes of a file from a place on; errors as in `part`."""
        waiting = self._waiting
        if waiting is None:
            target[:] = self._bytes[start : start + len(target)]
        else:
            waiting.read_into(target.data, start)

    def check_unchanged(self) -> None:
        """Refuse parts of a file that was changed since it was opened.

        Raises:
            FormatError: if it was.
        """
        if self._waiting is not None:
            self._waiting.check_unchanged()

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
        if self._memory is not None and self._file is not None and self._released:
            self._file.read_into(memoryview(self._memory)[: self._released], 0)
            self._released = 0

    def skip_blank(self, place: int) -> int:
        """The next place that is not white space, or the number of bytes."""
        while place < self.size:
            block = self.part(place, place + BLOCK).tobytes()
            found = block.lstrip(BLANK)
            place += len(block) - len(found)
            if found:
                break
        return place

    @property
    def begins(self) -> bytes:
        """The first character that is not white space, or nothing."""
        place = self.skip_blank(0)
        return self.part(place, place + 1).tobytes()

    @property
    def end(self) -> int:
        """Number of bytes without white space at the end."""
        for place in range(self.size, 0, -BLOCK):
            start = max(place - BLOCK, 0)
            found = self.part(start, place).tobytes().rstrip(BLANK)
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


def open_content(path: str | Path, *, by_parts: bool = False) -> Content:
    """The bytes of a file or of standard input ("-"), as UTF-8 and without compression.

    Args:
        path: path of a JSON file, whatever its name: plain, compressed with gzip, xz or bzip2, or
            alone in a zip archive.
        by_parts: leave a large plain file where it is until its bytes are asked for.

    Raises:
        InputError: if there is no such file or it cannot be read.
        FormatError: if a compressed file is damaged.
    """
    name = display_name(path)
    expected = "a JSON file. Folders go with `mean_iou`, `id_maps_ap` and `cityscapes_ap`"
    with readable(name, expected):
        if str(path) == STANDARD_INPUT:
            content = Content(_plain(read_stream(sys.stdin.buffer, name), name), name)
        elif is_pipe(path):
            content = Content(_plain(read_pipe(path), name), name)
        else:
            content = _of_ordinary_file(path, name, by_parts=by_parts)
    return content


def is_same_file(path: Path, other: Path) -> bool:
    """Whether two paths are one file or folder, by any name; also where there is none."""
    try:
        return path.samefile(other)
    except OSError:  # one does not exist, which its reader says
        return path.absolute() == other.absolute()


def sha256(path: str | Path) -> str | None:
    """Hexadecimal SHA-256 of a file's bytes on disk; None for standard input."""
    if str(path) == STANDARD_INPUT:
        return None
    digest = hashlib.sha256()
    block = bytearray(4 << 20)  # threads that work meanwhile are seldom disturbed
    with Path(path).open("rb", buffering=0) as file:
        while read := file.readinto(block):
            digest.update(memoryview(block)[:read])
    return digest.hexdigest()


def _of_ordinary_file(path: str | Path, name: str, *, by_parts: bool) -> Content:
    """The content of a file that nobody changes meanwhile."""
    with ordinary_file(path) as file:
        opened = OpenFile(os.dup(file.fileno()), name)
    beginning = bytearray(min(opened.size, mmap.PAGESIZE))
    opened.read_into(memoryview(beginning), 0)
    if opened.size > mmap.PAGESIZE and _is_plain(bytes(beginning[:4])):
        content = Content(opened, name)
        if not by_parts:
            content.data  # noqa: B018 - is read now
        return content
    data = bytearray(opened.size)
    opened.read_into(memoryview(data), 0)
    opened.check_unchanged()
    return Content(_plain(data, name), name)


def _read_only(data: bytes | bytearray | memoryview | mmap.mmap) -> NDArray[np.uint8]:
    """Bytes as an array that cannot be written."""
    found = np.frombuffer(data, np.uint8)
    found.flags.writeable = False
    return found


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
