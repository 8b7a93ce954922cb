"""A map over pieces of work through any executor: threads, processes, or machines of a cluster."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import (
    FIRST_COMPLETED,
    BrokenExecutor,
    CancelledError,
    Executor,
    Future,
    ThreadPoolExecutor,
    wait,
)
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TypeVar

from segeval.errors import InputError, SegevalError
from segeval.kernels.stop import stopping
from segeval.kernels.threads import OnProgress
from segeval.words import counted

T = TypeVar("T")
R = TypeVar("R")

Executors = Executor | Callable[[], Executor]
"""An executor, or a function that makes one: a pool whose worker died takes no more work."""

DEAD = ("KilledWorker", "CommClosedError")
"""Names of the errors that dask.distributed gives for workers that died."""

TRIES = 3
"""Most times that a piece of work is begun, if its worker dies."""


def map_through(
    executor: Executors | None,
    function: Callable[[T], R],
    items: Sequence[T],
    name: Callable[[T], str],
    *,
    on_progress: OnProgress | None = None,
) -> Iterator[tuple[int, R]]:
    """Call a function on items wherever an executor runs them; what dead workers held runs again.

    After a death all that is left runs once more, and then one by one, so that the item which kills
    its worker is known.

    Args:
        executor: where to run; if it is a function, each executor that it makes is shut down here.
            None to run one item after the other in this thread, when it is asked for.
        function: plain, so that it can be pickled.
        items: its arguments.
        name: of an item in messages, such as its file.
        on_progress: told how many of how many items are done.

    Yields:
        The place of an item and its result, in the order in which they are done.

    Raises:
        InputError: if the worker of one item has died again and again, does not find a file or has
            no segeval, or the executor is shut down.
        SegevalError: the error of the first item that has one, in the order of the items; others
            pass as they are, with the item's name as a note.
    """
    left = dict(enumerate(items))
    for attempt in range(TRIES):
        one_by_one = attempt == TRIES - 1
        runs = [[place] for place in left] if one_by_one else [list(left)]
        for places in runs:
            for place, result in _round(executor, function, items, places, name):
                del left[place]
                if on_progress is not None:
                    on_progress(len(items) - len(left), len(items))
                yield place, result
            if one_by_one and places[0] in left:
                raise _died(name(items[places[0]]))
        if not left:
            return


def _round(
    executor: Executors | None,
    function: Callable[[T], R],
    items: Sequence[T],
    places: Sequence[int],
    name: Callable[[T], str],
) -> Iterator[tuple[int, R]]:
    """The results of some items, but for those whose worker died."""
    if executor is None:
        yield from _one_by_one(function, items, places, name)
        return
    waiting: dict[Future[R], int] = {}
    with _pool(executor, waiting) as pool:
        try:
            for place in places:
                waiting[pool.submit(function, items[place])] = place
        except BrokenExecutor:
            if pool is executor and not waiting:
                raise _cannot_go_on(len(places)) from None
        yield from _done(waiting, lambda place: name(items[place]))


def _one_by_one(
    function: Callable[[T], R],
    items: Sequence[T],
    places: Sequence[int],
    name: Callable[[T], str],
) -> Iterator[tuple[int, R]]:
    """The results of some items in this thread, each when it is asked for."""
    for place in places:
        try:
            result = function(items[place])
        except Exception as problem:
            _explain(problem, name(items[place]))
            raise
        yield place, result


def _done(waiting: dict[Future[R], int], name: Callable[[int], str]) -> Iterator[tuple[int, R]]:
    """The results of what is waited for, in the order in which they are done.

    Which item fails first is chance. So items before one that failed are waited for: whoever runs
    the work again shall see the same error.
    """
    failed: dict[int, BaseException] = {}
    while waiting:
        for future in wait(waiting, return_when=FIRST_COMPLETED).done:
            place = waiting.pop(future)
            try:
                result = future.result()
            except (Exception, CancelledError) as problem:
                if not _is_death(problem):
                    failed[place] = problem
                continue
            if not failed:
                yield place, result
        if not failed:
            continue
        first = min(failed)
        later = [future for future, place in waiting.items() if place > first]
        if len(later) == len(waiting):
            _explain(failed[first], name(first))
            raise failed[first]
        for future in later:
            future.cancel()


@contextmanager
def _pool(executor: Executors, waiting: Mapping[Future[R], int]) -> Iterator[Executor]:
    """An executor; at the end nothing of what it was given is waiting or, in threads, running."""
    pool = executor if isinstance(executor, Executor) else executor()
    is_here, stopped = isinstance(pool, ThreadPoolExecutor), False
    try:
        yield pool
    except KeyboardInterrupt:
        stopped = True
        raise
    finally:
        for future in waiting:
            future.cancel()
        with stopping() if stopped and is_here else nullcontext():
            if pool is not executor:
                pool.shutdown(wait=True, cancel_futures=True)
            elif is_here:
                wait(waiting)


def _explain(problem: BaseException, name: str) -> None:
    """Raise what an error of a worker means to the user; otherwise note where it happened.

    Raises:
        InputError: for a worker that does not find a file or has no segeval, and for work that an
            executor gives up.
    """
    if isinstance(problem, InputError):
        raise _as_seen_here(problem, name) from None
    if isinstance(problem, CancelledError):
        raise _given_up(name) from None
    if _lacks_segeval(problem):
        raise _without_segeval(name) from None
    if not isinstance(problem, SegevalError):
        problem.add_note(f"in {name}")


def _is_death(problem: BaseException) -> bool:
    """Whether a worker is gone, and not the work wrong."""
    names = {each.__name__ for each in type(problem).__mro__}
    return isinstance(problem, BrokenExecutor) or not names.isdisjoint(DEAD)


def _lacks_segeval(problem: BaseException) -> bool:
    """Whether a process could not read the work: it has no segeval, or one with other names."""
    if isinstance(problem, ImportError):
        return (problem.name or "").partition(".")[0] == "segeval"
    # dask tells of its scheduler by an error of its own, which the one of reading has caused
    is_of_reading = isinstance(problem.__cause__, ImportError | AttributeError)
    return is_of_reading and "segeval" in str(problem.__cause__)


def _as_seen_here(problem: InputError, name: str) -> InputError:
    """The error for a file that a worker does not find; another one if it is here."""
    if problem.code != "no-file" or problem.path is None or not Path(problem.path).is_file():
        return problem
    return InputError(
        f"{problem.path}: is there for this process, but not for the worker of {name}. Workers "
        "open files by the names given here: use full paths in a folder that all of them see.",
        code="no-file",
        path=problem.path,
    )


def _died(name: str) -> InputError:
    """The error for work that no worker outlives."""
    return InputError(
        f"{name}: its worker died {TRIES} times, the last time with nothing beside it. Workers die "
        "when they run out of memory: cut the work into more shards.",
        code="dead-worker",
        option="shards",
    )


def _given_up(name: str) -> InputError:
    """The error for work that an executor lets go of."""
    return InputError(
        f"{name}: the executor gave it up: it was shut down, or lost its scheduler.",
        code="cancelled",
        option="executor",
    )


def _without_segeval(name: str) -> InputError:
    """The error for a process that cannot run the work."""
    return InputError(
        f"{name}: its worker, or the scheduler, has no segeval, or another version than this "
        "process. Install the same version everywhere, and start them anew.",
        code="other-version",
        option="executor",
    )


def _cannot_go_on(count: int) -> InputError:
    """The error for a pool that takes no more work."""
    return InputError(
        f"a worker died with {counted(count, 'shard')} left, and this executor takes no more work. "
        "Give a function that makes one, such as `lambda: ProcessPoolExecutor(4)`, and they run "
        "again.",
        code="dead-worker",
        option="executor",
    )
