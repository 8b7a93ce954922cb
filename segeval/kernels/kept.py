"""What a worker keeps of a run, so that the next piece of the same run finds it in memory."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any


class Kept:
    """Values of one run at a time; those of another run take their place.

    Several runs may share a process, such as a worker of a cluster with threads.

    Example:
        >>> kept = Kept()
        >>> kept.value("a", lambda: 1), kept.value("a", lambda: 2), kept.value("b", lambda: 3)
        (1, 1, 3)
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._run: str | None = None
        self._value: Any = None

    def value(self, run: str, make: Callable[[], Any]) -> Any:
        """The value of a run, which is made once.

        Args:
            run: names it.
            make: makes the value; others wait for it.
        """
        with self._lock:
            if self._run != run:
                self._run = self._value = None
                self._value = make()
                self._run = run
            return self._value

    def forget(self, run: str) -> None:
        """Let go of the value of a run."""
        with self._lock:
            if self._run == run:
                self._run = self._value = None
