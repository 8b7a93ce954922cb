"""Ctrl-C in the middle of a kernel.

Python hears of a signal only between its own instructions, and a kernel is one of them. So loops of
kernels look at one word of memory, and leave when it says so. Python's signal handler writes the
number of each signal to a file descriptor if it is asked to; here that is a file in memory,
which is mapped where the kernels look. Nothing waits, and no thread is needed.

Threads stop too: the word is one for the process.
"""

from __future__ import annotations

import contextlib
import ctypes
import mmap
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

STOPPED = -9
"""What a kernel returns that was told to leave: a code that numba, which uses -3 to 1, lacks."""

SYMBOL = "segeval_stop"
"""The name by which machine code knows the word."""

_PAGE = mmap.PAGESIZE
MASK = 2048
"""Bytes from the word to another one: bit n is set if signal n shall stop kernels."""

BY_PYTHON = 255
"""A byte of the word that no signal writes: Python itself asks."""

_CTRL_C = int(signal.SIGINT)
_ENDINGS = [int(getattr(signal, name)) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
_handler_of: Any = getattr(signal, "_signal", signal).getsignal  # skips its enums
_ASKED_BY_PYTHON = 7  # the byte of the word that no signal reaches unless six came before it


class _Word:
    """A word that kernels look at: not 0 after a signal. Each byte is the number of a signal.

    Attributes:
        address: of the word.
        descriptor: of the file that lies there; -1 on systems that lack what it takes.
        is_armed: whether signals reach it.
        interruptions: how often a signal has reached it that stops kernels.
    """

    def __init__(self) -> None:
        self.descriptor = -1
        self._asked = 0
        self._listener = -1
        self.is_armed = False
        self.interruptions = 0
        self._main = threading.main_thread().ident
        self._lock = threading.Lock()
        self._memory = self._mapped() or mmap.mmap(-1, _PAGE)
        self._value = ctypes.c_uint64.from_buffer(self._memory)
        self._mask = ctypes.c_uint64.from_buffer(self._memory, MASK)
        self.address = ctypes.addressof(self._value)

    def _mapped(self) -> mmap.mmap | None:
        """The file in memory, where the system has signals that write to files."""
        if os.name != "posix":
            return None
        try:
            self.descriptor = _file_in_memory()
            return mmap.mmap(self.descriptor, _PAGE)
        except OSError:
            self.descriptor = -1
            return None

    def ask(self, more: int) -> None:
        """Count those who want kernels to leave; they do while there is one."""
        with self._lock:
            self._asked += more
            self._memory[_ASKED_BY_PYTHON : _ASKED_BY_PYTHON + 1] = self._byte_of_python()

    @property
    def is_asked(self) -> bool:
        """Whether anybody wants kernels to leave, so that none needs to be compiled."""
        return self._asked > 0

    def arm(self) -> None:
        """Let Ctrl-C reach the word until `disarm`.

        So do other signals whose handler has a true attribute `stops_kernels`. Nothing is done in
        other threads, which signals never interrupt, nor for a program with handlers of its own,
        which may want the kernel to finish.
        """
        if threading.get_ident() != self._main or self.descriptor < 0:
            return
        mask = 1 << _CTRL_C if _handler_of(_CTRL_C) is signal.default_int_handler else 0
        for number in _ENDINGS:
            if getattr(_handler_of(number), "stops_kernels", False):
                mask |= 1 << number
        if not mask:
            return
        self._mask.value = mask
        if self._value.value:
            self._forget()
        self.is_armed = True
        before = signal.set_wakeup_fd(self.descriptor, warn_on_full_buffer=False)
        if before != self.descriptor:  # else Ctrl-C came in the middle of `disarm`
            self._listener = before

    def disarm(self) -> None:
        """Undo `arm`, if this is its thread."""
        if not self.is_armed or threading.get_ident() != self._main:
            return
        self.is_armed = False
        signal.set_wakeup_fd(self._listener)
        if self._value.value:
            self._forget()

    def _forget(self) -> None:
        """Clear the word, and pass the signals on to an event loop that waits for them."""
        heard = bytes(self._memory[:_ASKED_BY_PYTHON]).rstrip(b"\0")
        self.interruptions += any(self._mask.value >> number & 1 for number in heard)
        with self._lock:
            self._memory[:8] = bytes(_ASKED_BY_PYTHON) + self._byte_of_python()
        os.lseek(self.descriptor, 0, os.SEEK_SET)
        if heard and self._listener >= 0:
            with contextlib.suppress(OSError):
                os.write(self._listener, heard)

    def _byte_of_python(self) -> bytes:
        return bytes([BY_PYTHON if self._asked else 0])

    def renew(self) -> None:
        """After a fork, map a file of the child's own in the same place."""
        self._lock = threading.Lock()
        if self.descriptor < 0:
            return
        if threading.get_ident() != self._main:  # the thread that was in a kernel is gone
            self.is_armed = False
            self._main = threading.get_ident()
        own = _file_in_memory()
        os.dup2(own, self.descriptor, inheritable=False)
        os.close(own)
        library = ctypes.CDLL(None, use_errno=True)
        library.mmap.restype = ctypes.c_void_p
        library.mmap.argtypes = (
            ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int,
            ctypes.c_long,
        )  # fmt: skip
        rights, fixed = mmap.PROT_READ | mmap.PROT_WRITE, mmap.MAP_SHARED | 0x10
        library.mmap(self.address, _PAGE, rights, fixed, self.descriptor, 0)


def _file_in_memory() -> int:
    """A descriptor of an empty page in no folder, which never blocks."""
    if hasattr(os, "memfd_create"):
        descriptor = os.memfd_create(SYMBOL)
    else:
        import tempfile  # only now: most systems have files in memory

        with tempfile.TemporaryFile() as file:
            descriptor = os.dup(file.fileno())
    os.ftruncate(descriptor, _PAGE)
    os.set_blocking(descriptor, False)
    return descriptor


WORD = _Word()

if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=WORD.renew)


@contextmanager
def stoppable() -> Iterator[None]:
    """Kernels of all threads stop at Ctrl-C from its moment on, until this context ends."""
    was_armed = WORD.is_armed
    try:
        if not was_armed:
            WORD.arm()
        yield
    finally:
        if not was_armed:
            WORD.disarm()


@contextmanager
def stopping() -> Iterator[None]:
    """All kernels of the process leave with a `KeyboardInterrupt` while this context lasts."""
    WORD.ask(1)
    try:
        yield
    finally:
        WORD.ask(-1)


def heed() -> None:
    """Leave what is not a kernel as kernels would be left.

    Raises:
        KeyboardInterrupt: if kernels are told to stop.
    """
    if WORD.is_asked:
        raise KeyboardInterrupt
