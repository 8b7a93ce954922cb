"""One update of the weights: losses, gradients, and the step of the optimiser."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.amp.grad_scaler import GradScaler

from segeval.errors import InputError
from segeval.models.config import ScheduleConfig
from segeval.models.devices import autocast, is_full_memory
from segeval.models.networks.batches import Batch
from segeval.models.training.checkpoints import TrainingState
from segeval.models.training.distributed import Processes, shared_losses, unshared
from segeval.models.training.draws import generator_of
from segeval.models.training.ema import WeightAverage
from segeval.models.training.optimiser import (
    limit_gradients,
    load_moments,
    make_optimiser,
    set_rate,
)
from segeval.models.training.run_settings import RunSettings
from segeval.models.training.schedule import learning_rate
from segeval.words import counted

NOT_FINITE = "not-finite"
"""Code of the error for non-finite losses."""

NO_MEMORY = "batch-memory"
"""Code of the error for images that do not fit on the device; one process alone may raise it."""

MOST_LEFT_OUT = 50
"""Most consecutive steps that fp16 may skip. Each halves the factor of the losses, which starts at
2^16 and is then far below 1."""

MOST_NAMES = 64
"""Most images that a message lists."""

DRAWS = 2
"""Purpose of random numbers: the losses; 0 and 1 are for the data."""


@dataclass(frozen=True)
class Step:
    """The outcome of an update.

    Attributes:
        losses: by name, means over its images and all processes.
        rate: the learning rate.
        gradient: norm of the whole gradient before clipping; None if fp16 skipped the step.
    """

    losses: dict[str, float]
    rate: float
    gradient: float | None


class Stepper:
    """Everything that learns: a model, its optimiser, and the average of its weights.

    Args:
        model: with a method `losses`; it is moved to the device and put in training mode.
        schedule: rates, decay and limits.
        settings: of the run.
        processes: that share the images of an update.
        device: of the model.

    Attributes:
        update: number of finished updates.
        optimiser: with the state of every trained parameter.
        scaler: of the losses in fp16; it does nothing otherwise.
        average: of the weights; None without averaging.
        is_halfway: whether some weights may already belong to the next update.
        left_out: number of consecutive steps that fp16 skipped.
    """

    def __init__(
        self,
        model: nn.Module,
        schedule: ScheduleConfig,
        settings: RunSettings,
        processes: Processes,
        device: torch.device,
    ) -> None:
        self.schedule, self.settings = schedule, settings
        self.processes, self.device = processes, device
        self.model = model.to(device).train()
        self.losses = shared_losses(model, processes)
        self.optimiser = make_optimiser(model, schedule)
        self.scaler = GradScaler(device.type, enabled=settings.amp == "fp16")
        self.average = None if settings.ema is None else WeightAverage(model, settings.ema)
        self.update = self.left_out = 0
        self.is_halfway = False

    def step(self, batches: Sequence[Batch]) -> Step:
        """Do an update.

        Args:
            batches: this process's images, in the parts to accumulate.

        Raises:
            InputError: if a loss or a gradient is not finite (in fp16: if no gradient was finite in
                `MOST_LEFT_OUT` updates), or the device runs out of memory. The weights stay
                unchanged.
        """
        update = self.update
        rate = learning_rate(self.schedule, update)
        set_rate(self.optimiser, rate)
        self.optimiser.zero_grad(set_to_none=True)
        try:
            found = [
                self._backward(batch, part, last=part == len(batches) - 1)
                for part, batch in enumerate(batches)
            ]
        except (RuntimeError, MemoryError) as error:
            if not is_full_memory(error):
                raise
            raise _no_memory(batches[0], update, self.device) from None
        losses = self._means(found)
        wrong = [name for name, value in losses.items() if not math.isfinite(value)]
        if wrong:
            names = self._names(batches, found)
            raise _not_finite(f"{wrong[0]} is {losses[wrong[0]]:g}", update, rate, names)
        self.scaler.unscale_(self.optimiser)
        norm = float(limit_gradients(self.optimiser, self.schedule.clip))
        is_finite = math.isfinite(norm)
        if not is_finite and not self.scaler.is_enabled():
            names = self._names(batches, None)
            raise _not_finite("the gradient is not finite", update, rate, names)
        self.left_out = 0 if is_finite else self.left_out + 1
        if self.left_out >= MOST_LEFT_OUT:
            raise _never_finite(update, self.left_out)
        self.is_halfway = True
        self.scaler.step(self.optimiser)
        self.scaler.update()
        if self.average is not None:
            self.average.update(self.model)
        self.update += 1
        self.is_halfway = False
        return Step(losses, rate, norm if is_finite else None)

    def averaged(self) -> AbstractContextManager[None]:
        """A context in which the model has the averaged weights, if any."""
        return nullcontext() if self.average is None else self.average.inside(self.model)

    @contextmanager
    def predicting(self) -> Iterator[None]:
        """A context for prediction in all processes, with averaged weights if there are any."""
        with self.averaged():
            self.processes.share_state(self.model)
            self.model.eval()
            try:
                yield
            finally:
                self.model.train()

    def state(self) -> dict[str, Any]:
        """The fields of a `TrainingState` that belong here."""
        return {
            "update": self.update,
            "model": self.model.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "scaler": self.scaler.state_dict(),
            "average": None if self.average is None else self.average.state(),
        }

    def take_over(self, state: TrainingState) -> None:
        """Continue from a state."""
        self.update = state.update
        self.model.load_state_dict(state.model)
        load_moments(self.optimiser, state.optimiser)
        self.scaler.load_state_dict(state.scaler)
        if self.average is not None and state.average is not None:
            self.average.load(state.average["weights"], state.average["updates"])

    def _backward(self, batch: Batch, part: int, *, last: bool) -> dict[str, Tensor]:
        """Add the gradients of one part of the images; returns its losses, each a scalar."""
        place = DRAWS, self.update, part, self.processes.rank
        generator = generator_of(self.settings.seed, *place)
        with unshared(self.losses, last=last):
            with autocast(self.device, self.settings.amp):
                losses: dict[str, Tensor] = self.losses(batch.to(self.device), generator)
            total = torch.stack([each.float() for each in losses.values()]).sum()
            self.scaler.scale(total / self.settings.accumulate).backward()
        return {name: each.detach() for name, each in losses.items()}

    def _means(self, found: Sequence[dict[str, Tensor]]) -> dict[str, float]:
        """Means of the losses over all parts and processes, in every process."""
        columns = [torch.stack([part[name].double() for part in found]) for name in found[0]]
        sums = self.processes.sums(torch.stack(columns).sum(dim=1))
        means: list[float] = (sums / (len(found) * self.processes.world)).tolist()
        return dict(zip(found[0], means, strict=True))

    def _names(
        self, batches: Sequence[Batch], found: Sequence[dict[str, Tensor]] | None
    ) -> list[str]:
        """Names of the images with non-finite losses, or of all images if that is unknown."""
        own: list[str] = []
        for place, batch in enumerate(batches):
            if found is None or not all(bool(each.isfinite()) for each in found[place].values()):
                own += batch.names
        of_all = self.processes.from_first(self.processes.gather(own))
        return [name for names in of_all for name in names]


def _no_memory(batch: Batch, update: int, device: torch.device) -> InputError:
    """The error for images that do not fit on the device."""
    images = counted(len(batch.names), "image")
    height, width = batch.images.shape[2:]
    return InputError(
        f"update {update + 1:,}: not enough memory on {device} for {images} of {height} x {width} "
        "pixels (H x W) at a time. A smaller `batch`, more parts (`accumulate`), 16 bits "
        '(`amp="bf16"`), or smaller images (`input.train_sizes`) need less.',
        code=NO_MEMORY,
        index=update,
        option="batch",
    )


def _never_finite(update: int, number: int) -> InputError:
    """The error for a run in fp16 that no longer changes any weight."""
    return InputError(
        f"update {update + 1:,}: in fp16 the gradient was not finite in {counted(number, 'update')}"
        " in a row, so no weight changed. Use bf16 "
        '(`amp="bf16"`), which has the range of 32 bits, or leave out `amp`; if '
        "gradients are not finite there either, lower the learning rate.",
        code=NOT_FINITE,
        index=update,
        field="gradient",
        option="amp",
        count=number,
    )


def _not_finite(what: str, update: int, rate: float, names: Sequence[str]) -> InputError:
    """The error for a loss or a gradient that is not finite."""
    listed = ", ".join(names[:MOST_NAMES])
    if len(names) > MOST_NAMES:
        listed += f" and {counted(len(names) - MOST_NAMES, 'other')}"
    return InputError(
        f"update {update + 1:,}: {what}. The images of the batch: {listed}. The weights are those "
        "before this update. If the losses were growing, lower the learning rate, lengthen the "
        "warm-up or limit the gradients (schedule.learning_rate was "
        f"{rate:.3g} here); if not, look at these images.",
        code=NOT_FINITE,
        index=update,
        field="loss",
        count=len(names),
    )
