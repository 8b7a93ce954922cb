"""`segeval train`: a model that learns from images and their annotations."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import typer

from segeval.errors import InputError, Note, SegevalError
from segeval_cli import failures
from segeval_cli.commands.train import options as own
from segeval_cli.commands.train.config import Changes, chosen_config, fitted_config
from segeval_cli.commands.train.data import (
    Files,
    check_beginning,
    check_files,
    check_measured,
    training_data,
    validation_data,
)
from segeval_cli.commands.train.stop import StopRequest
from segeval_cli.flags import document_in_flags
from segeval_cli.model_options import Amp, Device
from segeval_cli.needs import need_torch
from segeval_cli.options import Json, Quiet
from segeval_cli.output import emit, json_text
from segeval_cli.progress import working
from segeval_cli.tables import terminal_width

if TYPE_CHECKING:
    import torch

    from segeval.models.config import Config
    from segeval.models.networks.protocols import Model
    from segeval.models.training.data import TrainingData
    from segeval.models.training.distributed import Processes
    from segeval.models.training.events import Event
    from segeval.models.training.run_settings import RunSettings
    from segeval.models.training.validation import InstanceValidation, SemanticValidation
    from segeval_cli.commands.train.view import View

TELLING_SECONDS = 5.0
"""In which the first process tells what is wrong, before the others end."""


@dataclass(frozen=True)
class _Task:
    """What is to be done.

    Attributes:
        config: of the model, without what the data say.
        settings: of the run.
        learnt: files of the training set.
        measured: files of the validation.
        classes: of label maps.
        ignore: labels that are not trained on.
        device: of the model.
        output: folder of the run.
        init: weights to begin with.
        resume: whether to go on with the run in the folder.
        is_new: whether the configuration is of a preset or a file, not that of the run.
    """

    config: Config
    settings: RunSettings
    learnt: Files
    measured: Files
    classes: str | None
    ignore: Sequence[str] | None
    device: torch.device
    output: Path
    init: Path | None
    resume: bool
    is_new: bool


@dataclass(frozen=True)
class _Ready:
    """What training begins with.

    Attributes:
        config: of the model, with what the data say.
        model: with the weights to begin with.
        data: to train on.
        validation: measures the model; None if nothing is measured.
    """

    config: Config
    model: Model
    data: TrainingData
    validation: InstanceValidation | SemanticValidation | None


def train(
    *,
    config: own.ConfigName = None,
    initial: own.Init = None,
    settings: own.Settings = None,
    images: own.Images,
    annotations: own.Annotations = None,
    label_maps: own.LabelMaps = None,
    classes: own.Classes = None,
    ignore: own.Ignore = None,
    sampler: own.Sampler = "uniform",
    repeat_threshold: own.RepeatThreshold = 0.001,
    val_images: own.ValImages = None,
    val_annotations: own.ValAnnotations = None,
    val_label_maps: own.ValLabelMaps = None,
    eval_every: own.EvalEvery = None,
    metric: own.Metric = None,
    mode: own.Mode = "max",
    patience: own.Patience = None,
    updates: own.Updates = None,
    batch: own.BatchSize = None,
    learning_rate: own.LearningRate = None,
    accumulate: own.Accumulate = 1,
    ema: own.Average = None,
    seed: own.Seed = 0,
    output: own.RunFolder,
    amp: Amp = None,
    device: Device = "auto",
    workers: own.Readers = 2,
    resume: own.Resume = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Train a model on images with objects (COCO) or label maps.

    RUN gets best.safetensors, for segeval predict; last.pt, for --resume;
    log.jsonl and curves.png. Ctrl-C finishes the update, saves, and stops.
    Several GPUs: torchrun --nproc-per-node 8 -m segeval_cli train ...

    Example: segeval train --config pointrend-r50 --images train/ --annotations train.json -o run
    """
    need_torch()
    from segeval_cli.commands.train.view import View

    first = os.environ.get("RANK", "0") == "0"
    view = View(quiet=quiet or not first)
    with working("loading PyTorch", quiet=view.quiet):
        from segeval.models.devices import device_of
        from segeval.models.training.distributed import joined
        from segeval.models.training.run_folder import check_folder
        from segeval.models.training.run_settings import RunSettings
    with _told_once():
        check_beginning(initial, resume=resume)
        if first:
            check_folder(output, resume=resume)
        how = RunSettings(
            seed=seed, amp=amp, accumulate=accumulate, ema=ema, sampler=sampler,
            repeat_threshold=repeat_threshold, workers=workers, eval_every=eval_every,
            patience=patience, metric=metric, mode=mode,
        )  # fmt: skip
        changes = Changes(updates, batch, learning_rate, settings or ())
        task = _Task(
            config=chosen_config(config, output if resume else None, changes),
            settings=how,
            learnt=Files(images, annotations, label_maps),
            measured=Files(val_images, val_annotations, val_label_maps),
            classes=classes, ignore=ignore, device=device_of(device), output=output,
            init=initial, resume=resume, is_new=config is not None,
        )  # fmt: skip
        check_files(task.config, task.learnt, task.measured, classes, ignore)
        check_measured(task.measured, how)
    with joined(os.environ, task.device) as processes:
        _train(task, processes, view)
    if first:
        _say_what_came_of_it(task, view, json=json)
    if view.is_interrupted:  # the first of several processes says so
        raise typer.Exit(failures.INTERRUPTED if first else failures.DONE)


