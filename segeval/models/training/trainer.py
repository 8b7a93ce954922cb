"""The loop: updates, evaluations and checkpoints, as a stream of events."""

from __future__ import annotations

from collections.abc import Callable, Generator
from pathlib import Path

import torch
from torch import nn

from segeval.models.config import Config
from segeval.models.training.best import Validation
from segeval.models.training.data import TrainingSet
from segeval.models.training.distributed import ALONE, Processes
from segeval.models.training.events import Event
from segeval.models.training.run import Run
from segeval.models.training.run_settings import RunSettings


def train(
    model: nn.Module,
    config: Config,
    data: TrainingSet,
    *,
    output: str | Path,
    settings: RunSettings | None = None,
    validation: Validation | None = None,
    resume: bool = False,
    processes: Processes = ALONE,
    device: torch.device | str = "cpu",
    should_stop: Callable[[], bool] | None = None,
) -> Generator[Event, None, None]:
    """Train a model; nothing happens until the events are asked for.

    The folder gets `last.pt` (everything needed to resume), `best.safetensors` (weights that
    `segeval.models.load` reads), `log.jsonl` (losses and metrics) and `config.toml`. On one CPU a
    resumed run has the losses of an uninterrupted one, to the last bit.

    Whoever stops iterating, or interrupts, leaves a complete `last.pt` behind, and so does an error
    that does not come from the weights. A run that fails in its first update leaves nothing.

    Args:
        model: anything with a method `losses`, such as `new_model` makes.
        config: of the model, with the schedule.
        data: to train on.
        output: folder of the run; it is made if it does not exist.
        settings: how the run goes otherwise.
        validation: measures the model during training; without it the last weights are the best.
        resume: whether to continue from `last.pt` in the folder.
        processes: that share the work; each calls this with the same arguments.
        device: of the model.
        should_stop: asked after every update; True ends the run there.

    Yields:
        What happens; `Stopped` comes last.

    Raises:
        InputError: for a folder, a metric or a batch that cannot be used, before the first update;
            or if a loss is not finite, or the memory of the device is full.
        MismatchError: if the run in the folder is another one.
    """
    run = Run(
        model,
        config,
        data,
        output=Path(output),
        settings=settings or RunSettings(),
        validation=validation,
        processes=processes,
        device=device,
        resume=resume,
    )
    source = run.batches()
    try:
        started = run.open()
        yield from run.notes
        yield started
        yield from run.measured()  # if an earlier part of the run ended just before
        yield from run.saved()
        while run.end is None:
            yield run.advance(source)
            run.ask(should_stop)
            yield from run.measured()
            yield from run.saved()
        yield run.stopped()
    except BaseException as end:
        saved = run.rescue(end)
        if not isinstance(end, GeneratorExit):
            yield from saved
        raise
    finally:
        run.close(source)
