"""Settings of a training run, apart from the configuration of the model."""

from __future__ import annotations

from dataclasses import dataclass, fields

from segeval.errors import InputError
from segeval.metrics.choices import check_choice
from segeval.models.arguments import require_least
from segeval.models.devices import HALF
from segeval.models.training.kept_weights import Interval
from segeval.sampling import REPEAT_THRESHOLD

MODES = ("max", "min")
"""Whether higher or lower values of a metric are better."""

EVALUATIONS = 20
"""Number of evaluations in a whole run by default."""

LEAST_INTERVAL = 10
"""Updates between evaluations by default, at least: after fewer there is little to measure."""

MAY_CHANGE = ("workers", "eval_every", "patience", "metric", "mode", "keep_every")
"""Settings that a resumed run may change without a note, as they change no loss."""


@dataclass(frozen=True, kw_only=True)
class RunSettings:
    """Settings of a run.

    Attributes:
        seed: of the weights, the order of the images and all other random numbers; 0 or more.
        amp: "bf16" or "fp16" (with scaled losses); None for float32.
        accumulate: number of parts in which the images of an update are processed, in turn.
        ema: decay of averaged weights, such as 0.999; None for no averaging.
        sampler: how images are drawn, see `BatchRequest`.
        repeat_threshold: for "repeat-factor": categories in a smaller share of the images are rare.
        workers: threads that read images.
        eval_every: updates between evaluations; None for a twentieth of all
            updates, and at least 10.
        keep_every: how often weights are kept in a file of their own; None for never.
        patience: evaluations without a better value after which training stops; None for no limit.
        metric: name of the deciding metric; None for the validation's first.
        mode: "max" if higher values are better, "min" if lower ones are.

    Raises:
        InputError: for a value out of its range.
    """

    seed: int = 0
    amp: str | None = None
    accumulate: int = 1
    ema: float | None = None
    sampler: str = "uniform"
    repeat_threshold: float = REPEAT_THRESHOLD
    workers: int = 2
    eval_every: int | None = None
    keep_every: Interval | None = None
    patience: int | None = None
    metric: str | None = None
    mode: str = "max"

    def __post_init__(self) -> None:
        check_choice("amp", self.amp, tuple(HALF))
        check_choice("mode", self.mode, MODES)
        require_least(
            [
                ("seed", self.seed, 0),
                ("accumulate", self.accumulate, 1),
                ("workers", self.workers, 0),
                ("eval_every", self.eval_every, 1),
                ("patience", self.patience, 1),
            ]
        )
        if not 0 < self.repeat_threshold <= 1:
            raise InputError(
                f"`repeat_threshold` is {self.repeat_threshold:g}, expected a share of the images, "
                "above 0 and at most 1.",
                code="repeat-threshold",
                option="repeat_threshold",
            )

    def interval(self, updates: int) -> int:
        """Updates from one evaluation to the next."""
        return self.eval_every or max(LEAST_INTERVAL, updates // EVALUATIONS)

    def lasting(self) -> dict[str, object]:
        """The settings that a resumed run must keep, by name."""
        return {
            each.name: getattr(self, each.name)
            for each in fields(self)
            if each.name not in MAY_CHANGE
        }
