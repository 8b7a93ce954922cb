"""Returning the memory of freed columns to the system."""

from __future__ import annotations

import sys

M_MMAP_THRESHOLD = -3
"""As in glibc's malloc.h."""

THRESHOLD = 1 << 20
"""Bytes from which a block gets its own mapping: columns do, most other things do not."""


def give_back_large_blocks() -> None:
    """Have glibc unmap large blocks when they are freed.

    By default glibc keeps blocks of up to 32 MB once it has freed a large one, which raises the
    peak of a run by a fifth. Other systems are left alone.
    """
    if not sys.platform.startswith("linux"):
        return
    import ctypes

    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(M_MMAP_THRESHOLD, THRESHOLD)
