"""Threads of BLAS, with which numpy multiplies matrices: evaluations do not, and start none."""

from __future__ import annotations

import os

THREADS = "OPENBLAS_NUM_THREADS"
"""OpenBLAS reads it when it is loaded, and starts a thread for each core otherwise."""

_IS_CHOSEN = THREADS in os.environ


def start_no_threads() -> None:
    """Let numpy, when it is imported, start no threads, unless the user has chosen a number."""
    if not _IS_CHOSEN:
        os.environ[THREADS] = "1"


def start_as_usual() -> None:
    """Undo it for libraries that are still to be imported and do multiply, such as PyTorch."""
    if not _IS_CHOSEN:
        os.environ.pop(THREADS, None)
