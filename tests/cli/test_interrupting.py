"""Ctrl-C ends a command within a second, whatever it is doing, with exit code 130."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from segeval.kernels.stop import WORD

pytestmark = pytest.mark.skipif(WORD.descriptor < 0, reason="no signal reaches kernels here")

COMMAND = """
import sys, time
import typer
from segeval.kernels.promise import kernel
from segeval.kernels.threads import in_order
from segeval_cli import failures
from segeval_cli.progress import working

@kernel
def half_an_hour(rounds):
    total = 0
    for i in range(rounds):
        for j in range(100):
            total = (total * 31 + j) ^ i
    return total

app = typer.Typer()

@app.command()
def slow(where: str):
    half_an_hour(1)
    with working("evaluating", quiet=True):
        print("started", flush=True)
        if where == "kernel":
            half_an_hour(10**12)
        images = in_order(lambda image: half_an_hour(10**12 if image else 1), range(4), 2)
        for _ in images:  # as a local name it lives as long as the traceback
            if where == "between":
                time.sleep(60)

failures.heed_signals()
sys.exit(failures.run(app, sys.argv[1:]))
"""


LOADING = """
import builtins, os, signal
load = builtins.__import__

def interrupted(name, *more, **others):
    if name == "typer":
        os.kill(os.getpid(), signal.SIGINT)
    return load(name, *more, **others)

builtins.__import__ = interrupted
from segeval_cli.start import main
main()
"""


def test_a_command_that_still_loads_ends_without_a_traceback() -> None:
    done = subprocess.run(
        [sys.executable, "-c", LOADING, "--version"],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "interrupted\n")


@pytest.mark.parametrize(
    ("name", "code", "said"),
    [("SIGINT", 130, "interrupted\n"), ("SIGTERM", 143, ""), ("SIGHUP", 129, "")],
)
@pytest.mark.parametrize("where", ["kernel", "threads", "between"])
def test_a_command_in_the_middle_of_a_kernel_ends_at_once(
    where: str, name: str, code: int, said: str, tmp_path: Path
) -> None:
    program = tmp_path / "program.py"
    program.write_text(COMMAND)
    with subprocess.Popen(
        [sys.executable, str(program), where],
        cwd=Path(__file__).parents[2], env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as running:  # fmt: skip
        assert running.stdout is not None
        assert running.stdout.readline() == "started\n"
        time.sleep(0.3)
        begin = time.perf_counter()
        running.send_signal(getattr(signal, name))
        watch = threading.Timer(20, running.kill)  # a test that fails ends too
        watch.start()
        _, err = running.communicate()
        watch.cancel()
    assert time.perf_counter() - begin < 5  # the kernel works for half an hour; CI may be busy
    assert running.returncode == code
    assert err.endswith(said)
    assert "Traceback" not in err
