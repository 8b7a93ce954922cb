"""A run: the model, its optimiser, what was reached, and the files in the run's folder."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import torch
from torch import nn

from segeval.data.coco.write import whole_file
from segeval.errors import InputError, MismatchError, Note
from segeval.models.config import Config, to_toml
from segeval.models.files import model_file
from segeval.models.networks.batches import Batch
from segeval.models.training.checkpoints import (
    BEST,
    CONFIG,
    LAST,
    LOG,
    TrainingState,
    check_folder,
    check_same_run,
    read_state,
    save_state,
)
from segeval.models.training.distributed import Processes
from segeval.models.training.ema import WeightAverage
from segeval.models.training.events import Evaluated, Progress, Saved, Started, Stopped
from segeval.models.training.log import Log
from segeval.models.training.optimiser import load_momentum
from segeval.models.training.protocols import Data, Validation
from segeval.models.training.settings import RunSettings
from segeval.models.training.steps import NOT_FINITE, Stepper
from segeval.words import counted

if TYPE_CHECKING:
    from segeval.models.networks.building import Model

SAVE_SECONDS = 600.0
"""The state is written at least as often."""


@dataclass
class _Best:
    """What the best evaluation was."""

    metric: str = ""
    mode: str = "max"
    value: float | None = None
    update: int | None = None
    stale: int = 0

    def takes(self, value: float | None, update: int) -> bool:
        """Whether a value is better; counts those that are not."""
        sign = 1 if self.mode == "max" else -1
        better = value is not None and (self.value is None or sign * (value - self.value) > 0)
        if better or self.update is None:
            self.value, self.update, self.stale = value, update, 0
            return True
        self.stale += 1
        return False


class Run:
    """What changes while training goes on; the arguments are those of `train`."""

    def __init__(
        self,
        model: nn.Module,
        config: Config,
        data: Data,
        *,
        output: Path,
        settings: RunSettings,
        validation: Validation | None,
        processes: Processes,
        device: torch.device | str,
        resume: bool,
    ) -> None:
        self.config, self.data, self.output, self.settings = config, data, output, settings
        self.processes, self.device = processes, torch.device(device)
        self.updates = config.schedule.updates
        self.share = _share(config.schedule.batch, settings.accumulate, processes.world)
        self.best = _Best(_metric(settings, validation), settings.mode)
        self.validates = validation is not None
        if processes.is_first:
            check_folder(output, resume=resume)
        self.model = model.to(self.device).train()
        self.update = 0
        self.notes = list(_notes(settings, validation))
        state = self._earlier() if resume else None
        if state is not None:
            model.load_state_dict(state.model)
        self.stepper = Stepper(model, config.schedule, settings, processes, self.device)
        self.average = None if settings.ema is None else WeightAverage(model, settings.ema)
        if state is not None:
            self._go_on(state)
        self.log: Log | None = None
        self.made: list[Path] = []
        self.first = self.update
        self.is_evaluated = state is not None and state.evaluated
        self.is_changed = self.is_best = False
        self.reason, self.saved_at = "done", time.monotonic()

    def open(self) -> None:
        """Make the folder of the run and its first files."""
        if not self.processes.is_first:
            return
        folders = [self.output, *self.output.parents]
        self.made = [each for each in folders if not each.exists()]
        self.output.mkdir(parents=True, exist_ok=True)
        self.log = Log(self.output / LOG, self.update)
        with whole_file(self.output / CONFIG) as file:
            file.write(to_toml(self.config).encode())

    def _earlier(self) -> TrainingState:
        """The state in the folder, if it is one of the same run."""
        path = self.output / LAST
        state: TrainingState = self.processes.from_first(
            read_state(path) if self.processes.is_first else None
        )
        self.notes += check_same_run(
            path,
            state,
            self.config.to_dict(),
            self.data.categories,
            self._lasting(),
        )
        if state.metric and not self.validates:
            raise MismatchError(
                f"{path}: this run was measured, by {state.metric}; without validation data "
                f"{BEST} would get the last weights. Name the validation data again.",
                code="resume",
                path=str(path),
                field="validation",
            )
        return state

    def _lasting(self) -> dict[str, Any]:
        """Settings that hold for the whole run."""
        more = {"processes": self.processes.world, "images": len(self.data)}
        return {**self.settings.lasting(), **more}

    def _go_on(self, state: TrainingState) -> None:
        """Take over everything but the weights."""
        self.update = state.update
        load_momentum(self.stepper.optimiser, state.optimiser)
        self.stepper.scaler.load_state_dict(state.scaler)
        if self.average is not None and state.average is not None:
            self.average.load(state.average["weights"], state.average["updates"])
        if state.metric == self.best.metric:
            self.best = replace(
                self.best, value=state.best, update=state.best_update, stale=state.stale
            )
        if self.update >= self.updates:
            self.notes.append(
                Note(
                    "finished",
                    f"{self.output / LAST} has {self.update:,} updates already, of "
                    f"{self.updates:,}: nothing is left to do",
                )
            )

    def batches(self) -> Iterator[Batch]:
        """Batches of this process from here on."""
        return self.data.batches(
            self.config,
            seed=self.settings.seed,
            start=self.update * self.settings.accumulate,
            batch=self.share,
            rank=self.processes.rank,
            world=self.processes.world,
            workers=self.settings.workers,
            sampler=self.settings.sampler,
            repeat_threshold=self.settings.repeat_threshold,
        )

    def started(self) -> Started:
        """The first event."""
        sizes = [(each.numel(), each.requires_grad) for each in self.model.parameters()]
        return Started(
            update=self.update,
            updates=self.updates,
            images=len(self.data),
            batch=self.config.schedule.batch,
            trained=sum(size for size, is_trained in sizes if is_trained),
            frozen=sum(size for size, is_trained in sizes if not is_trained),
            device=str(self.device),
            processes=self.processes.world,
        )

    def advance(self, source: Iterator[Batch]) -> Progress:
        """Do an update."""
        started = time.perf_counter()
        batches = self.processes.together(
            lambda: [next(source) for _ in range(self.settings.accumulate)]
        )
        waiting = time.perf_counter() - started
        step = self.stepper.step(self.update, batches)
        if self.average is not None:
            self.average.update(self.model)
        self.update += 1
        self.stepper.is_halfway = self.is_evaluated = False
        self.is_changed = True
        seconds = time.perf_counter() - started
        progress = Progress(
            update=self.update,
            updates=self.updates,
            losses=step.losses,
            loss=sum(step.losses.values()),
            rate=step.rate,
            gradient=step.gradient,
            seconds=seconds,
            waiting=waiting,
        )
        if self.log is not None:
            self.log.write(progress)
        return progress

    def agrees_to_stop(self, should_stop: Callable[[], bool] | None) -> bool:
        """Whether any process was asked to stop."""
        asked = should_stop is not None and should_stop()
        if self.processes.world > 1:
            flag = torch.tensor(float(asked), device=self.device)
            asked = bool(self.processes.sums(flag) > 0)
        if asked:
            self.reason = "interrupted"
        return asked

    def is_out_of_patience(self) -> bool:
        """Whether the metric has not become better for too long."""
        patience = self.settings.patience
        if patience is None or self.best.stale < patience:
            return False
        self.reason = "patience"
        return True

    def is_due(self) -> bool:
        """Whether it is time to evaluate."""
        interval = self.settings.interval(self.updates)
        return self.update % interval == 0 or self.update == self.updates

    def owes_evaluation(self) -> bool:
        """Whether what ended the earlier part of the run came before its evaluation."""
        return self.update > 0 and self.is_due() and not self.is_evaluated

    def is_time_to_save(self) -> bool:
        """Whether this is the last update, was evaluated, or the state on the disk is old."""
        is_late = time.monotonic() - self.saved_at > SAVE_SECONDS
        return is_late or self.is_evaluated or self.update == self.updates

    def evaluate(self, validation: Validation) -> Evaluated:
        """Measure the model, with averaged weights if there are some."""
        started = time.perf_counter()
        with _predicting(self.model, self.average, self.processes):
            metrics = self.processes.from_first(dict(validation(self.model)))
        self.is_best = self.best.takes(metrics.get(self.best.metric), self.update)
        self.is_evaluated = True
        event = Evaluated(
            update=self.update,
            metrics=metrics,
            metric=self.best.metric,
            is_best=self.is_best,
            seconds=time.perf_counter() - started,
        )
        if self.log is not None:
            self.log.write(event)
        return event

    def save_best(self) -> Saved:
        """Write the weights that predict."""
        path = self.output / BEST
        if self.processes.is_first:
            with self.average.inside(self.model) if self.average else nullcontext():
                model_file.save(path, cast("Model", self.model), self.config, self.data.categories)
        return Saved(path, self.update)

    def save(self) -> Iterator[Saved]:
        """Write the state and, if nothing is measured, the weights."""
        if not self.validates or self.best.update is None:
            yield self.save_best()
        path = self.output / LAST
        if self.processes.is_first:
            save_state(path, self._state())
        self.saved_at, self.is_changed = time.monotonic(), False
        yield Saved(path, self.update)

    def _state(self) -> TrainingState:
        average = self.average
        return TrainingState(
            update=self.update,
            config=self.config.to_dict(),
            categories=self.data.categories,
            settings=self._lasting(),
            model=self.model.state_dict(),
            optimiser=self.stepper.optimiser.state_dict(),
            scaler=self.stepper.scaler.state_dict(),
            average=None if average is None else average.state(),
            metric=self.best.metric,
            best=self.best.value,
            best_update=self.best.update,
            stale=self.best.stale,
            evaluated=self.is_evaluated,
        )

    def stopped(self) -> Stopped:
        """The last event."""
        return Stopped(self.reason, self.update, self.best.value, self.best.update)

    def rescue(self, end: BaseException) -> list[Saved]:
        """Keep what was reached when something ends the run; of a run without an update nothing.

        Args:
            end: what ends it. Weights with which a loss was not finite are not kept.
        """
        if self.update == self.first:
            self._forget()
            return []
        is_spoilt = isinstance(end, InputError) and end.code == NOT_FINITE
        # Nothing but the step itself leaves weights that belong to no update.
        if is_spoilt or self.stepper.is_halfway or not self.is_changed:
            return []
        try:
            return list(self.save())
        except Exception:
            if isinstance(end, Exception):
                return []  # what happened first is what to tell
            raise

    def _forget(self) -> None:
        """Remove what `open` made for a new run."""
        if self.log is None or self.first:
            return
        self.log.close()
        for name in (LOG, CONFIG):
            (self.output / name).unlink(missing_ok=True)
        for folder in self.made:
            with suppress(OSError):  # somebody else put something there
                folder.rmdir()

    def close(self, source: Iterator[Batch]) -> None:
        """Let go of files and readers."""
        if self.log is not None:
            self.log.close()
        if hasattr(source, "close"):
            source.close()


@contextmanager
def _predicting(
    model: nn.Module, average: WeightAverage | None, processes: Processes
) -> Iterator[None]:
    """A context in which the model predicts with the weights that count, alike everywhere."""
    with average.inside(model) if average is not None else nullcontext():
        processes.share_state(model)
        model.eval()
        try:
            yield
        finally:
            model.train()


def _share(batch: int, accumulate: int, world: int) -> int:
    """Images that a process works on at a time."""
    if batch % (accumulate * world):
        parts = (
            f"{counted(accumulate, 'part')} for each of {counted(world, 'process', 'processes')}"
        )
        raise InputError(
            f"schedule.batch is {batch}, which cannot be divided into {parts}. Choose a multiple "
            f"of {accumulate * world}.",
            code="batch",
            field="schedule.batch",
        )
    return batch // (accumulate * world)


def _metric(settings: RunSettings, validation: Validation | None) -> str:
    """The metric that counts, "" without a validation."""
    if validation is None:
        if settings.patience is not None or settings.metric is not None:
            name = "metric" if settings.patience is None else "patience"
            raise InputError(
                f"{name} is given, but there are no validation data. Name some.", code=name
            )
        return ""
    metric = settings.metric or validation.metrics[0]
    if metric not in validation.metrics:
        raise InputError(
            f"metric is {metric!r}, expected one of {', '.join(validation.metrics)}.",
            code="metric",
        )
    return metric


def _notes(settings: RunSettings, validation: Validation | None) -> Iterator[Note]:
    """What somebody might not expect."""
    if validation is None:
        yield Note("no-validation", f"no validation data: {BEST} has the last weights")
    if settings.mode == "min" and validation is not None:
        yield Note("mode", "the lowest value of the metric is the best")
