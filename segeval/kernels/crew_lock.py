"""One crew at a time compiles for a folder of machine code; others wait for what it makes."""

from __future__ import annotations

import os
import time

from segeval.kernels import store, trusted
from segeval.kernels.stop import heed
from segeval.kernels.store import Compiled

PATIENCE = 30.0
"""Seconds to wait for another process's crew, which Ctrl-Z may have stopped."""

_PAUSE = 0.05
_FILE = "compiling"
_FLAGS = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)


def opened() -> int | None:
    """The descriptor of a file beside the machine code, which a crew locks; None without a folder.

    The lock lasts until no process has the descriptor, so that workers hold it, too.
    """
    path = store.folder()
    if path is None:
        return None
    try:
        with trusted.opened(path, make=True) as folder:
            return os.open(_FILE, _FLAGS, 0o600, dir_fd=folder)
    except OSError:
        return None


def made_by_others(lock: int, name: str) -> Compiled | None:
    """A kernel that another crew has made; None once this process has the lock, or no patience.

    Args:
        lock: from `opened`.
        name: under which the kernel's machine code is stored.

    Raises:
        KeyboardInterrupt: if kernels are told to stop.
    """
    deadline = time.monotonic() + PATIENCE
    while not _take(lock) and time.monotonic() < deadline:
        if made := store.find(name):
            return made
        heed()
        time.sleep(_PAUSE)
    return store.find(name)


def _take(lock: int) -> bool:
    """Take a lock unless another process has it."""
    import fcntl  # Linux alone has crews

    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # a network folder without locks
        return True
    return True
