"""What goes wrong where work runs is said in words that help."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future
from pathlib import Path
from typing import Any

import pytest

from segeval.errors import InputError
from segeval.kernels.executors import map_through
from segeval.kernels.kept import Kept


class Failing(Executor):
    """Every piece of work ends with an error; None for work that is given up."""

    def __init__(self, problem: BaseException | None) -> None:
        self.problem = problem

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        if self.problem is None:
            future.cancel()
            future.set_running_or_notify_cancel()
        else:
            future.set_exception(self.problem)
        return future


def of_scheduler(cause: Exception) -> Exception:
    problem = RuntimeError("Error during deserialization of the task graph.")
    problem.__cause__ = cause
    return problem


@pytest.mark.parametrize(
    ("problem", "words"),
    [
        (None, "^a: the executor gave it up: it was shut down, or lost its scheduler.$"),
        (
            ModuleNotFoundError("No module named 'segeval'", name="segeval"),
            "^a: its worker, or the scheduler, has no segeval, or another version than this",
        ),
        (
            of_scheduler(ImportError("cannot import name 'x' from 'segeval.metrics'")),
            "has no segeval, or another version than this process. Install the same version",
        ),
    ],
)
def test_an_executor_that_cannot_do_the_work_is_said(problem: Exception | None, words: str) -> None:
    with pytest.raises(InputError, match=words):
        list(map_through(Failing(problem), str, ["a"], str))


class Backwards(Executor):
    """The last piece of work is done first, and each takes its time."""

    def __init__(self) -> None:
        self.begun: list[Callable[[], None]] = []

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        before = self.begun[-1] if self.begun else lambda: None

        def run() -> None:
            threading.Timer(0.05, before).start()
            if future.set_running_or_notify_cancel():
                try:
                    future.set_result(fn(*args, **kwargs))
                except InputError as problem:
                    future.set_exception(problem)

        self.begun.append(run)
        if len(self.begun) == 4:
            run()
        return future


def refused(item: str) -> str:
    if item in "bd":
        raise InputError(f"{item} is bad.")
    return item


@pytest.mark.parametrize("executor", [Backwards(), None])
def test_the_first_bad_item_is_named_whichever_is_found_first(executor: Executor | None) -> None:
    with pytest.raises(InputError, match=r"^b is bad\.$"):
        list(map_through(executor, refused, ["a", "b", "c", "d"], str))


def test_without_an_executor_each_item_runs_when_it_is_asked_for() -> None:
    done: list[str] = []
    progress: list[int] = []
    found = map_through(
        None, done.append, ["a", "b", "c"], str, on_progress=lambda n, total: progress.append(n)
    )
    next(found)
    assert (done, progress) == (["a"], [1])
    next(found)
    assert (done, progress) == (["a", "b"], [1, 2])


def test_a_module_that_is_not_ours_is_no_version_of_ours() -> None:
    problem = ModuleNotFoundError("No module named 'other'", name="other")
    with pytest.raises(ModuleNotFoundError) as found:
        list(map_through(Failing(problem), str, ["a"], str))
    assert found.value.__notes__ == ["in a"]


def test_a_file_that_is_here_but_not_there_is_told_from_one_that_is_nowhere(
    tmp_path: Path,
) -> None:
    path = tmp_path / "a.json"
    problem = InputError(f"{path}: no such file.", code="no-file", path=str(path))
    with pytest.raises(InputError, match=r"a\.json: no such file\.$"):
        list(map_through(Failing(problem), str, ["a"], str))
    path.touch()
    with pytest.raises(InputError, match=r"is there for this process, but not for the worker of a"):
        list(map_through(Failing(problem), str, ["a"], str))


def test_two_runs_in_one_process_never_get_the_value_of_the_other() -> None:
    kept = Kept()
    wrong: list[str] = []

    def use(run: str) -> None:
        found = [kept.value(run, lambda: run) for _ in range(300)]
        wrong.extend(each for each in found if each != run)

    threads = [threading.Thread(target=use, args=(run,)) for run in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    kept.value("a", lambda: 1)
    kept.forget("b")
    assert kept.value("a", lambda: 2) == 1
    kept.forget("a")
    assert kept.value("a", lambda: 2) == 2
