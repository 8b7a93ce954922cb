"""Blocks of memory that the C library keeps for the next image or column."""

from __future__ import annotations

from functools import cache

import numpy as np

KEPT = 31 << 20
"""Bytes of a block whose release makes glibc keep smaller ones; its limit is 32 MiB."""


@cache
def keep_blocks() -> None:
    """Let glibc keep the memory of one image or column for the next.

    It returns blocks as large as these to the system until a larger one has been freed once.
    Getting them back, page by page, takes a quarter of the decoding time. An array that is never
    written to costs nothing. Other systems are left alone.

    A library changes no setting of the program that it runs in, so this is all that it does. The
    command line is a program of its own, and sets more.
    """
    np.empty(KEPT, np.uint8)
