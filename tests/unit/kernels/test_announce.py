"""Compiling is announced once, where people see it, with the reason if it happens in every run."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from pathlib import Path

import pytest

from segeval.kernels import announce, crew, machine_code, store
from segeval.kernels.promise import kernel

pytestmark = pytest.mark.skipif(
    not machine_code.SUPPORTED, reason="numba calls its kernels itself on this platform"
)

FIRST = "compiling kernels for the first run of this kind (about 10 s) ..."


@kernel
def one_less(number: float) -> float:
    """Any kernel."""
    return number - 1


@pytest.fixture(autouse=True)
def _nothing_was_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(announce, "_logged", [])
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "kept"))
    monkeypatch.setattr(crew, "workers", lambda: 2)


def compile_two() -> None:
    for argument in (1, 1.0):
        kernel(one_less.__wrapped__)(argument)  # type: ignore[attr-defined]


def test_compiling_is_logged_once_per_process(caplog: pytest.LogCaptureFixture) -> None:
    compile_two()
    assert caplog.record_tuples == [("segeval", logging.WARNING, FIRST)]
    caplog.clear()
    compile_two()
    assert caplog.record_tuples == []


def test_one_core_takes_longer(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(crew, "workers", lambda: 1)
    compile_two()
    assert caplog.messages == [FIRST.replace("10 s", "15 s")]


def test_a_folder_that_is_not_trusted_is_named_with_the_cost(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept").chmod(0o777)
    compile_two()
    (told,) = caplog.messages
    assert told == (
        f"compiling kernels (about 10 s), as every run will have to: the folder {tmp_path}/kept is "
        "not used: others may write to 'kept'. Set NUMBA_CACHE_DIR to a folder that only you can "
        "write to."
    )


def test_a_folder_that_cannot_be_made_is_named_with_the_cost(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "kept").touch()
    compile_two()
    (told,) = caplog.messages
    assert told == (
        f"compiling kernels (about 10 s), as every run will have to: the folder {tmp_path}/kept "
        "cannot be used: Not a directory. Set NUMBA_CACHE_DIR to a folder that only you can write "
        "to."
    )


def test_a_folder_that_is_read_only_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert store.obstacle() is None
    monkeypatch.setattr(os, "access", lambda *_, **__: False)
    assert store.obstacle() == f"the folder {tmp_path}/kept cannot be written to"


def test_a_caller_who_asks_hears_of_it_instead_of_the_log(caplog: pytest.LogCaptureFixture) -> None:
    told: list[str] = []
    with announce.telling(told.append):
        compile_two()
    assert told == [FIRST, FIRST]
    assert caplog.messages == []


def test_warnings_as_errors_stop_nothing() -> None:
    code = (
        "from segeval.kernels import crew\n"
        "from tests.unit.kernels.test_announce import compile_two\n"
        "crew.workers = lambda: 2\n"
        "compile_two()"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        cwd=Path(__file__).parents[3], capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stderr == f"{FIRST}\n"
