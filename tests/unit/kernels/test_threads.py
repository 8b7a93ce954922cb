"""Threads: results in order, never far ahead, whatever their number."""

from __future__ import annotations

import threading
import time
from collections.abc import Generator
from concurrent.futures import Future
from typing import Any, cast

import pytest

from segeval.errors import InputError
from segeval.kernels.stop import WORD
from segeval.kernels.threads import (
    AHEAD,
    cores,
    in_background,
    in_order,
    map_slices,
    side_by_side,
    stopping_pool,
    thread_count,
)


def test_threads_are_not_more_than_the_work() -> None:
    assert thread_count(4, 100) == 4
    assert thread_count(4, 3) == 3
    assert thread_count(4, 0) == 1
    assert thread_count(None, 10**6) == cores()


@pytest.mark.parametrize("workers", [0, -1])
def test_no_workers_are_refused_everywhere(workers: int) -> None:
    message = f"^`workers` is {workers}, expected 1 or more.$"
    with pytest.raises(InputError, match=message) as caught:
        thread_count(workers, 3)
    assert caught.value.code == "workers"
    with pytest.raises(InputError, match=message):
        in_order(str, [], workers)  # before anything is asked for
    with pytest.raises(InputError, match=message):
        map_slices(range, 3, workers)


@pytest.mark.parametrize("workers", ["x", 1.5, True, [2]])
def test_what_is_no_number_of_workers_is_shown_as_it_was_given(workers: Any) -> None:
    with pytest.raises(InputError) as caught:
        thread_count(workers, 3)
    assert str(caught.value) == f"`workers` is {workers!r}, expected a whole number of threads."
    assert (caught.value.code, caught.value.option) == ("workers", "workers")


@pytest.mark.parametrize("workers", [1, 2, 3, 8, None])
def test_results_come_in_the_order_of_the_items(workers: int | None) -> None:
    def slow_at_first(item: int) -> int:
        time.sleep(0.02 if item == 0 else 0)
        return item * item

    assert list(in_order(slow_at_first, range(20), workers)) == [n * n for n in range(20)]
    assert list(in_order(slow_at_first, [3, 1], workers)) == [9, 1]
    assert list(in_order(slow_at_first, [], workers)) == []


@pytest.mark.parametrize("workers", [1, 3])
def test_progress_is_told_item_by_item(workers: int) -> None:
    told: list[tuple[int, int]] = []
    results = in_order(
        str, range(3), workers, on_progress=lambda done, total: told.append((done, total))
    )
    assert next(results) == "0"
    assert told == [(1, 3)]
    assert list(results) == ["1", "2"]
    assert told == [(1, 3), (2, 3), (3, 3)]


def test_only_a_few_items_are_ahead_of_what_is_taken() -> None:
    begun: list[int] = []
    results = in_order(begun.append, range(100), 2)
    for _ in range(3):
        next(results)
    time.sleep(0.05)
    assert len(begun) <= 3 + 2 * AHEAD


@pytest.mark.parametrize("workers", [1, 4])
def test_the_error_is_that_of_the_first_item_that_has_one(workers: int) -> None:
    def fails(item: int) -> int:
        if item >= 2:
            time.sleep(0.02 if item == 2 else 0)
            raise ValueError(item)
        return item

    results = in_order(fails, range(50), workers)
    assert [next(results), next(results)] == [0, 1]
    with pytest.raises(ValueError, match=r"^2$"):
        next(results)


@pytest.mark.parametrize("workers", [1, 2, 7, None])
@pytest.mark.parametrize("length", [0, 1, 5, 1000])
def test_slices_cover_the_range_in_order(length: int, workers: int | None) -> None:
    slices = map_slices(lambda a, b: list(range(a, b)), length, workers, least=3)
    assert [n for part in slices for n in part] == list(range(length))
    assert all(slices)


def test_a_thread_may_close_the_results_that_it_works_for() -> None:
    ready, errors = threading.Event(), list[Exception]()
    results: list[Generator[int]] = []

    def close(item: int) -> int:
        if item:
            assert ready.wait(10)
            try:
                results.pop().close()
            except RuntimeError as error:
                errors.append(error)
        return item

    results.append(cast("Generator[int]", in_background(close, range(2), 1)))
    assert next(results[0]) == 0
    ready.set()
    for thread in threading.enumerate():
        if thread.name.startswith("segeval-"):
            thread.join(10)
    assert not results
    assert not errors


@pytest.mark.parametrize("workers", [1, 2])
def test_the_second_of_two_functions_runs_in_the_background_if_there_are_threads(
    workers: int,
) -> None:
    def name() -> str:
        return threading.current_thread().name

    names = side_by_side(name, name, workers)
    here = threading.current_thread().name
    assert names[0] == here
    assert (names[1] == here) == (workers == 1)


@pytest.mark.parametrize("workers", [1, 2])
def test_what_the_first_of_two_functions_raises_comes_first(workers: int) -> None:
    def refuse(word: str) -> None:
        raise InputError(word)

    with pytest.raises(InputError, match="one"):
        side_by_side(lambda: refuse("one"), lambda: refuse("other"), workers)
    with pytest.raises(InputError, match="other"):
        side_by_side(lambda: None, lambda: refuse("other"), workers)


@pytest.mark.parametrize(
    ("problem", "is_stopped"),
    [(KeyboardInterrupt, True), (SystemExit, True), (ValueError, False), (GeneratorExit, False)],
)
def test_what_ends_the_program_stops_the_threads_that_it_waits_for(
    problem: type[BaseException], *, is_stopped: bool
) -> None:
    def until_asked() -> bool:
        deadline = time.monotonic() + (5 if is_stopped else 0.05)
        while time.monotonic() < deadline and not WORD.is_asked:
            time.sleep(0.001)
        return WORD.is_asked

    def ended() -> None:
        with stopping_pool(1) as pool:
            asked.append(pool.submit(until_asked))
            raise problem

    asked: list[Future[bool]] = []
    with pytest.raises(problem):
        ended()
    assert asked[0].result() == is_stopped
