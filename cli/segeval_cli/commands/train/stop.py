"""Ctrl-C and the signal of a batch system: training stops after the current update."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

SAME = 2.0
"""Signals within so many seconds are one: torchrun hands the terminal's on once more."""

STOPPING = "stopping after this update; Ctrl-C again stops at once"


class StopRequest:
    """A request to stop, by a signal.

    Args:
        say: tells the user that the request was heard.
    """

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._heard: float | None = None

    @property
    def is_there(self) -> bool:
        """Whether there was a signal."""
        return self._heard is not None

    @contextmanager
    def listening(self) -> Iterator[None]:
        """A context in which the first signal is a request, and a later one an interrupt."""
        if threading.current_thread() is not threading.main_thread():
            yield  # only the main thread may listen
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
            with suppress(RuntimeError):  # the signal came while something else was written
                self._say(STOPPING)
        elif number == signal.SIGINT and now - self._heard > SAME:
            raise KeyboardInterrupt
