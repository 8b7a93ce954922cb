"""Ctrl-C and the signal of a batch system: training stops after the current update."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

SAME = 2.0
"""Signals within this many seconds count as one: torchrun repeats those of the terminal."""

STOPPING = "stopping after this update; Ctrl-C again stops at once"


class StopRequest:
    """A request to stop, made by a signal.

    Args:
        say: confirms the request to the user.
    """

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._heard: float | None = None

    @property
    def is_there(self) -> bool:
        """Whether a signal has come."""
        return self._heard is not None

    @contextmanager
    def listening(self) -> Iterator[None]:
        """A context in which the first signal is a request, and a later one an interrupt."""
        if threading.current_thread() is not threading.main_thread():
            yield  # only the main thread may handle signals
            return
        wanted = (signal.SIGINT, signal.SIGTERM)
        before: list[Any] = [signal.signal(each, self._hear) for each in wanted]
        try:
            yield
        finally:
            for each, handler in zip(wanted, before, strict=True):
                signal.signal(each, handler)

    def _hear(self, number: int, frame: object) -> None:
        now = time.monotonic()
        if self._heard is None:
            self._heard = now
            with suppress(RuntimeError):  # the signal interrupted another print
                self._say(STOPPING)
        elif number == signal.SIGINT and now - self._heard > SAME:
            raise KeyboardInterrupt
