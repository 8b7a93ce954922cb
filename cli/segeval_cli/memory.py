"""Returning the memory of freed columns to the system."""

from __future__ import annotations

import sys

M_MMAP_THRESHOLD, M_TRIM_THRESHOLD, M_ARENA_MAX = -3, -1, -8
"""As in glibc's malloc.h."""

LARGE = 1 << 20
"""Bytes from which a block gets its own mapping: columns do, most other things do not."""

VERY_LARGE = 8 << 20
"""The same where columns or label maps come and go by the hundred. Each mapping is filled by the
system page by page, which takes a tenth of the time of columns and a third of that of label maps;
neither columns of a million rows nor maps of eight megapixels are mapped then."""

KEPT_AT_THE_END = 8 << 20
"""Bytes of the heap's end that stay when freed. The default, 128 KB, is less than a chunk of
records takes: it would be given back and filled again for each."""


def give_back_large_blocks() -> None:
    """Have glibc unmap large blocks when they are freed, and use others again.

    By default glibc keeps blocks of up to 32 MB once it has freed a large one, which raises the
    peak of a run by a fifth. All threads share one heap: with one each, what one has freed is of no
    use to the others, and a run takes two page faults where one would do. Other systems are left
    alone.
    """
    _give_back_from(LARGE, KEPT_AT_THE_END)


def keep_columns() -> None:
    """The same for very large blocks alone: others are used again."""
    _give_back_from(VERY_LARGE, 4 * VERY_LARGE)


def _give_back_from(size: int, kept: int) -> None:
    """One heap for all threads, which keeps some bytes at its end, and blocks of a size outside."""
    _tell({M_MMAP_THRESHOLD: size, M_TRIM_THRESHOLD: kept, M_ARENA_MAX: 1})


def _tell(options: dict[int, int]) -> None:
    """Set options of malloc, where it is that of glibc."""
    if not sys.platform.startswith("linux"):
        return
    import ctypes

    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        for name, value in options.items():
            mallopt(name, value)
