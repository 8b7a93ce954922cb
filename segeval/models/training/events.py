"""Events of training, as values; their consumer decides what to show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from segeval.errors import Note


@dataclass(frozen=True)
class Started:
    """All checks passed; the first update comes next.

    Attributes:
        update: updates done so far: 0, or those of the checkpoint.
        updates: updates in all.
        images: images in the data set.
        batch: images per update, over all processes.
        trained: numbers in trained parameters.
        frozen: numbers in frozen parameters.
        device: such as "cuda:0".
        processes: number of processes.
        evaluations: updates after which the model will be measured.
    """

    update: int
    updates: int
    images: int
    batch: int
    trained: int
    frozen: int
    device: str
    processes: int
    evaluations: tuple[int, ...] = ()


@dataclass(frozen=True)
class Progress:
    """An update is done.

    Attributes:
        update: updates done so far.
        updates: updates in all.
        losses: by name, means over the images of the update.
        loss: their sum.
        rate: the learning rate.
        gradient: norm of the whole gradient before clipping; None if fp16 skipped the step because
            numbers were too large.
        seconds: duration of the update.
        waiting: part of it spent waiting for data.
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
    """The model was measured on the validation data.

    Attributes:
        update: updates done so far.
        metrics: fractions by name; None is undefined.
        metric: name of the deciding one.
        is_best: whether the deciding one is the best so far.
        seconds: duration of the evaluation.
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
        update: updates done so far.
    """

    path: Path
    update: int


@dataclass(frozen=True)
class Stopped:
    """Training is over; nothing follows.

    Attributes:
        reason: "done", "patience" or "interrupted".
        update: updates done so far.
        best: the best value of the metric, a fraction; None without an evaluation.
        best_update: the update that reached it.
    """

    reason: str
    update: int
    best: float | None
    best_update: int | None


Event = Started | Progress | Evaluated | Saved | Stopped | Note
"""Items that `train` yields; a `Note` is something the user should know."""
