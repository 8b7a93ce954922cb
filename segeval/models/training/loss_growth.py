"""Losses that grow: the first sign of a learning rate that is too high."""

from __future__ import annotations

import math

from segeval.models.training.events import Progress

TIMES = 10.0
"""Growth that is reported."""

KEPT = 0.8
"""Decay per update of the running mean, so that no single batch decides."""

FIRST = 5
"""Updates before the running mean counts."""


class LossGrowth:
    """Compares the running mean of the loss with its lowest value so far."""

    def __init__(self) -> None:
        self._mean, self._lowest = math.nan, math.inf
        self._count = 0
        self._last: Progress | None = None

    def add(self, progress: Progress) -> None:
        """Take the loss of another update."""
        self._last, self._count = progress, self._count + 1
        first = math.isnan(self._mean)
        self._mean = progress.loss if first else KEPT * self._mean + (1 - KEPT) * progress.loss
        if self._count >= FIRST:
            self._lowest = min(self._lowest, self._mean)

    def found(self) -> str | None:
        """What to tell if the loss has grown tenfold.

        Example:
            >>> growth = LossGrowth()
            >>> for update, loss in enumerate([2.0] * 6 + [400.0], start=1):
            ...     growth.add(Progress(update, 9, {}, loss, 0.02, 1.0, 0.1, 0.0))
            >>> print(growth.found())
            update 7: the loss has grown from 2 to 81.6. A lower `schedule.learning_rate` (0.02 \
            here), a longer `schedule.warmup_updates` or a limit `schedule.clip` helps
        """
        if self._last is None or not self._mean > TIMES * self._lowest > 0:
            return None
        return (
            f"update {self._last.update:,}: the loss has grown from {self._lowest:.3g} to "
            f"{self._mean:.3g}. A lower `schedule.learning_rate` ({self._last.rate:.3g} here), a "
            "longer `schedule.warmup_updates` or a limit `schedule.clip` helps"
        )
