"""Opening of inputs: a file, a gzip file, or standard input."""

from __future__ import annotations

import codecs
import fnmatch
import gzip
import hashlib
import json
import mmap
import os
import stat
import sys
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from segeval.errors import FormatError, InputError

STANDARD_INPUT = "-"

BLANK = b" \t\r\n"
"""JSON's white space."""

GZIP = b"\x1f\x8b"
"""First bytes of every gzip file."""

BLOCK = 1 << 16
"""Bytes examined together."""


class Content:
    """The bytes of one input, mapped from the file where possible.

    Attributes:
        name: name of the input in messages.
        data: the bytes, uint8, shape (B,), read-only.
    """

    def __init__(self, data: bytes | memoryview | mmap.mmap, name: str) -> None:
        self._map = data if isinstance(data, mmap.mmap) else None
        self.name = name
        self.data: NDArray[np.uint8] = np.frombuffer(data, np.uint8)

    def release(self, start: int, stop: int) -> None:
        """Give back the pages between two bytes, which will not be read again."""
        if self._map is None or not hasattr(mmap, "MADV_DONTNEED"):
            return
        first = -(-start // mmap.PAGESIZE) * mmap.PAGESIZE
        last = stop // mmap.PAGESIZE * mmap.PAGESIZE
        if last > first:
            self._map.madvise(mmap.MADV_DONTNEED, first, last - first)

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
        path: path of a JSON file, compressed with gzip or not, whatever its name.

    Raises:
        InputError: if there is no such file or it cannot be read.
        FormatError: if a compressed file is damaged.
    """
    name = display_name(path)
    try:
        if str(path) == STANDARD_INPUT:
            return Content(_plain(sys.stdin.buffer.read()), name)
        with Path(path).open("rb") as file:
            status = os.fstat(file.fileno())
            if stat.S_ISREG(status.st_mode) and status.st_size > mmap.PAGESIZE:
                mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
                if _is_plain(mapped[:4]):
                    return Content(mapped, name)
                mapped.close()
            return Content(_plain(file.read()), name)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise FormatError(
            f"{name}: not a complete gzip file ({error}). Was the writing interrupted?",
            code="bad-gzip",
            path=name,
        ) from None
    except UnicodeDecodeError as error:
        raise FormatError(
            f"{name}: not valid {error.encoding.upper()} at byte {error.start:,}: {error.reason}",
            code="bad-json",
            path=name,
        ) from None
    except FileNotFoundError:
        raise InputError(f"{name}: no such file.", code="no-file", path=name) from None
    except IsADirectoryError:
        raise InputError(
            f"{name}: is a folder, expected a JSON file. Folders go with `mean_iou`, and with "
            "`cityscapes_ap`.",
            code="no-file",
            path=name,
        ) from None
    except PermissionError:
        raise InputError(
            f"{name}: may not be read (permissions).", code="no-file", path=name
        ) from None
    except (OSError, ValueError) as error:  # such as too long a name, or one with a null in it
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError(f"{name}: cannot be read ({reason}).", code="no-file", path=name) from None


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


def _is_plain(beginning: bytes) -> bool:
    """Whether a file that begins with these four bytes is plain UTF-8."""
    return beginning[:2] != GZIP and json.detect_encoding(beginning) == "utf-8"


def _plain(data: bytes) -> bytes:
    """The text as UTF-8 without a byte order mark, whatever its encoding."""
    if data[:2] == GZIP:
        data = gzip.decompress(data)
    encoding = json.detect_encoding(data[:4])
    if encoding == "utf-8":
        return data
    if encoding == "utf-8-sig":
        return data.removeprefix(codecs.BOM_UTF8)
    return data.decode(encoding, "surrogatepass").encode("utf-8", "surrogatepass")
