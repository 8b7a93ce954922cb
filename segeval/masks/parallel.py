"""Threads over contiguous slices: kernels release the GIL, so nothing is copied."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")

SLICES_PER_WORKER = 8
"""More slices than threads, so that a slow slice does not hold up the others."""


def cores() -> int:
    """Number of cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def map_slices(
    function: Callable[[int, int], T],
    length: int,
    workers: int | None = None,
    *,
    least: int = 256,
) -> list[T]:
    """Call `function(start, stop)` on slices that cover `range(length)`.

    Args:
        function: may release the GIL; its result must not depend on how the range is cut.
        length: end of the range.
        workers: threads, None for all cores.
        least: shortest slice worth a thread.

    Returns:
        The results in the order of the slices; none for an empty range.
    """
    workers = cores() if workers is None else workers
    parts = min(workers * SLICES_PER_WORKER, -(-length // least)) if workers > 1 else 1
    edges = [length * part // max(parts, 1) for part in range(parts + 1)]
    spans = [(a, b) for a, b in itertools.pairwise(edges) if b > a]
    if len(spans) < 2:
        return [function(a, b) for a, b in spans]
    with ThreadPoolExecutor(min(workers, len(spans))) as pool:
        return list(pool.map(lambda span: function(*span), spans))
