"""How much of a run's time went into compiling kernels, which the next run will not need."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

LEAST = 0.1
"""Seconds from which compiling is told."""

_before: list[float] = []


@contextmanager
def counted() -> Iterator[None]:
    """A context of one run, in which the time of compiling counts from its begin on."""
    _before.append(_spent())
    try:
        yield
    finally:
        _before.pop()


def seconds_text(seconds: float) -> str:
    """A time of work for people, with what of it was compiling.

    Args:
        seconds: of the run, in which all was compiled that it needed.

    Example:
        >>> seconds_text(1.26)
        '1.3 s'
    """
    spent = min(_spent() - _before[-1], seconds) if _before else 0.0
    if spent < LEAST:
        return f"{seconds:.1f} s"
    return f"{seconds:.1f} s, {spent:.1f} s of them compiling kernels"


def _spent() -> float:
    """Seconds of this process so far; 0 where nothing loaded kernels."""
    announce = sys.modules.get("segeval.kernels.announce")
    return 0.0 if announce is None else float(announce.seconds_spent())
