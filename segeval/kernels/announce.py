"""Word of compiling, which takes seconds and would otherwise look like a hang."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

FIRST_RUN = "compiling kernels for the first run of this kind (about {seconds} s) ..."
EVERY_RUN = (
    "compiling kernels (about {seconds} s), as every run will have to: {obstacle}. "
    "Set NUMBA_CACHE_DIR to a folder that only you can write to."
)
ALONE, TOGETHER = 15, 10
"""Seconds that it takes on one core, and on two or more; slower machines take twice as long."""

_lock = threading.Lock()
_spent = [0.0]
_began: list[float] = []

_tellers: list[Callable[[str], None]] = []
_logged: list[str] = []


@contextmanager
def telling(tell: Callable[[str], None]) -> Iterator[None]:
    """A context that calls a function with a sentence before a kernel is compiled."""
    _tellers.append(tell)
    try:
        yield
    finally:
        _tellers.remove(tell)


def seconds_spent() -> float:
    """Wall time in which this process made or awaited kernels so far; threads at once count once.

    Example:
        >>> seconds_spent() >= 0
        True
    """
    with _lock:
        return _spent[0] + (time.perf_counter() - _began[0] if _began else 0.0)


@contextmanager
def timed() -> Iterator[None]:
    """A context in which a kernel is compiled, or awaited from a process that compiles it."""
    now = time.perf_counter()
    with _lock:
        _began.append(_began[0] if _began else now)
    try:
        yield
    finally:
        with _lock:
            began = _began.pop()
            if not _began:
                _spent[0] += time.perf_counter() - began


def compiling(obstacle: str | None, workers: int) -> None:
    """Tell whoever asked that a kernel is compiled; else log it, once per process.

    A log message of this level is seen in a notebook and a terminal without any set-up. A warning
    would stop programs that turn warnings into errors.

    Args:
        obstacle: why machine code cannot be kept; None if it can.
        workers: how many kernels are compiled at a time.
    """
    text = FIRST_RUN if obstacle is None else EVERY_RUN
    text = text.format(seconds=ALONE if workers == 1 else TOGETHER, obstacle=obstacle)
    if _tellers:
        for tell in tuple(_tellers):
            tell(text)
    elif not _logged:
        import logging

        _logged.append(text)
        logging.getLogger("segeval").warning(text)
