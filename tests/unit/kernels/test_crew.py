"""Kernels of a purpose are compiled by several processes, and nothing is lost if these fail."""

from __future__ import annotations

import fcntl
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from segeval.kernels import crew, crew_lock, machine_code, store
from segeval.kernels.crew import Crew
from segeval.kernels.listed import Listed, all_listed
from segeval.kernels.stop import stopping

pytestmark = pytest.mark.skipif(
    not machine_code.SUPPORTED, reason="numba calls its kernels itself on this platform"
)


def listed(name: str) -> Listed:
    return next(each for each in all_listed() if each.name == name)


SMALL = [listed("copy_runs"), listed("counting_sort")]
"""Kernels that are compiled in no time."""


def name_of(each: Listed) -> str:
    return machine_code.name_of(each.function(), each.signature)


@pytest.fixture(autouse=True)
def _no_crew_yet(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "kept"))
    monkeypatch.setattr(crew, "_crews", [])
    monkeypatch.setattr(crew, "_called_for", set())
    monkeypatch.setattr(crew, "workers", lambda: 2)
    monkeypatch.setattr(crew, "by_purpose", lambda: {"two": SMALL})
    yield
    crew.stop()


def test_what_one_kernel_needs_is_compiled_with_it_and_kept() -> None:
    for each in SMALL:
        made = crew.compiled(each, name_of(each))
        assert made is not None
        assert store.find(name_of(each)) == made
    assert len(crew._crews) == 1


def test_kernels_are_handed_over_where_nothing_can_be_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "kept").touch()
    monkeypatch.setattr(crew, "by_purpose", lambda: {"one": SMALL[:1]})
    assert crew.compiled(SMALL[0], name_of(SMALL[0])) is not None
    assert crew.compiled(SMALL[0], "copy_runs-of-another-release") is None


def test_a_kernel_that_is_in_no_list_is_left_to_this_process() -> None:
    assert crew.compiled(SMALL[0]._replace(signature=("i8",)), "any") is None
    assert crew._crews == []


def test_one_core_compiles_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0})
    assert crew.workers() == 1
    monkeypatch.setattr(crew, "_crews", [])
    assert crew.compiled(SMALL[0], "any") is None
    assert crew._crews == []


def test_the_kernel_that_is_missed_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    queued: list[Listed] = []

    def refused(listed: list[Listed], *_: object) -> None:
        queued.extend(listed)
        raise OSError

    monkeypatch.setattr(crew, "Crew", refused)
    assert crew.compiled(SMALL[1], "any") is None
    assert queued == [SMALL[1], SMALL[0]]


def test_no_more_processes_than_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    for cores, workers in ((2, 2), (64, crew.MOST_WORKERS)):
        monkeypatch.setattr(os, "sched_getaffinity", lambda _, cores=cores: set(range(cores)))
        assert crew.workers() == workers


def test_an_embedded_interpreter_starts_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    monkeypatch.setattr(sys, "executable", "")
    assert crew.workers() == 1


def test_this_process_compiles_if_no_other_can_be_started(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/no/such/python")
    assert crew.compiled(SMALL[0], name_of(SMALL[0])) is None
    assert crew.compiled(SMALL[1], name_of(SMALL[1])) is None  # and does not try again


def test_this_process_compiles_if_workers_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/true")
    assert crew.compiled(SMALL[0], name_of(SMALL[0])) is None


def test_ctrl_c_ends_the_workers() -> None:
    with stopping(), pytest.raises(KeyboardInterrupt):
        crew.compiled(SMALL[0], name_of(SMALL[0]))
    assert crew._crews == []


def test_a_stopped_crew_makes_nothing() -> None:
    made = Crew(SMALL, 1, None)
    (worker,) = made._workers
    made.stop()
    assert worker.returncode is not None
    assert not made.makes(SMALL[0])


def test_a_fork_has_no_crew(monkeypatch: pytest.MonkeyPatch) -> None:
    made = Crew(SMALL, 1, None)
    assert made.makes(SMALL[0])
    with monkeypatch.context() as child:
        child.setattr(os, "getpid", lambda: -1)
        assert not made.makes(SMALL[0])
        made.stop()
    assert made._workers[0].poll() is None
    made.stop()


def test_kernels_of_another_crew_are_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    lock = crew_lock.opened()
    assert lock is not None
    theirs = crew_lock.opened()
    assert theirs is not None
    fcntl.flock(theirs, fcntl.LOCK_EX)
    kept = store.Compiled("symbol", None, b"code")

    def meanwhile(_: float) -> None:
        store.keep("wanted", kept)

    monkeypatch.setattr(time, "sleep", meanwhile)
    assert crew_lock.made_by_others(lock, "wanted") == kept
    monkeypatch.setattr(crew_lock, "PATIENCE", 0)
    assert crew_lock.made_by_others(lock, "another") is None
    os.close(theirs)
    assert crew_lock._take(lock)
    os.close(lock)


@pytest.mark.parametrize("said", [b"hello, world", b"hi", crew.HEAD.pack(1, 40)])
def test_what_is_no_result_of_a_worker_is_not_taken_for_one(
    said: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "python"
    program.write_bytes(
        b"#!/bin/sh\nprintf '" + b"".join(b"\\%03o" % each for each in said) + b"'\n"
    )
    program.chmod(0o700)
    monkeypatch.setattr(sys, "executable", str(program))
    assert crew.compiled(SMALL[0], name_of(SMALL[0])) is None


def test_an_odd_path_of_imports_does_no_harm(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [*sys.path, Path("/no/such/folder"), b"/no"])
    monkeypatch.setattr(crew, "by_purpose", lambda: {"one": SMALL[:1]})
    assert crew.compiled(SMALL[0], name_of(SMALL[0])) is not None
    monkeypatch.setattr(sys, "path", [*sys.path, "a\0b"])
    monkeypatch.setattr(crew, "_called_for", set())
    crew.stop()
    assert crew.compiled(SMALL[0], "any") is None
