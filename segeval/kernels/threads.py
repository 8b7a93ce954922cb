"""Threads over slices and images; kernels release the GIL, so threads run in parallel."""

from __future__ import annotations

import itertools
import os
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from numbers import Integral
from typing import TypeVar

from segeval.errors import InputError
from segeval.kernels.blocks import keep_blocks
from segeval.kernels.stop import WORD, stopping

T = TypeVar("T")
R = TypeVar("R")

OnProgress = Callable[[int, int], None]
"""Told how many of how many items are done."""

SLICES_PER_WORKER = 8
"""More slices than threads, so that a slow slice delays little."""

_POOLS = itertools.count()
"""Numbers of the pools of threads."""

AHEAD = 2
"""Items per thread begun ahead of their turn; few, to save memory."""


def cores() -> int:
    """Number of cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def check_workers(workers: int | None) -> None:
    """Refuse what is no number of threads.

    Raises:
        InputError: unless it is None or a whole number of at least 1.
    """
    if workers is None:
        return
    if isinstance(workers, bool) or not isinstance(workers, Integral):
        raise InputError(
            f"`workers` is {workers!r}, expected a whole number of threads.",
            code="workers",
            option="workers",
        )
    if workers < 1:
        raise InputError(
            f"`workers` is {workers}, expected 1 or more.", code="workers", option="workers"
        )


def thread_count(workers: int | None, length: int) -> int:
    """Number of threads for some pieces of work, at least 1.

    Args:
        workers: most threads, None for all cores.
        length: number of pieces.

    Raises:
        InputError: if workers is below 1.

    Example:
        >>> thread_count(4, 100), thread_count(4, 2), thread_count(4, 0)
        (4, 2, 1)
    """
    check_workers(workers)
    return max(min(cores() if workers is None else workers, length), 1)


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

    Raises:
        InputError: if workers is below 1.
    """
    most = -(-length // least)
    threads = thread_count(workers, most)
    parts = min(threads * SLICES_PER_WORKER, most) if threads > 1 else 1
    edges = [length * part // parts for part in range(parts + 1)]
    spans = [(a, b) for a, b in itertools.pairwise(edges) if b > a]
    if len(spans) < 2:
        return [function(a, b) for a, b in spans]
    with stopping_pool(threads) as pool:
        return list(pool.map(lambda span: function(*span), spans))


def in_order(
    function: Callable[[T], R],
    items: Sequence[T],
    workers: int | None = None,
    *,
    on_progress: OnProgress | None = None,
) -> Iterator[R]:
    """Call a function on items, such as images, in threads that stay close to the results.

    Args:
        function: may release the GIL.
        items: its arguments; `range(n)` for numbers.
        workers: threads, None for all cores.
        on_progress: told how many of how many items are done.

    Returns:
        The results in the order of the items. The first item with an error raises it.

    Raises:
        InputError: if workers is below 1.

    Example:
        >>> list(in_order(lambda n: n * n, range(4), 2))
        [0, 1, 4, 9]
    """
    keep_blocks()
    threads = thread_count(workers, len(items))  # checked here, since a generator would check late
    return _counted(_results(function, items, threads), len(items), on_progress)


def _results(function: Callable[[T], R], items: Sequence[T], threads: int) -> Iterator[R]:
    """Results in the order of the items."""
    return map(function, items) if threads == 1 else in_background(function, items, threads)


def in_background(function: Callable[[T], R], items: Iterable[T], threads: int) -> Iterator[R]:
    """Call a function on items in the background, while the caller uses earlier results.

    Args:
        function: may release the GIL.
        items: its arguments; only a few are taken ahead.
        threads: number of threads.

    Yields:
        The results in the order of the items.

    Example:
        >>> list(in_background(lambda n: n * n, iter([1, 2, 3]), 1))
        [1, 4, 9]
    """
    keep_blocks()
    waiting: deque[Future[R]] = deque()
    source = iter(items)
    with stopping_pool(threads) as pool:
        for item in itertools.islice(source, threads * AHEAD):
            waiting.append(pool.submit(function, item))
        while waiting:
            result = waiting.popleft().result()
            waiting.extend(pool.submit(function, item) for item in itertools.islice(source, 1))
            yield result


def side_by_side(
    one: Callable[[], T], other: Callable[[], R], workers: int | None = None
) -> tuple[T, R]:
    """What two functions give that do not need each other; the second one in the background.

    Args:
        one: called here.
        other: called in a thread, or afterwards where there is only one; what it raises is raised
            unless the first one raises.
        workers: threads, None for all cores.

    Example:
        >>> side_by_side(lambda: 1, lambda: 2)
        (1, 2)
    """
    if thread_count(workers, 2) == 1:
        return one(), other()
    with stopping_pool(1) as pool:
        waiting = pool.submit(other)
        return one(), waiting.result()


@contextmanager
def stopping_pool(threads: int) -> Iterator[ThreadPoolExecutor]:
    """Threads that are done when the context ends, and at once if Ctrl-C or a signal ends it.

    Whoever uses the results of a generator may be the one that Ctrl-C interrupts. Then the
    generator is closed, maybe late, and maybe by one of the threads, if it is that one which
    collects garbage: it cannot wait for itself.
    """
    name = f"segeval-{next(_POOLS)}"
    pool, before = ThreadPoolExecutor(threads, name), WORD.interruptions
    try:
        yield pool
    except BaseException as problem:
        is_usual = isinstance(problem, Exception | GeneratorExit)
        is_stopped = not is_usual or WORD.interruptions > before
        is_one_of_them = threading.current_thread().name.startswith(f"{name}_")
        with stopping() if is_stopped else nullcontext():
            pool.shutdown(wait=not is_one_of_them, cancel_futures=True)
        raise
    pool.shutdown()


def _counted(results: Iterator[R], length: int, on_progress: OnProgress | None) -> Iterator[R]:
    """The results, each reported before it is passed on."""
    for done, result in enumerate(results, 1):
        if on_progress is not None:
            on_progress(done, length)
        yield result
