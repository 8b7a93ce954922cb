"""What benchmarks share: a process and what it took, turns, and a folder that is made once.

Nothing heavy is imported here: what a child reports as its peak memory begins with the memory of
the process that it was started from.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
FOLDER = ROOT / ".benchmarks"

LIMIT = 3600.0
"""Seconds after which a run is ended."""


@dataclass(frozen=True)
class Process:
    """A process that has ended.

    Attributes:
        wall: seconds from its start to its end.
        cpu: seconds of processor time, user and system, of all threads.
        peak_mb: largest resident memory in MB of 2**20 bytes.
        output: what it wrote to standard output.
        error: the last line of what it said when it failed, else None.
    """

    wall: float
    cpu: float
    peak_mb: float
    output: str
    error: str | None


def timed(command: Sequence[str]) -> Process:
    """Run a command to its end."""
    with tempfile.TemporaryDirectory() as folder:
        output, errors = Path(folder, "output"), Path(folder, "errors")
        with output.open("wb") as out, errors.open("wb") as err:
            start = time.perf_counter()
            process = subprocess.Popen(command, cwd=ROOT, stdout=out, stderr=err)
            killer = threading.Timer(LIMIT, os.kill, (process.pid, signal.SIGKILL))
            killer.start()
            _, status, usage = os.wait4(process.pid, 0)
            wall = time.perf_counter() - start
            killer.cancel()
        process.returncode = os.waitstatus_to_exitcode(status)
        error = None
        if process.returncode:
            said = errors.read_text(errors="replace").strip().splitlines()
            error = said[-1] if said else f"ended with {process.returncode}"
        unit = 1 if sys.platform == "darwin" else 1024
        return Process(
            wall=wall,
            cpu=usage.ru_utime + usage.ru_stime,
            peak_mb=usage.ru_maxrss * unit / 2**20,
            output=output.read_text(errors="replace"),
            error=error,
        )


def turns(names: Sequence[str], runs: int) -> Iterator[tuple[int, Sequence[str]]]:
    """Rounds and their order; each begins with another one.

    Example:
        >>> list(turns(["a", "b"], 3))
        [(0, ['a', 'b']), (1, ['b', 'a']), (2, ['a', 'b'])]
    """
    for turn in range(runs):
        start = turn % max(len(names), 1)
        yield turn, [*names[start:], *names[:start]]


def say(line: str) -> None:
    """Tell how far it is."""
    sys.stderr.write(line + "\n")


def prepared(
    name: str, makers: Sequence[str], arguments: Sequence[str], base: Path | None = None
) -> Path:
    """The folder of a workload, made if it is missing or was made by other code.

    Args:
        name: of the folder.
        makers: the modules of this package that decide what is in it; the last one writes it.
        arguments: of the last one; {} stands for the folder.
        base: where the folder is; None for .benchmarks/workloads.
    """
    folder = (base or FOLDER / "workloads") / name
    code = b"".join(Path(__file__).with_name(f"{maker}.py").read_bytes() for maker in makers)
    made_by = folder / "made_by.txt"
    mark = f"{zlib.crc32(code):08x}"
    if not made_by.exists() or made_by.read_text() != mark:
        say(f"making {folder.relative_to(ROOT) if base is None else folder}")
        given = [str(folder) if each == "{}" else each for each in arguments]
        command = [sys.executable, "-m", f"tests.bench.{makers[-1]}", *given]
        subprocess.run(command, cwd=ROOT, check=True)
        made_by.write_text(mark)
    return folder
