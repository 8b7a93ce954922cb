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
    overwrite: bool = False,
    processes: Processes = ALONE,
    device: torch.device | str = "cpu",
    should_stop: Callable[[], bool] | None = None,
) -> Generator[Event, None, None]:
    """Train a model, while the caller iterates over its events.

    The folder gets `last.pt` (everything needed to resume), `best.safetensors` (weights that
    `segeval.models.load` reads), `log.jsonl` (losses and metrics) and `config.toml`; and, with
    `keep_every`, the folder `kept` with weights of every so many updates. On one CPU a resumed run
    has the losses of an uninterrupted one, to the last bit.

    A stopped iteration, an interrupt or an error leaves a complete `last.pt` behind, unless the
    error comes from the weights. A run that fails in its first update leaves nothing.

    Args:
        model: anything with a method `losses`, such as from `new_model`.
        config: of the model, with the schedule.
        data: to train on.
        output: folder of the run; created if missing.
        settings: of the run.
        validation: measures the model during training; without it the last weights are the best.
        resume: whether to continue from `last.pt` in the folder.
        overwrite: whether a new run replaces the files of an older one in the folder.
        processes: that share the work; each calls this with the same arguments.
        device: of the model.
        should_stop: called after every update; True ends the run.

    Yields:
        Events; `Stopped` comes last.

    Raises:
        InputError: before the first update for an unusable folder, metric or batch; later if a loss
            is not finite or the device runs out of memory.
        MismatchError: if the folder holds another run.
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
        overwrite=overwrite,
    )
    source = run.batches()
    try:
        started = run.open()
        yield from run.notes
        yield started
        yield from run.measured()  # an evaluation that an earlier part of the run missed
        yield from run.saved()
        while run.end is None:
            yield run.advance(source)
            yield from run.grown()
            yield from run.put_aside()
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
