"""Returning the memory of freed columns to the system."""

from __future__ import annotations

import sys

M_MMAP_THRESHOLD, M_TRIM_THRESHOLD, M_ARENA_MAX = -3, -1, -8
"""As in glibc's malloc.h."""

LARGE = 1 << 20
"""Bytes from which a block gets its own mapping: columns do, most other things do not."""

VERY_LARGE = 8 << 20
"""The same where columns come and go by the hundred. Each mapping is filled by the system page by
page, which takes a tenth of the time; columns of a million rows are not mapped then."""


def give_back_large_blocks() -> None:
    """Have glibc unmap large blocks when they are freed.

    By default glibc keeps blocks of up to 32 MB once it has freed a large one, which raises the
    peak of a run by a fifth. Other systems are left alone.
    """
    _tell({M_MMAP_THRESHOLD: LARGE})


def keep_columns() -> None:
    """Have glibc unmap very large blocks alone when they are freed, and use others again.

    All threads share one heap: with one each, what one has freed is of no use to the others.
    Other systems are left alone.
    """
    _tell({M_MMAP_THRESHOLD: VERY_LARGE, M_TRIM_THRESHOLD: 4 * VERY_LARGE, M_ARENA_MAX: 1})


def _tell(options: dict[int, int]) -> None:
    """Set options of malloc, where it is that of glibc."""
    if not sys.platform.startswith("linux"):
        return
    import ctypes

    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        for name, value in options.items():
            mallopt(name, value)
