"""Progress of the work on one or several models."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock


@dataclass
class Steps:
    """Progress of a run, in blocks of replicates or other steps, on any number of threads.

    Attributes:
        tell: called with the number of steps done, and of all; None for nobody.
        total: number of all steps.
        done: number of steps done.
    """

    tell: Callable[[int, int], None] | None
    total: int = 0
    done: int = 0
    _lock: Lock = field(default_factory=Lock, repr=False)

    def advance(self) -> None:
        """One more step is done."""
        with self._lock:
            self.done += 1
            if self.tell is not None:
                self.tell(min(self.done, self.total), self.total)
