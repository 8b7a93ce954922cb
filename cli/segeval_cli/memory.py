"""What becomes of the memory of freed columns: the system gets it, or the next one does."""

from __future__ import annotations

import sys

M_MMAP_THRESHOLD, M_TRIM_THRESHOLD, M_ARENA_MAX = -3, -1, -8
"""As in glibc's malloc.h."""

LARGE = 1 << 20
"""Bytes from which a block is given back: columns are, most other things are not."""

VERY_LARGE = 8 << 20
"""The same where columns or label maps come and go by the hundred. The system fills what it gives
page by page, which takes a tenth of the time of columns and a third of that of label maps; neither
columns of a million rows nor maps of eight megapixels are given back then."""

LEAST_KEPT = 8 << 20
"""Bytes of the heap's end that stay when freed, at least. The default, 128 KB, is less than a chunk
of records takes: it would be given back and filled again for each."""


def give_back_blocks(least: int = LARGE) -> None:
    """Have glibc give large blocks back to the system when they are freed, and use others again.

    By default it keeps blocks of up to 32 MB once it has freed a large one, which raises the peak
    of a run by a fifth. All threads share one heap: with one each, what one has freed is of no use
    to the others, and a run takes two page faults where one would do. Other systems are left alone.

    It overrules the library's `keep_blocks`, which works in programs of others and so changes no
    setting of theirs.

    Args:
        least: bytes of the smallest block that is given back.
    """
    kept = max(LEAST_KEPT, 4 * least)
    _tell({M_MMAP_THRESHOLD: least, M_TRIM_THRESHOLD: kept, M_ARENA_MAX: 1})


def _tell(options: dict[int, int]) -> None:
    """Set options of malloc, where it is that of glibc."""
    if not sys.platform.startswith("linux"):
        return
    import ctypes

    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        for name, value in options.items():
            mallopt(name, value)
