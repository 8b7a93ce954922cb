"""Several kernels compiled at a time, by processes of their own: numba compiles one in each.

Whoever misses a kernel of the list will need the others of its purpose. Workers compile these, keep
them on disk and hand them over, so that it works without a folder, too. They are started as
`python -m segeval.kernels.worker`, which runs nothing of the program that needs them. A folder has
one crew at a time: other processes wait for what it makes.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import selectors
import struct
import subprocess
import sys
from pathlib import Path
from typing import IO, Any, cast

from segeval.kernels import crew_lock, store
from segeval.kernels.listed import Listed, all_listed, by_purpose
from segeval.kernels.stop import heed
from segeval.kernels.store import Compiled

NUMBER = struct.Struct("<I")
"""How the queue tells a kernel: its place in the list."""

HEAD = struct.Struct("<II")
"""What stands before each result: the kernel's place, and the bytes that follow."""

MOST_WORKERS = 4
"""The longest kernel of a purpose takes a quarter of the whole time."""

_PAUSE = 0.05
_ROOM_FOR_RESULTS = 1 << 20


class Crew:
    """Workers that share a queue of kernels.

    Args:
        listed: the kernels, in the order of need.
        number: of workers.
        lock: a descriptor that stays open while a worker lives.

    Raises:
        OSError: if no process can be started.
    """

    def __init__(self, listed: list[Listed], number: int, lock: int | None) -> None:
        self._owner = os.getpid()
        self._due = {all_listed().index(each): each for each in listed}
        self._codes: dict[Listed, bytes] = {}
        self._selector = selectors.DefaultSelector()
        self._workers: list[subprocess.Popen[bytes]] = []
        queue, queue_end = os.pipe()
        try:
            os.write(queue_end, b"".join(NUMBER.pack(each) for each in self._due))
            os.close(queue_end)
            for _ in range(number):
                self._start_worker(queue, lock)
        except OSError:
            self.stop()
            raise
        finally:
            os.close(queue)

    def _start_worker(self, queue: int, lock: int | None) -> None:
        """Start a process that imports what this one would."""
        told: list[Any] = sys.path  # of which Python passes over all that is not text
        entries = [each or str(Path.cwd()) for each in told if isinstance(each, str)]
        worker = subprocess.Popen(
            [sys.executable, "-P", "-m", "segeval.kernels.worker"],
            stdin=queue, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            bufsize=0, pass_fds=() if lock is None else (lock,),
            env={**os.environ, "PYTHONPATH": os.pathsep.join(entries)},
        )  # fmt: skip
        self._workers.append(worker)
        self._selector.register(results := cast(IO[bytes], worker.stdout), selectors.EVENT_READ)
        import fcntl  # Linux alone has crews

        with contextlib.suppress(OSError):  # else a worker waits now and then until this one reads
            fcntl.fcntl(results, fcntl.F_SETPIPE_SZ, _ROOM_FOR_RESULTS)

    def makes(self, wanted: Listed) -> bool:
        """Whether a kernel comes from this crew; never in a fork of the process that has it."""
        return self._owner == os.getpid() and wanted in self._due.values()

    def code(self, wanted: Listed) -> bytes:
        """The machine code of a kernel, once it is there; empty if no worker could make it.

        Raises:
            KeyboardInterrupt: if kernels are told to stop.
        """
        while wanted not in self._codes and self._selector.get_map():
            heed()
            for key, _ in self._selector.select(_PAUSE):
                self._receive(key.fileobj)
        return self._codes.get(wanted, b"")

    def _receive(self, results: Any) -> None:
        """Take a result from a worker, or see that it has ended.

        What begins like none is from a start of Python that prints, and nothing more is read.
        """
        head = _exactly(HEAD.size, results)
        number, size = HEAD.unpack(head) if len(head) == HEAD.size else (-1, 0)
        wanted = self._due.get(number)
        code = b"" if wanted is None else _exactly(size, results)
        if wanted is None or len(code) < size:
            self._selector.unregister(results)
        else:
            self._codes[wanted] = code

    def stop(self) -> None:
        """End the workers, if this process has started them."""
        if self._owner == os.getpid():
            self._due.clear()
            while self._workers:
                worker = self._workers.pop()
                worker.kill()
                worker.communicate()


_crews: list[Crew] = []
_called_for: set[str] = set()
"""Purposes for which this process has started a crew."""


@atexit.register
def stop() -> None:
    """End all workers of this process."""
    while _crews:
        _crews.pop().stop()


def workers() -> int:
    """How many kernels can be compiled at a time; 1 if this process has to do it alone."""
    is_python = bool(sys.executable) and not getattr(sys, "frozen", False)
    return min(len(os.sched_getaffinity(0)), MOST_WORKERS) if is_python else 1


def compiled(wanted: Listed, name: str) -> Compiled | None:
    """A kernel that workers compile; None if this process has to do it.

    Args:
        wanted: the kernel.
        name: under which its machine code is stored.

    Raises:
        KeyboardInterrupt: after Ctrl-C; the workers are gone.
    """
    try:
        crew = next((crew for crew in _crews if crew.makes(wanted)), None)
        if crew is None and (purpose := _purpose_of(wanted)) and workers() > 1:
            _called_for.add(purpose)
            return _by_new_crew(wanted, name, by_purpose()[purpose])
        return store.from_bytes(name, crew.code(wanted)) if crew else None
    except BaseException:
        stop()
        raise


def _purpose_of(wanted: Listed) -> str | None:
    """The first purpose that a kernel serves; None without one, or if its crew has been here."""
    serving = (purpose for purpose, listed in by_purpose().items() if wanted in listed)
    purpose = next(serving, None)
    return None if purpose in _called_for else purpose


def _by_new_crew(wanted: Listed, name: str, listed: list[Listed]) -> Compiled | None:
    """A kernel from a crew of another process, or else from one that is started."""
    lock = crew_lock.opened()
    try:
        if lock is not None and (made := crew_lock.made_by_others(lock, name)):
            return made
        in_order = list(dict.fromkeys([wanted, *listed]))
        crew = Crew(in_order, min(workers(), len(in_order)), lock)
    except (OSError, ValueError):  # no room for more processes, or a null in a path of imports
        return None
    finally:
        if lock is not None:
            os.close(lock)
    _crews.append(crew)
    return store.from_bytes(name, crew.code(wanted))


def _exactly(size: int, results: IO[bytes]) -> bytes:
    """Bytes from a worker; fewer if it has ended."""
    parts = bytearray()
    while len(parts) < size and (part := results.read(size - len(parts))):
        parts += part
    return bytes(parts)
