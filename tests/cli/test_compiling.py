"""The time of a run: what of it was compiling, which later runs do not need."""

from __future__ import annotations

import threading
import time

import pytest

from segeval.kernels import announce
from segeval_cli import compiling


def test_time_of_compiling_is_told_as_part_of_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    before = announce.seconds_spent()
    with compiling.counted():
        assert compiling.seconds_text(43.21) == "43.2 s"
        monkeypatch.setattr(announce, "seconds_spent", lambda: before + 40)
        assert compiling.seconds_text(43.21) == "43.2 s, 40.0 s of them compiling kernels"
        assert compiling.seconds_text(39.96) == "40.0 s, 40.0 s of them compiling kernels"
    with compiling.counted():
        assert compiling.seconds_text(43.21) == "43.2 s"
    assert compiling.seconds_text(43.21) == "43.2 s"


def test_kernels_that_threads_compile_at_once_count_once() -> None:
    inside = threading.Barrier(3)

    def compile_one() -> None:
        with announce.timed(), announce.timed():
            inside.wait()
            inside.wait()

    before, began = announce.seconds_spent(), time.perf_counter()
    threads = [threading.Thread(target=compile_one) for _ in range(2)]
    for each in threads:
        each.start()
    inside.wait()
    while announce.seconds_spent() == before:
        pass
    inside.wait()
    for each in threads:
        each.join()
    spent = announce.seconds_spent() - before
    assert 0 < spent <= time.perf_counter() - began
    assert announce.seconds_spent() == before + spent
