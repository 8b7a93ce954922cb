"""The loop: updates, evaluations and checkpoints, as a stream of events."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from pathlib import Path

import torch
from torch import nn

from segeval.models.config import Config
from segeval.models.training.distributed import ALONE, Processes
from segeval.models.training.events import Event
from segeval.models.training.protocols import Data, Validation
from segeval.models.training.run import Run
from segeval.models.training.settings import RunSettings


def train(
    model: nn.Module,
    config: Config,
    data: Data,
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

    The folder gets `last.pt` (everything that is needed to go on), `best.safetensors` (weights that
    `segeval.models.load` reads), `log.jsonl` (losses and metrics) and `config.toml`. On one CPU a
    run that went on has the losses of one that was not interrupted, to the last bit.

    Who stops iterating, or interrupts, leaves a complete `last.pt` behind, and so does an error
    that does not come from the weights. A run that fails in its first update leaves nothing.

    Args:
        model: with a method `losses`, of `new_model` or any other.
        config: of the model, with the schedule.
        data: to train on.
        output: folder of the run; it is made if there is none.
        settings: how the run goes otherwise.
        validation: measures the model during training; without it the last weights are the best.
        resume: go on from `last.pt` in the folder.
        processes: that share the work; each calls this with the same arguments.
        device: of the model.
        should_stop: is asked after every update; True ends the run there.

    Yields:
        What happens; `Stopped` last.

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
        run.open()
        yield from run.notes
        yield run.started()
        if validation is not None and run.owes_evaluation():
            yield from _measured(run, validation)
            yield from run.save()
        while run.update < run.updates and not run.is_out_of_patience():
            yield run.advance(source)
            stops = run.agrees_to_stop(should_stop)
            if not stops and validation is not None and run.is_due():
                yield from _measured(run, validation)
                stops = run.is_out_of_patience()
            if stops or run.is_time_to_save():
                yield from run.save()
            if stops:
                break
        yield run.stopped()
    except BaseException as end:
        saved = run.rescue(end)
        if not isinstance(end, GeneratorExit):
            yield from saved
        raise
    finally:
        run.close(source)


def _measured(run: Run, validation: Validation) -> Iterator[Event]:
    """Measure the model, and keep its weights if they are the best."""
    yield run.evaluate(validation)
    if run.is_best:
        yield run.save_best()
