"""A run: the learning model, its results, and its files."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import torch
from torch import nn

from segeval.errors import InputError, MismatchError, Note
from segeval.models.config import Config
from segeval.models.files import model_file
from segeval.models.networks.batches import Batch
from segeval.models.networks.protocols import Model
from segeval.models.training.best import Validation, best_of
from segeval.models.training.checkpoints import (
    IMAGES,
    TrainingState,
    check_same_run,
    read_state,
    save_state,
    unfit,
)
from segeval.models.training.data import SampledSet, TrainingSet
from segeval.models.training.distributed import Processes
from segeval.models.training.events import Evaluated, Event, Progress, Saved, Started, Stopped
from segeval.models.training.kept_weights import kept_file
from segeval.models.training.loss_growth import LossGrowth
from segeval.models.training.run_folder import BEST, RunFolder
from segeval.models.training.run_settings import RunSettings
from segeval.models.training.sampling import BatchRequest
from segeval.models.training.steps import NOT_FINITE, Stepper
from segeval.words import counted

SAVE_SECONDS = 600.0
"""Longest time between two writes of the state."""


class Run:
    """The state of a training in progress.

    Args:
        model: to train.
        config: of the model, with the schedule.
        data: to train on.
        output: folder of the run.
        settings: of the run.
        validation: measures the model; None for none.
        processes: that share the work.
        device: of the model.
        resume: whether to continue the run in the folder.
        overwrite: whether a new run replaces an older one in the folder.

    Attributes:
        notes: what the user should know before the first update.
        interrupted: whether a stop was requested.
        evaluated: update of the last evaluation; None before the first.
        kept: update of the state on disk, and whether it was evaluated by then.
    """

    def __init__(
        self,
        model: nn.Module,
        config: Config,
        data: TrainingSet,
        *,
        output: Path,
        settings: RunSettings,
        validation: Validation | None,
        processes: Processes,
        device: torch.device | str,
        resume: bool,
        overwrite: bool,
    ) -> None:
        self.config, self.data, self.settings = config, data, settings
        self.validation, self.processes = validation, processes
        self.updates = config.schedule.updates
        self.batch = _share(config.schedule.batch, settings.accumulate, processes.world)
        self.best = best_of(settings, validation)
        self.folder = RunFolder(
            output, resume=resume, overwrite=overwrite, writes=processes.is_first
        )
        self.device = torch.device(device)
        self.stepper = Stepper(model, config.schedule, settings, processes, self.device)
        self.notes = [*_notes(settings, validation), *_left_out(settings, data)]
        self.interrupted = False
        self.evaluated: int | None = None
        self._growth: LossGrowth | None = LossGrowth()
        if resume:
            self._take_over(self._earlier())
        self.first, self.saved_at = self.update, time.monotonic()
        self.kept = self.update, self.is_evaluated

    @property
    def update(self) -> int:
        """Number of finished updates."""
        return self.stepper.update

    @property
    def is_evaluated(self) -> bool:
        """Whether the model was measured after the last update."""
        return self.evaluated == self.update

    @property
    def is_kept(self) -> bool:
        """Whether the state on disk is up to date."""
        return self.kept == (self.update, self.is_evaluated)

    @property
    def end(self) -> str | None:
        """Why the run is over: "interrupted", "done" or "patience"; None while it goes on."""
        if self.interrupted:
            return "interrupted"
        if self.update >= self.updates:
            return "done"
        return "patience" if self.best.is_stale else None

    def open(self) -> Started:
        """Make the folder of the run and its first files."""
        self.folder.open(self.config, self.update)
        sizes = [(each.numel(), each.requires_grad) for each in self.stepper.model.parameters()]
        return Started(
            update=self.update,
            updates=self.updates,
            images=len(self.data),
            batch=self.config.schedule.batch,
            trained=sum(size for size, is_trained in sizes if is_trained),
            frozen=sum(size for size, is_trained in sizes if not is_trained),
            device=str(self.device),
            processes=self.processes.world,
            evaluations=self._evaluations(),
        )

    def batches(self) -> Iterator[Batch]:
        """The batches of this process from here on."""
        request = BatchRequest(
            seed=self.settings.seed,
            batch=self.batch,
            start=self.update * self.settings.accumulate,
            rank=self.processes.rank,
            world=self.processes.world,
            workers=self.settings.workers,
            sampler=self.settings.sampler,
            repeat_threshold=self.settings.repeat_threshold,
        )
        return self.data.batches(self.config, request)

    def advance(self, source: Iterator[Batch]) -> Progress:
        """Do an update."""
        started = time.perf_counter()
        batches = self.processes.together(
            lambda: [next(source) for _ in range(self.settings.accumulate)]
        )
        waiting = time.perf_counter() - started
        step = self.stepper.step(batches)
        progress = Progress(
            update=self.update,
            updates=self.updates,
            losses=step.losses,
            loss=sum(step.losses.values()),
            rate=step.rate,
            gradient=step.gradient,
            seconds=time.perf_counter() - started,
            waiting=waiting,
        )
        self.folder.log(progress)
        if self._growth is not None:
            self._growth.add(progress)
        return progress

    def grown(self) -> Iterator[Note]:
        """A note, once, when the losses have grown tenfold."""
        if self._growth is not None and (text := self._growth.found()):
            self._growth = None
            yield Note("loss-grows", text)

    def ask(self, should_stop: Callable[[], bool] | None) -> None:
        """Find out whether any process should stop."""
        asked = should_stop is not None and should_stop()
        if self.processes.world > 1:
            flag = torch.tensor(float(asked), device=self.device)
            asked = bool(self.processes.sums(flag) > 0)
        self.interrupted = asked

    def measured(self) -> Iterator[Event]:
        """Measure the model if it is due, and keep its weights if they are the best.

        This includes an evaluation that an earlier part of the run missed.
        """
        interval = self.settings.interval(self.updates)
        is_due = self.update % interval == 0 or self.update == self.updates
        if self.validation is None or self.is_evaluated or self.interrupted:
            return
        if not is_due or not self.update:
            return
        started = time.perf_counter()
        with self.stepper.predicting():
            metrics = dict(self.validation(self.stepper.model))
        metrics = self.processes.from_first(metrics)
        is_best = self.best.takes(metrics.get(self.best.metric), self.update)
        self.evaluated = self.update
        seconds = time.perf_counter() - started
        event = Evaluated(self.update, metrics, self.best.metric, is_best, seconds)
        self.folder.log(event)
        yield event
        if is_best:
            yield self._save_best()

    def put_aside(self) -> Iterator[Saved]:
        """Keep the weights after this update, if the settings say so."""
        every = self.settings.keep_every
        if every is None or not every.is_due(
            self.update, batch=self.config.schedule.batch, images=len(self.data)
        ):
            return
        yield self._save_weights(kept_file(self.folder.path, self.update))

    def saved(self) -> Iterator[Saved]:
        """Write the state if the run is over, was just measured, or was not written for long."""
        is_late = time.monotonic() - self.saved_at > SAVE_SECONDS
        if not self.is_kept and (is_late or self.is_evaluated or self.end is not None):
            yield from self.save()

    def save(self) -> Iterator[Saved]:
        """Write the state and, without evaluations, the weights."""
        if self.best.update is None:
            yield self._save_best()
        if self.folder.writes:
            save_state(self.folder.last, self._state())
        self.saved_at, self.kept = time.monotonic(), (self.update, self.is_evaluated)
        yield Saved(self.folder.last, self.update)

    def stopped(self) -> Stopped:
        """The last event."""
        return Stopped(self.end or "done", self.update, self.best.value, self.best.update)

    def rescue(self, end: BaseException) -> list[Saved]:
        """Save the progress when something ends the run; nothing before the first update.

        Args:
            end: what ends it. Weights with a non-finite loss are not saved.
        """
        if self.update == self.first:
            if not self.first:
                self.folder.forget()
            return []
        is_spoilt = isinstance(end, InputError) and end.code == NOT_FINITE
        # Only an interrupted step leaves weights that belong to no update.
        if is_spoilt or self.stepper.is_halfway or self.is_kept:
            return []
        try:
            return list(self.save())
        except Exception:
            if isinstance(end, Exception):
                return []  # the first error is the one to report
            raise

    def close(self, source: Iterator[Batch]) -> None:
        """Close the log and stop reading images."""
        self.folder.close()
        if hasattr(source, "close"):
            source.close()

    def _evaluations(self) -> tuple[int, ...]:
        """Updates after which the model will be measured."""
        if self.validation is None or self.end is not None:
            return ()
        interval = self.settings.interval(self.updates)
        due = {*range(interval, self.updates, interval), self.updates}
        return tuple(sorted(each for each in due if each > self.update))

    def _save_best(self) -> Saved:
        """Write the weights for prediction."""
        return self._save_weights(self.folder.best)

    def _save_weights(self, path: Path) -> Saved:
        """Write the weights, averaged if the run averages them, to a file in the folder."""
        if self.folder.writes:
            path.parent.mkdir(exist_ok=True)
            with self.stepper.averaged():
                model = cast("Model", self.stepper.model)
                model_file.save(path, model, self.config, self.data.categories)
        return Saved(path, self.update)

    def _earlier(self) -> TrainingState:
        """The state in the folder, if it is one of the same run."""
        path = self.folder.last
        state: TrainingState = self.processes.from_first(
            read_state(path) if self.processes.is_first else None
        )
        config = self.config.to_dict()
        self.notes += check_same_run(path, state, config, self.data.categories, self._lasting())
        if state.metric and self.validation is None:
            raise MismatchError(
                f"{path}: this run was evaluated by {state.metric}; without validation data "
                f"{BEST} would get the last weights. Name the validation data again.",
                code="resume",
                path=str(path),
                field="validation",
            )
        return state

    def _take_over(self, state: TrainingState) -> None:
        """Continue from a state."""
        try:
            self.stepper.take_over(state)
        except InputError:
            raise
        except (AttributeError, LookupError, RuntimeError, TypeError, ValueError) as error:
            raise unfit(self.folder.last, str(error).splitlines()[0]) from None
        self.evaluated = state.update if state.evaluated else None
        if state.metric == self.best.metric:
            self.best.value, self.best.update = state.best, state.best_update
            self.best.stale = state.stale
        if self.update >= self.updates:
            text = (
                f"{self.folder.last} already has {self.update:,} of {self.updates:,} updates: the "
                "run is complete. More `updates` would train on"
            )
            self.notes.append(Note("finished", text, option="updates"))
        elif self.best.is_stale:
            text = (
                f"{self.folder.last} stopped after {self.update:,} of {self.updates:,} updates, as "
                f"{self.best.metric} did not improve in {counted(self.best.stale, 'evaluation')}. "
                "A larger `patience` would train on"
            )
            self.notes.append(Note("finished", text, option="patience"))

    def _state(self) -> TrainingState:
        """Everything that the next update depends on."""
        return TrainingState(
            config=self.config.to_dict(),
            categories=self.data.categories,
            settings=self._lasting(),
            metric=self.best.metric,
            best=self.best.value,
            best_update=self.best.update,
            stale=self.best.stale,
            evaluated=self.is_evaluated,
            **self.stepper.state(),
        )

    def _lasting(self) -> dict[str, Any]:
        """Settings that hold for the whole run."""
        more = {"processes": self.processes.world, IMAGES: len(self.data)}
        return {**self.settings.lasting(), **more}


def _share(batch: int, accumulate: int, world: int) -> int:
    """Images that a process works on at a time.

    Raises:
        InputError: if the batch cannot be divided.
    """
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


def _notes(settings: RunSettings, validation: Validation | None) -> Iterator[Note]:
    """Notes on what the user might not expect."""
    if validation is None:
        yield Note("no-validation", f"no validation data: {BEST} has the last weights")
    if settings.mode == "min" and validation is not None:
        yield Note("mode", "the lowest value of the metric is the best")


def _left_out(settings: RunSettings, data: TrainingSet) -> Iterator[Note]:
    """Notes on what the sampler never draws."""
    if isinstance(data, SampledSet):
        yield from data.left_out(settings.sampler)
