"""A cluster of dask.distributed as an executor that does not wait for workers that never come."""

from __future__ import annotations

import logging
import pkgutil
import socket
import threading
import time
from concurrent.futures import CancelledError, Executor, Future, InvalidStateError
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

from segeval.errors import InputError
from segeval.version import __version__
from segeval_cli.values import refused

ANSWERS_WITHIN = 10
"""Seconds that a scheduler has to answer."""

NOBODY = "no scheduler of dask.distributed answers there, expected one such as tcp://host:8786."

SCHEMES = ("tcp", "tls", "ws", "wss")
"""How dask's processes talk to each other."""

LOGS = ("distributed.client", "distributed.core", "distributed.comm.core", "tornado.application")
"""Where dask tells of lost connections and cancelled work, which the command's own error says."""

VERSION = "segeval.version:__version__"
"""Where every process finds the version of segeval."""

EVERY = 2.0
"""Seconds between two looks at the cluster."""

WORKERS_WITHIN = 30.0
"""Seconds in which a cluster must have a worker before anything is sent to it."""

LONGEST_WITHOUT = 60.0
"""Seconds without any worker, after which nobody waits for the next."""


def knock(url: str) -> None:
    """Refuse an address where nobody is: a client of dask would try for long, and say much.

    Raises:
        InputError: for it.
    """
    try:
        address = urlsplit(url if "://" in url else f"tcp://{url}")
        if address.scheme not in SCHEMES or not address.hostname or not address.port:
            raise refused("--scheduler", url, "expected an address such as tcp://host:8786.")
        _connect(address.hostname, address.port)
    except (OSError, UnicodeError):
        raise refused("--scheduler", url, NOBODY) from None
    except ValueError as problem:
        if isinstance(problem, InputError):
            raise
        raise refused("--scheduler", url, "expected an address such as tcp://host:8786.") from None


def _connect(host: str, port: int) -> None:
    """Connect once; a scheduler that was started a moment ago gets some seconds.

    Raises:
        OSError: if nobody answers.
    """
    until = time.monotonic() + ANSWERS_WITHIN
    while True:
        try:
            socket.create_connection((host, port), ANSWERS_WITHIN).close()
        except ConnectionRefusedError:
            if time.monotonic() > until:
                raise
            time.sleep(0.2)
        else:
            return


class Cluster(Executor):
    """Workers of a cluster, which is watched: dask itself waits for ever where there are none.

    Args:
        client: of dask.distributed, connected to the scheduler.
        url: of the scheduler, for messages.

    Raises:
        InputError: if there is no worker, or one without this version of segeval.
    """

    def __init__(self, client: Any, url: str) -> None:
        for name in LOGS:
            logging.getLogger(name).setLevel(logging.CRITICAL + 1)
        self._client, self._url = client, url
        _check_versions(client, url)
        self._inner = client.get_executor()
        self._lock = threading.Lock()
        self._waiting: set[Future[Any]] = set()
        self._problem: str | None = None
        self._over = threading.Event()
        threading.Thread(target=self._watch, daemon=True).start()

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Have a worker run a function.

        Raises:
            InputError: if the cluster is gone.
        """
        outer: Future[Any] = Future()
        with self._lock:
            if self._problem is not None:
                raise self._gone()
            self._waiting.add(outer)
        inner = self._inner.submit(fn, *args, **kwargs)
        inner.add_done_callback(lambda done: self._pass_on(done, outer))
        outer.add_done_callback(lambda done: inner.cancel() if done.cancelled() else None)
        return outer

    def leave(self) -> None:
        """Watch no more."""
        self._over.set()

    def _pass_on(self, inner: Future[Any], outer: Future[Any]) -> None:
        """What became of a piece of work."""
        with self._lock:
            self._waiting.discard(outer)
        problem: BaseException | None
        try:
            problem = inner.exception()
        except CancelledError:
            problem = self._gone()
        with suppress(InvalidStateError):  # it was cancelled, or the cluster given up
            if problem is None:
                outer.set_result(inner.result())
            else:
                outer.set_exception(problem)

    def _watch(self) -> None:
        """Look whether there are workers, until the work is done or nobody waits for it."""
        last = time.monotonic()
        while not self._over.wait(EVERY):
            try:
                has_workers = bool(self._client.nthreads())
            except Exception:  # of many kinds: what matters is that nobody answers
                if not self._over.is_set():
                    self._give_up("does not answer any more")
                return
            now = time.monotonic()
            last = now if has_workers else last
            if now - last > LONGEST_WITHOUT:
                self._give_up(f"has had no worker for {LONGEST_WITHOUT:.0f} seconds")
                return

    def _give_up(self, problem: str) -> None:
        """Let nobody wait any more."""
        with self._lock:
            self._problem = problem
            waiting = [*self._waiting]
        for outer in waiting:
            with suppress(InvalidStateError):  # done in the meantime
                outer.set_exception(self._gone())

    def _gone(self) -> InputError:
        """The error for a cluster that does no more work."""
        problem = self._problem or "does not answer any more, or has given up this work"
        return _unusable(self._url, f"the cluster {problem}. Nothing was written.")


def _check_versions(client: Any, url: str) -> None:
    """Refuse a cluster without workers, or whose processes have another segeval or none.

    Raises:
        InputError: names a process.
    """
    until = time.monotonic() + WORKERS_WITHIN
    while not client.nthreads():
        if time.monotonic() > until:
            raise _unusable(
                url,
                f"the cluster has no worker, expected at least one: dask worker {url}.",
            )
        time.sleep(0.1)
    found = {"the scheduler": _tried(client.run_on_scheduler, VERSION)}
    found |= {
        f"worker {name}": version
        for name, version in client.run(pkgutil.resolve_name, VERSION, on_error="return").items()
    }
    wrong = {name: version for name, version in found.items() if version != __version__}
    if wrong:
        (name, version), *others = wrong.items()
        has = f"segeval {version}" if isinstance(version, str) else f"no segeval ({version})"
        more = f", one of {len(wrong)} such processes" if others else ""
        raise _unusable(
            url,
            f"{name} has {has}{more}; expected segeval {__version__} in the scheduler and all "
            "workers. Install it in their environment.",
        )


def _tried(run: Any, name: str) -> Any:
    """A version, or the error that the scheduler gives in its place."""
    try:
        return run(pkgutil.resolve_name, name)
    except (ImportError, AttributeError) as problem:
        return problem


def _unusable(url: str, problem: str) -> InputError:
    """The error for a cluster that does not work."""
    return InputError(f"--scheduler {url}: {problem}", code="scheduler", option="scheduler")
