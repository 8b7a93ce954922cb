"""Validations, and the best value of a run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from torch import nn

from segeval.errors import InputError
from segeval.metrics.choices import check_choice
from segeval.models.training.run_settings import RunSettings


class Validation(Protocol):
    """Measures a model on held-out data."""

    @property
    def metrics(self) -> tuple[str, ...]:
        """Names of the metrics; the first decides unless the run names another."""

    def __call__(self, model: nn.Module) -> Mapping[str, float | None]:
        """Fractions by name; only the first process's are used."""


@dataclass
class Best:
    """The best value of one metric so far.

    Attributes:
        metric: its name; "" without a validation.
        mode: "max" if higher is better, "min" if lower is.
        patience: evaluations without a better value that end a run; None for no limit.
        value: the best value, a fraction; None while undefined.
        update: the update that reached it; None before the first evaluation.
        stale: evaluations since then.
    """

    metric: str = ""
    mode: str = "max"
    patience: int | None = None
    value: float | None = None
    update: int | None = None
    stale: int = 0

    @property
    def is_stale(self) -> bool:
        """Whether patience is exhausted."""
        return self.patience is not None and self.stale >= self.patience

    def takes(self, value: float | None, update: int) -> bool:
        """Whether a value is better, or still 0; keeps it if so.

        It is counted as stale unless it is better.
        """
        sign = 1 if self.mode == "max" else -1
        better = value is not None and (self.value is None or sign * (value - self.value) > 0)
        if better or self.update is None:
            self.value, self.update, self.stale = value, update, 0
            return True
        self.stale += 1
        if value == self.value == 0 and self.mode == "max":
            self.update = update  # nothing is found yet: later weights have learnt more
            return True
        return False


def best_of(settings: RunSettings, validation: Validation | None) -> Best:
    """The deciding metric of a run, without a value yet.

    Raises:
        InputError: if the settings name a metric that the validation lacks, or a metric or
            patience without a validation.
    """
    if validation is None:
        for name, value in (("patience", settings.patience), ("metric", settings.metric)):
            if value is not None:
                raise InputError(
                    f"`{name}` needs validation data. Name some, or leave it out.",
                    code=name,
                    option=name,
                )
        return Best()
    metric = settings.metric or validation.metrics[0]
    check_choice("metric", metric, validation.metrics)
    return Best(metric, settings.mode, settings.patience)
