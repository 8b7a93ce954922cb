"""Files that are read whole: ordinary ones only, of a size that is known before."""

from __future__ import annotations

import errno
import os
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, BinaryIO

from segeval.errors import FormatError, InputError
from segeval.limits import check_limit, limits

READ = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
"""How files are opened: a pipe or a device is not waited for."""

EMPTY_NAME = "the name of a file is empty. Is a variable not set?"
"""The message about a path of no characters, which would stand for the current folder."""

PIECE = 1 << 20
"""Bytes of a stream that are read together."""

PATIENCE = 3.0
"""Seconds in which something must begin to write to a pipe."""


def read_bytes(path: str | Path, *, limit: str | None = None) -> bytearray:
    """The bytes of a file.

    Args:
        path: of an ordinary file; a pipe or a device could let the reader wait forever.
        limit: name of the limit that its size must keep, such as "file_bytes".

    Raises:
        InputError: if there is no such file, or it cannot be read.
        FormatError: if it is larger than the limit, or changed while it was read.
    """
    with readable(str(path)):
        return bytes_of(path, limit=limit)


def bytes_of(path: str | Path, *, limit: str | None = None) -> bytearray:
    """As `read_bytes`, with the system's error if the file cannot be opened."""
    with ordinary_file(path) as file:
        size = os.fstat(file.fileno()).st_size
        if limit is not None:
            check_limit(limit, size, f"has {size:,} bytes", source=str(path))
        data = bytearray(size)
        fill(file, memoryview(data), str(path))
        return data


def read_memory(path: str | Path) -> memoryview:
    """As `read_bytes` for a large file, into memory that may be changed and is not zeros first."""
    import numpy as np  # only here: the list of presets needs none of it

    with readable(str(path)), ordinary_file(path) as file:
        memory = np.empty(os.fstat(file.fileno()).st_size, np.uint8).data
        fill(file, memory, str(path))
        return memory


def named_bytes(path: str | Path, *, limit: str | None = None) -> bytes | bytearray:
    """As `bytes_of` for a small file that the user named, which may be a pipe of the shell."""
    if is_pipe(path):
        return read_pipe(path, limit=limit or "piped_bytes")
    return bytes_of(path, limit=limit)


def fill(file: BinaryIO, target: memoryview, name: str) -> None:
    """Read as many bytes as a target has room for.

    Args:
        file: open and without a buffer.
        target: gets the bytes.
        name: name of the file in messages.

    Raises:
        FormatError: if the file ends before: another process has changed it.
    """
    place = 0
    while place < len(target):
        count = file.readinto(target[place : place + (1 << 26)])  # type: ignore[attr-defined]
        if not count:
            raise changed(name, place, len(target))
        place += count


def changed(name: str, found: int, expected: int) -> FormatError:
    """The error for a file that became shorter while it was read."""
    return FormatError(
        f"{name}: changed while it was read: it ends at byte {found:,}, and had {expected:,} "
        "bytes. Wait until it is written, then try again.",
        code="changed",
        path=name,
    )


@contextmanager
def ordinary_file(path: str | Path) -> Iterator[BinaryIO]:
    """A file that is open for reading, without a buffer.

    Raises:
        InputError: if it is a pipe, a device or a socket.
        OSError: if it cannot be opened.
    """
    descriptor = os.open(path, READ)
    try:
        mode = os.fstat(descriptor).st_mode
        if stat.S_ISDIR(mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
        if not stat.S_ISREG(mode):
            raise InputError(
                f"{path}: is {_kind(mode)}, expected an ordinary file.",
                code="no-file",
                path=str(path),
            )
        with os.fdopen(descriptor, "rb", buffering=0, closefd=False) as file:
            yield file
    finally:
        os.close(descriptor)


def is_pipe(path: str | Path) -> bool:
    """Whether a path is a pipe, such as one of the shell's `<(...)`."""
    try:
        return stat.S_ISFIFO(os.stat(path).st_mode)  # noqa: PTH116 - a path may be text
    except (OSError, ValueError):
        return False


def read_pipe(path: str | Path, *, limit: str = "piped_bytes") -> bytearray:
    """All bytes of a pipe, which may come as slowly as they like.

    Args:
        path: of the pipe.
        limit: name of the limit that their number must keep.

    Raises:
        InputError: if nothing writes to it.
        FormatError: if there are more bytes than the limit.
        OSError: if it cannot be opened.
    """
    descriptor = os.open(path, READ)
    try:
        first = _first_bytes(descriptor, str(path))
        os.set_blocking(descriptor, True)
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            return read_stream(file, str(path), limit=limit, first=first)
    finally:
        os.close(descriptor)


def read_stream(
    file: IO[bytes], name: str, *, limit: str = "piped_bytes", first: bytes = b""
) -> bytearray:
    """All bytes of a stream, whose number is known when it ends, if it does.

    Args:
        file: open for reading.
        name: name of the stream in messages.
        limit: name of the limit that the number of bytes must keep.
        first: bytes that were read before.

    Raises:
        FormatError: if there are more bytes than the limit.
    """
    found = bytearray(first)
    most = getattr(limits(), limit)
    while len(found) <= most and (piece := file.read(min(PIECE, most + 1 - len(found)))):
        found += piece
    if len(found) > most:
        raise FormatError(
            f"{name}: has not ended after {most:,} bytes. If that is right, write it to a file "
            f"first, or raise the limit: `limits.raised({limit}={10 * most})`.",
            code="limit",
            path=name,
            option=f"limit {limit}",
        )
    return found


def _first_bytes(descriptor: int, name: str) -> bytes:
    """The first bytes of a pipe, or nothing yet if something is about to write to it."""
    end = time.monotonic() + PATIENCE
    while True:
        try:
            first = os.read(descriptor, 1 << 16)
        except BlockingIOError:  # there is a writer
            return b""
        if first:
            return first
        if time.monotonic() > end:
            raise InputError(
                f"{name}: is a pipe, and nothing writes to it.", code="no-file", path=name
            )
        time.sleep(0.02)


@contextmanager
def readable(name: str, expected: str = "a file") -> Iterator[None]:
    """A context in which a file is opened and read, whose errors say why it cannot be.

    Args:
        name: name of the file in messages.
        expected: what should be in the place of a folder, one or two sentences without the stop.

    Raises:
        InputError: if there is no such file or it cannot be read.
    """
    try:
        yield
    except InputError:
        raise
    except FileNotFoundError:
        raise InputError(
            f"{name}: no such file.{_cause(name)}", code="no-file", path=name
        ) from None
    except IsADirectoryError:
        raise InputError(
            f"{name}: is a folder, expected {expected}.", code="no-file", path=name
        ) from None
    except PermissionError:
        raise InputError(
            f"{name}: may not be read (permissions).", code="no-file", path=name
        ) from None
    except (OSError, ValueError) as error:  # such as too long a name, or one with a null in it
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError(f"{name}: cannot be read ({reason}).", code="no-file", path=name) from None


def _cause(name: str) -> str:
    """Why there is no file of a name, in a sentence that follows another; else ""."""
    if "://" in name:
        return " Addresses are not opened: download the file first."
    if name.startswith("~") and Path(name).expanduser().exists():
        return f" In place of ~ write the whole path: {Path(name).expanduser()}."
    return ""


def _kind(mode: int) -> str:
    """What a file is that is not an ordinary one."""
    if stat.S_ISFIFO(mode):
        return "a pipe"
    return "a socket" if stat.S_ISSOCK(mode) else "a device"
