"""What happens in training, as values; whoever iterates decides what to show of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from segeval.errors import Note


@dataclass(frozen=True)
class Started:
    """Everything is checked, the first update comes next.

    Attributes:
        update: where it begins: 0, or that of the checkpoint.
        updates: in all.
        images: of the data set.
        batch: images of an update, of all processes together.
        trained: numbers that are trained.
        frozen: numbers of parameters that are not.
        device: such as "cuda:0".
        processes: that share the work.
    """

    update: int
    updates: int
    images: int
    batch: int
    trained: int
    frozen: int
    device: str
    processes: int


@dataclass(frozen=True)
class Progress:
    """An update is done.

    Attributes:
        update: how many are done.
        updates: in all.
        losses: by name, means over the update's images.
        loss: their sum.
        rate: the learning rate.
        gradient: norm of all gradients together, before it was limited; None if a step of fp16 was
            left out because numbers were too large.
        seconds: of this update.
        waiting: seconds of it that the data were waited for.
    """

    update: int
    updates: int
    losses: Mapping[str, float]
    loss: float
    rate: float
    gradient: float | None
    seconds: float
    waiting: float


@dataclass(frozen=True)
class Evaluated:
    """The validation data were predicted.

    Attributes:
        update: after which.
        metrics: fractions by name; None is undefined.
        metric: the one that counts.
        is_best: whether it is better than ever before.
        seconds: it took.
    """

    update: int
    metrics: Mapping[str, float | None]
    metric: str
    is_best: bool
    seconds: float


@dataclass(frozen=True)
class Saved:
    """A file is complete.

    Attributes:
        path: of the file.
        update: how many are done.
    """

    path: Path
    update: int


@dataclass(frozen=True)
class Stopped:
    """Training is over; nothing follows.

    Attributes:
        reason: "done", "patience" or "interrupted".
        update: how many are done.
        best: the best value of the metric, a fraction; None without an evaluation.
        best_update: after which it was reached.
    """

    reason: str
    update: int
    best: float | None
    best_update: int | None


Event = Started | Progress | Evaluated | Saved | Stopped | Note
"""What `train` yields; a `Note` is something that the user should know."""
