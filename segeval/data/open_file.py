"""A large file that stays open, and whose parts are read at their places, by several threads."""

from __future__ import annotations

import mmap
import os
import threading
import weakref
from typing import Any

from segeval.data.opening import changed, readable
from segeval.kernels.threads import map_slices

LEAST_SLICE = 1 << 22
"""Bytes of a file that are worth a thread."""


def private_memory(size: int) -> mmap.mmap:
    """Zeros that no other process may share: only pages that are written to take memory.

    Args:
        size: number of bytes, at least 1.
    """
    keywords: Any = {"flags": mmap.MAP_PRIVATE} if hasattr(mmap, "MAP_PRIVATE") else {}
    return mmap.mmap(-1, size, **keywords)


class OpenFile:
    """An ordinary file, as long as it is as large as it was when it was opened.

    Attributes:
        name: of the file in messages.
        size: number of its bytes.
    """

    def __init__(self, descriptor: int, name: str) -> None:
        """A file that is open for reading.

        Args:
            descriptor: of the file, which is closed in the end.
            name: of the file in messages.
        """
        self.name = name
        self._descriptor = descriptor
        self._before = os.fstat(descriptor)
        self.size = self._before.st_size
        self._lock = threading.Lock()
        weakref.finalize(self, os.close, descriptor)

    def read_into(self, target: memoryview, start: int) -> None:
        """Fill memory with the bytes of the file from a place on.

        Raises:
            FormatError: if the file is shorter by now.
            InputError: if it cannot be read.
        """
        place = 0
        with readable(self.name):
            while place < len(target):
                count = self._read(target[place:], start + place)
                if not count:
                    raise changed(self.name, start + place, self.size)
                place += count

    def read_whole(self) -> mmap.mmap:
        """All bytes in memory of their own, a slice of a large file by each thread.

        Raises:
            FormatError: if the file was changed meanwhile.
            InputError: if it cannot be read.
        """
        memory = private_memory(self.size)
        target = memoryview(memory)

        def one(start: int, stop: int) -> None:
            self.read_into(target[start:stop], start)

        map_slices(one, self.size, least=LEAST_SLICE)
        self.check_unchanged()
        return memory

    def check_unchanged(self) -> None:
        """Refuse what was read if the file was changed since it was opened.

        Raises:
            FormatError: if it was.
        """
        after, before = os.fstat(self._descriptor), self._before
        if (after.st_size, after.st_mtime_ns) != (before.st_size, before.st_mtime_ns):
            raise changed(self.name, after.st_size, before.st_size)

    def _read(self, target: memoryview, start: int) -> int:
        """Some bytes from a place on; returns how many, 0 at the end."""
        if hasattr(os, "preadv"):
            return os.preadv(self._descriptor, [target], start)
        with self._lock:  # a system where all threads read at one place
            os.lseek(self._descriptor, start, os.SEEK_SET)
            found = os.read(self._descriptor, min(len(target), LEAST_SLICE))
        target[: len(found)] = found
        return len(found)
