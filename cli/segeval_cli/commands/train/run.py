"""A run of `segeval train`: data, model, training, and its end in each process."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING, NoReturn

import typer

from segeval.errors import InputError, Note, SegevalError
from segeval.frozen import frozen
from segeval_cli import failures
from segeval_cli.commands.train.config import fitted_config
from segeval_cli.commands.train.data import training_data, validation_data
from segeval_cli.commands.train.request import TrainRequest
from segeval_cli.commands.train.stop import StopRequest
from segeval_cli.progress import working

if TYPE_CHECKING:
    from segeval.models.config import Config
    from segeval.models.networks.protocols import Model
    from segeval.models.training.data import TrainingData
    from segeval.models.training.distributed import Processes
    from segeval.models.training.events import Event
    from segeval.models.training.validation import InstanceValidation, SemanticValidation
    from segeval_cli.commands.train.view import TrainView

TELLING_SECONDS = 5.0
"""Seconds that the first process has to report an error before the others end."""


@frozen
class _Ready:
    """Everything that training begins with.

    Attributes:
        config: of the model, fitted to the data.
        model: with its initial weights.
        data: to train on.
        validation: measures the model; None without validation data.
    """

    config: Config
    model: Model
    data: TrainingData
    validation: InstanceValidation | SemanticValidation | None


def trained(asked: TrainRequest, processes: Processes, view: TrainView) -> None:
    """Read the data, make the model, and train it."""
    from segeval.models.training.validation import ValidationSettings

    stop = StopRequest(view.say)

    def on_progress(done: int, total: int) -> None:
        view.measuring(done, total)
        if stop.is_there and processes.world == 1:  # several would wait for this one
            raise KeyboardInterrupt

    with told_once():
        with working("reading annotations", quiet=view.quiet):
            data = training_data(asked.learnt, asked.classes, asked.ignore, asked.config)
            config = fitted_config(asked.config, data)
            how = ValidationSettings(
                str(asked.device),
                asked.settings.workers,
                processes,
                on_progress,
                asked.most_measured,
            )
            validation = validation_data(asked.measured, asked.learnt, config, data, how)
        with working("making the model", quiet=view.quiet):
            model, config, notes = _model(asked, config, data)
    measured = () if validation is None else validation.notes
    of_measured = [replace(each, message=f"validation: {each.message}") for each in measured]
    for note in (*data.notes, *of_measured, *notes):
        view.show(note)
    _run(asked, _Ready(config, model, data, validation), processes, view, stop)


def _model(
    asked: TrainRequest, config: Config, data: TrainingData
) -> tuple[Model, Config, tuple[Note, ...]]:
    """The model with its initial weights, its configuration, and notes on both."""
    from segeval.models.training.initial import config_for, new_model, read_initial

    initial = read_initial(asked.init) if asked.init is not None and asked.is_new else None
    notes: tuple[Note, ...] = ()
    if asked.is_new:
        share = config.schedule.batch // asked.settings.accumulate
        config, notes = config_for(config, initial, share=max(1, share))
    if asked.resume:  # all weights will be those of the run
        initial, notes = None, ()
    seed = asked.settings.seed
    model, more = new_model(config, initial, seed=seed, categories=data.categories)
    return model, config, (*notes, *more)


def _run(
    asked: TrainRequest, ready: _Ready, processes: Processes, view: TrainView, stop: StopRequest
) -> None:
    """Train, show the events, and draw the curves."""
    from segeval.models.training.steps import NO_MEMORY
    from segeval.models.training.trainer import train as training

    events = training(
        ready.model,
        ready.config,
        ready.data,
        output=asked.output,
        settings=asked.settings,
        validation=ready.validation,
        resume=asked.resume,
        overwrite=asked.overwrite,
        processes=processes,
        device=asked.device,
        should_stop=lambda: stop.is_there,
    )

    def show(event: Event) -> None:
        view.show(event)
        if processes.is_first and view.is_drawing_due(event):
            view.draw(asked.output)

    try:
        with stop.listening(), view.moving(), closing(events):
            _show_all(events, show)
    except KeyboardInterrupt:
        view.is_interrupted = True
    except InputError as problem:
        if problem.code != NO_MEMORY and not processes.is_first:  # all processes have it
            _leave_silently()
        if view.saved is not None:
            view.say(f"note: the run has ended; {view.rest()}")
        raise
    finally:
        if processes.is_first:
            view.draw(asked.output)


def _show_all(events: Generator[Event, None, None], show: Callable[[Event], None]) -> None:
    """Show the events; an interrupt is passed to the training, which then reports what it saved."""
    try:
        for event in events:
            show(event)
    except KeyboardInterrupt as interrupt:
        # raises again if the interrupt came from the training, which is then over
        for event in chain([events.throw(interrupt)], events):
            show(event)


@contextmanager
def told_once() -> Iterator[None]:
    """A context for errors that all processes share: the first one on each machine reports them."""
    try:
        yield
    except SegevalError:
        if os.environ.get("LOCAL_RANK", "0") == "0":
            raise
        _leave_silently()


def _leave_silently() -> NoReturn:
    """End silently and late: torchrun would end the process that reports the error as well."""
    time.sleep(TELLING_SECONDS)
    raise typer.Exit(failures.UNUSABLE_INPUT) from None
