"""Ctrl-C is heard in the middle of a kernel, in any thread, and leaves everything as it was."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from segeval.kernels.function import KernelFunction
from segeval.kernels.promise import kernel, uninterruptible
from segeval.kernels.stop import WORD, stoppable, stopping
from segeval.kernels.threads import in_background, in_order, map_slices

pytestmark = pytest.mark.skipif(WORD.descriptor < 0, reason="no signal reaches kernels here")

ROUNDS = 10**12
"""Half an hour of work and more."""


@kernel
def nested(rounds: int) -> int:
    """Two loops, one in the other."""
    total = 0
    for i in range(rounds):
        for j in range(100):
            total = (total * 31 + j) ^ i
    return total


@kernel
def one_loop(rounds: int, start: int) -> int:
    """A loop that another kernel calls in its own."""
    total = start
    while rounds > 0:
        rounds -= 1
        total = (total * 31) ^ rounds
    return total


@kernel
def calling(rounds: int) -> int:
    """A loop over a kernel with a loop."""
    total = 0
    for i in range(rounds):
        total = one_loop(100, total + i)
    return total


@uninterruptible
def shortly(rounds: int, start: int) -> int:
    """Loops without stop checks."""
    total = start
    for i in range(rounds):
        for j in range(3):
            total = (total * 31) ^ (i + j)
    return total


@kernel
def around_uninterruptible(rounds: int) -> int:
    """A loop over loops over an uninterruptible part."""
    total = 0
    for i in range(rounds):
        for _ in range(10):
            total = shortly(3, total + i)
    return total


@kernel
def filling(array: NDArray[np.int64]) -> NDArray[np.int64]:
    """A long loop that leaves one that allocates."""
    made = np.empty(0, np.int64)
    for i in range(array[0]):
        made = np.full(100, i)
        for j in range(made.size):
            array[1] += made[j]
    return made


def fill(rounds: int) -> None:
    filling(np.array([rounds, 0]))


SLOW = [nested, calling, around_uninterruptible, fill]
ALWAYS: list[Callable[[int], object]] = [
    *SLOW,
    lambda rounds: map_slices(lambda a, b: nested(rounds), 4, 2, least=1),
    lambda rounds: list(in_order(lambda _: nested(rounds), range(4), 1)),
    lambda rounds: list(in_order(lambda _: nested(rounds), range(4), 2)),
    lambda rounds: list(in_background(lambda _: fill(rounds), range(4), 1)),
]


@contextmanager
def ctrl_c_after(seconds: float) -> Iterator[None]:
    """Send this process the signal of Ctrl-C."""
    timer = threading.Timer(seconds, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    try:
        yield
    finally:
        timer.join()


@contextmanager
def no_thread_left() -> Iterator[None]:
    """Every thread that begins in here ends in here; other tests' libraries may keep theirs."""
    before = set(threading.enumerate())
    yield
    assert set(threading.enumerate()) <= before


@pytest.mark.parametrize("work", ALWAYS)
def test_ctrl_c_stops_a_kernel_within_a_second(work: Callable[[int], object]) -> None:
    work(1)
    begin = time.perf_counter()
    with no_thread_left():
        with ctrl_c_after(0.2), pytest.raises(KeyboardInterrupt):
            work(ROUNDS)
        assert time.perf_counter() - begin < 5  # CI may be busy
        work(1)  # nothing is left behind
    assert signal.set_wakeup_fd(-1) == -1


def test_ctrl_c_stops_kernels_in_threads_while_their_results_are_used() -> None:
    nested(1)

    def use() -> None:
        with stoppable():
            for _ in in_background(lambda item: nested(ROUNDS if item else 1), range(4), 2):
                time.sleep(20)

    with no_thread_left(), ctrl_c_after(0.2), pytest.raises(KeyboardInterrupt):
        use()


def test_a_program_with_its_own_handler_keeps_its_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, _: heard.append(number))
    try:
        nested(1)
        begin = time.perf_counter()
        with ctrl_c_after(0.05):
            while time.perf_counter() - begin < 0.3:
                nested(10**5)
    finally:
        signal.signal(signal.SIGINT, before)
    assert heard == [signal.SIGINT]


def test_other_signals_stop_nothing_and_reach_who_waits_for_them() -> None:
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    heard: list[int] = []
    handler = signal.signal(signal.SIGUSR1, lambda number, _: heard.append(number))
    before = signal.set_wakeup_fd(writer)
    timer = threading.Timer(0.05, os.kill, (os.getpid(), signal.SIGUSR1))
    try:
        timer.start()
        expected = nested(10**6)
        timer.join()
        assert nested(10**6) == expected
        assert signal.set_wakeup_fd(writer) == writer
        assert os.read(reader, 9) == bytes([signal.SIGUSR1])
    finally:
        signal.set_wakeup_fd(before)
        signal.signal(signal.SIGUSR1, handler)
        os.close(reader)
        os.close(writer)
    assert heard == [signal.SIGUSR1]


def test_python_can_stop_all_kernels_for_a_while() -> None:
    nested(1)
    with stopping(), stopping(), pytest.raises(KeyboardInterrupt):
        nested(ROUNDS)
    nested(1)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_child_process_is_stopped_alone() -> None:
    code = """
import os, signal, sys, time
import numpy as np
sys.path.insert(0, sys.argv[1])
import test_stop as t
t.nested(1)
child = os.fork()
if child == 0:
    try:
        t.nested(t.ROUNDS)
    except KeyboardInterrupt:
        os._exit(7)
    os._exit(8)
import threading
threading.Timer(0.3, os.kill, (child, signal.SIGINT)).start()
begin = time.perf_counter()
while time.perf_counter() - begin < 0.6:
    t.nested(10**5)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""
    done = subprocess.run(
        [sys.executable, "-c", code, str(Path(__file__).parent)],
        capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    assert done.stdout == "7\n"


def test_a_fork_waits_until_a_kernel_is_compiled(tmp_path: Path) -> None:
    code = """
import os, sys, threading, time
sys.path.insert(0, sys.argv[1])
import test_stop as t
thread = threading.Thread(target=t.calling, args=(1,))
thread.start()
time.sleep(0.3)
child = os.fork()
if child == 0:
    t.nested(1)
    os._exit(7)
thread.join()
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code, str(Path(__file__).parent)],
        env={**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)},
        capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    assert done.stdout == "7\n"


def test_no_kernel_is_compiled_once_all_kernels_must_stop() -> None:
    def never(function: Callable[..., object], signature: object) -> Callable[..., object]:
        raise AssertionError("compiled")

    function = KernelFunction(lambda value: value, never)
    with stopping(), pytest.raises(KeyboardInterrupt):
        function(1)
    with pytest.raises(AssertionError, match=r"^compiled$"):
        function(1)