def _say_what_came_of_it(task: _Task, view: View, *, json: bool) -> None:
    """Print the summary, or the JSON object."""
    if json:
        emit(json_text(document_in_flags(view.to_dict(task.config.name))))
    elif view.progress is not None:
        emit(view.summary(task.config.name, task.output, terminal_width()))


def _train(task: _Task, processes: Processes, view: View) -> None:
    """Read the data, make the model, and train it."""
    from segeval.models.training.validation import ValidationSettings

    stop = StopRequest(view.say)

    def on_progress(done: int, total: int) -> None:
        view.measuring(done, total)
        if stop.is_there and processes.world == 1:  # several would wait for this one
            raise KeyboardInterrupt

    with _told_once():
        with working("reading annotations", quiet=view.quiet):
            data = training_data(task.learnt, task.classes, task.ignore)
            config = fitted_config(task.config, data)
            how = ValidationSettings(
                str(task.device), task.settings.workers, processes, on_progress
            )
            validation = validation_data(task.measured, task.learnt, config, data, how)
        with working("making the model", quiet=view.quiet):
            model, config, notes = _model(task, config, data, processes)
    measured = () if validation is None else validation.notes
    of_measured = [replace(each, message=f"validation: {each.message}") for each in measured]
    for note in (*data.notes, *of_measured, *notes):
        view.show(note)
    _run(task, _Ready(config, model, data, validation), processes, view, stop)


def _model(
    task: _Task, config: Config, data: TrainingData, processes: Processes
) -> tuple[Model, Config, tuple[Note, ...]]:
    """A model with the weights to begin with, its configuration, and what is remarkable."""
    from segeval.models.training.initial import config_for, new_model, read_initial

    initial = read_initial(task.init) if task.init is not None and task.is_new else None
    notes: tuple[Note, ...] = ()
    if task.is_new:
        share = config.schedule.batch // (task.settings.accumulate * processes.world)
        config, notes = config_for(config, initial, share=max(1, share))
    if task.resume:  # all weights will be those of the run
        initial, notes = None, ()
    seed = task.settings.seed
    model, more = new_model(config, initial, seed=seed, categories=data.categories)
    return model, config, (*notes, *more)


def _run(task: _Task, ready: _Ready, processes: Processes, view: View, stop: StopRequest) -> None:
    """Train, show what happens, and draw it."""
    from segeval.models.training.steps import NO_MEMORY
    from segeval.models.training.trainer import train as training

    events = training(
        ready.model,
        ready.config,
        ready.data,
        output=task.output,
        settings=task.settings,
        validation=ready.validation,
        resume=task.resume,
        processes=processes,
        device=task.device,
        should_stop=lambda: stop.is_there,
    )

    def show(event: Event) -> None:
        view.show(event)
        if processes.is_first and view.is_drawing_due(event):
            view.draw(task.output)

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
            view.draw(task.output)


def _show_all(events: Generator[Event, None, None], show: Callable[[Event], None]) -> None:
    """Show what happens; an interrupt reaches the training too, which then tells what it saved."""
    try:
        for event in events:
            show(event)
    except KeyboardInterrupt as interrupt:
        # if it came from the training, that is over, and this raises it again
        for event in chain([events.throw(interrupt)], events):
            show(event)


@contextmanager
def _told_once() -> Iterator[None]:
    """A context whose errors all processes have alike: the first of each machine tells them."""
    try:
        yield
    except SegevalError:
        if os.environ.get("LOCAL_RANK", "0") == "0":
            raise
        _leave_silently()


def _leave_silently() -> NoReturn:
    """End without a word, after the process that tells what is wrong: torchrun ends that too."""
    time.sleep(TELLING_SECONDS)
    raise typer.Exit(failures.UNUSABLE_INPUT) from None
