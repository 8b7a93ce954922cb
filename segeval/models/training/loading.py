"""Batches that threads prepare while the model works."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

from segeval.kernels.blocks import keep_blocks
from segeval.models.networks.batches import Batch
from segeval.models.training.example import Example
from segeval.models.training.sampling import Drawn

AHEAD = 2
"""Batches prepared ahead."""


def loaded(
    drawn: Iterator[tuple[Drawn, ...]],
    load: Callable[[Drawn], Example],
    join: Callable[[tuple[Example, ...]], Batch],
    workers: int,
) -> Iterator[Batch]:
    """Batches in the order of `drawn`, whatever the number of threads.

    Args:
        drawn: the images of each batch.
        load: makes one example; called from several threads.
        join: makes a batch of its examples.
        workers: threads; 0 makes every batch on request.

    Yields:
        The batches. An error in a thread is raised in place of its batch.
    """
    if workers == 0:
        for images in drawn:
            yield join(tuple(load(each) for each in images))
        return
    keep_blocks()
    pool = ThreadPoolExecutor(workers, thread_name_prefix="segeval-data")
    waiting: deque[Future[Batch]] = deque()
    try:
        for images in drawn:
            examples = [pool.submit(load, each) for each in images]
            # threads take work in order, so a join waits only for work that has begun
            waiting.append(pool.submit(_batch_of, join, examples))
            if len(waiting) > AHEAD:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _batch_of(
    join: Callable[[tuple[Example, ...]], Batch], examples: list[Future[Example]]
) -> Batch:
    return join(tuple(each.result() for each in examples))
