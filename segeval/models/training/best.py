"""What a validation is, and the best that it has found in a run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from torch import nn

from segeval.errors import InputError
from segeval.metrics.choices import check_choice
from segeval.models.training.run_settings import RunSettings


class Validation(Protocol):
    """Measures a model on data that it is not trained on."""

    @property
    def metrics(self) -> tuple[str, ...]:
        """Names of what is measured; the first one counts unless the run names another."""

    def __call__(self, model: nn.Module) -> Mapping[str, float | None]:
        """Fractions by name, in the first process; the results of the others are ignored."""


@dataclass
class Best:
    """The best value of one metric so far.

    Attributes:
        metric: its name; "" if nothing is measured.
        mode: "max" if higher is better, "min" if lower is.
        patience: evaluations without a better value that end a run; None for no limit.
        value: the best value, a fraction; None while it is undefined.
        update: after which it was reached; None before the first evaluation.
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
        """Whether the run has waited too long for a better value."""
        return self.patience is not None and self.stale >= self.patience

    def takes(self, value: float | None, update: int) -> bool:
        """Take over a value if it is better, and say so; count those that are not."""
        sign = 1 if self.mode == "max" else -1
        better = value is not None and (self.value is None or sign * (value - self.value) > 0)
        if better or self.update is None:
            self.value, self.update, self.stale = value, update, 0
            return True
        self.stale += 1
        return False


def best_of(settings: RunSettings, validation: Validation | None) -> Best:
    """The metric that counts in a run, before anything is measured.

    Raises:
        InputError: if the settings name a metric that the validation does not measure, or ask for
            a metric or for patience without a validation.
    """
    if validation is None:
        for name, value in (("patience", settings.patience), ("metric", settings.metric)):
            if value is not None:
                raise InputError(
                    f"`{name}` is given, but there are no validation data. Name some.",
                    code=name,
                    option=name,
                )
        return Best()
    metric = settings.metric or validation.metrics[0]
    check_choice("metric", metric, validation.metrics)
    return Best(metric, settings.mode, settings.patience)
