"""Opening what the user named: a file, a gzip file, or standard input."""

from __future__ import annotations

import gzip
import hashlib
import mmap
import sys
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from segeval.errors import FormatError, InputError

STANDARD_INPUT = "-"


class Content:
    """The bytes of one input, mapped from the file where that is possible.

    Attributes:
        name: how messages call the input.
        data: the bytes, uint8, shape (B,), read-only.
    """

    def __init__(self, data: bytes | mmap.mmap, name: str) -> None:
        self._map = data if isinstance(data, mmap.mmap) else None
        self.name = name
        self.data: NDArray[np.uint8] = np.frombuffer(data, np.uint8)

    def release(self, start: int, stop: int) -> None:
        """Give the pages between two bytes back: they will not be read again."""
        if self._map is None or not hasattr(mmap, "MADV_DONTNEED"):
            return
        first = -(-start // mmap.PAGESIZE) * mmap.PAGESIZE
        last = stop // mmap.PAGESIZE * mmap.PAGESIZE
        if last > first:
            self._map.madvise(mmap.MADV_DONTNEED, first, last - first)

    @property
    def begins(self) -> bytes:
        """The first character that is not white space, or nothing."""
        return self.data[:4096].tobytes().lstrip()[:1] or self.data.tobytes().lstrip()[:1]


def display_name(path: str | Path) -> str:
    """How messages call an input."""
    return "standard input" if str(path) == STANDARD_INPUT else str(path)


def open_content(path: str | Path) -> Content:
    """The bytes of a file, of a gzip file (.gz), or of standard input ("-").

    Raises:
        InputError: if there is no such file or it cannot be read.
        FormatError: if a .gz file is damaged.
    """
    name = display_name(path)
    if str(path) == STANDARD_INPUT:
        return Content(_without_mark(sys.stdin.buffer.read()), name)
    path = Path(path)
    try:
        with path.open("rb") as file:
            if path.suffix == ".gz":
                return Content(_without_mark(gzip.decompress(file.read())), name)
            if path.is_file() and path.stat().st_size > mmap.PAGESIZE:
                mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
                if mapped[:3] != b"\xef\xbb\xbf":
                    return Content(mapped, name)
                mapped.close()
            return Content(_without_mark(file.read()), name)
    except FileNotFoundError:
        raise InputError(f"{name}: no such file.", code="no-file", path=name) from None
    except IsADirectoryError:
        raise InputError(
            f"{name}: is a folder, expected a JSON file.", code="no-file", path=name
        ) from None
    except PermissionError:
        raise InputError(
            f"{name}: may not be read (permissions).", code="no-file", path=name
        ) from None
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise FormatError(
            f"{name}: not a complete gzip file ({error}). Was the writing interrupted?",
            code="bad-gzip",
            path=name,
        ) from None


def sha256(path: str | Path) -> str | None:
    """Hexadecimal SHA-256 of a file's bytes as they lie on disk; None for standard input."""
    if str(path) == STANDARD_INPUT:
        return None
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _without_mark(data: bytes) -> bytes:
    """The bytes without a UTF-8 byte order mark."""
    return data.removeprefix(b"\xef\xbb\xbf")
