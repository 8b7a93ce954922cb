"""`segeval train`: a model that learns from images and their annotations."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import typer

from segeval_cli import failures
from segeval_cli.commands.train import options as own
from segeval_cli.needs import need_torch
from segeval_cli.options import Amp, Device, Json, Overwrite, Quiet
from segeval_cli.output import check_not_lost, emit_json
from segeval_cli.progress import working
from segeval_cli.streams import emit
from segeval_cli.tables import terminal_width

if TYPE_CHECKING:
    from segeval_cli.commands.train.request import TrainRequest
    from segeval_cli.commands.train.view import TrainView


def train(
    *,
    config: own.ConfigName = None,
    initial: own.Init = None,
    settings: own.Settings = None,
    images: own.Images,
    annotations: own.Annotations = None,
    boxes: own.Boxes = None,
    label_maps: own.LabelMaps = None,
    classes: own.Classes = None,
    ignore: own.Ignore = None,
    sampler: own.Sampler = "uniform",
    repeat_threshold: own.RepeatThreshold = 0.001,
    val_images: own.ValImages = None,
    val_annotations: own.ValAnnotations = None,
    val_boxes: own.ValBoxes = None,
    val_label_maps: own.ValLabelMaps = None,
    val_limit: own.ValLimit = None,
    eval_every: own.EvalEvery = None,
    metric: own.Metric = None,
    mode: own.Mode = "max",
    patience: own.Patience = None,
    updates: own.Updates = None,
    batch: own.BatchSize = None,
    learning_rate: own.LearningRate = None,
    accumulate: own.Accumulate = 1,
    ema: own.Average = None,
    keep_every: own.KeepEvery = None,
    seed: own.Seed = 0,
    output: own.RunFolder,
    overwrite: Overwrite = False,
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
    from segeval_cli.commands.train import request
    from segeval_cli.commands.train.config import Changes, chosen_config
    from segeval_cli.commands.train.run import told_once, trained
    from segeval_cli.commands.train.view import TrainView

    first = os.environ.get("RANK", "0") == "0"
    view = TrainView(quiet=quiet or not first)
    with working("loading PyTorch", quiet=view.quiet):
        from segeval.models.devices import device_of
        from segeval.models.training.distributed import connected
        from segeval.models.training.kept_weights import parsed_interval
        from segeval.models.training.run_folder import BEST, LAST, TRACES, check_folder
        from segeval.models.training.run_settings import RunSettings
    with told_once():
        request.check_beginning(initial, resume=resume, overwrite=overwrite)
        if first:
            check_folder(output, resume=resume, overwrite=overwrite)
        if not resume:
            for name in (LAST, BEST, *TRACES):
                check_not_lost(output / name, overwrite=True)
        how = RunSettings(
            seed=seed, amp=amp, accumulate=accumulate, ema=ema, sampler=sampler,
            repeat_threshold=repeat_threshold, workers=workers, eval_every=eval_every,
            patience=patience, metric=metric, mode=mode,
            keep_every=None if keep_every is None else parsed_interval(keep_every),
        )  # fmt: skip
        changes = Changes(updates, batch, learning_rate, settings or ())
        asked = request.TrainRequest(
            config=chosen_config(config, output if resume else None, changes),
            settings=how,
            learnt=request.Files(images, annotations, label_maps, boxes),
            measured=request.Files(val_images, val_annotations, val_label_maps, val_boxes),
            classes=classes, ignore=ignore, device=device_of(device), output=output,
            init=initial, resume=resume, overwrite=overwrite,
            is_new=config is not None, most_measured=val_limit,
        )  # fmt: skip
        request.check_files(asked.config, asked.learnt, asked.measured, classes, ignore)
        request.check_measured(asked)
        request.check_boxes(asked)
    with connected(os.environ, asked.device) as processes:
        trained(asked, processes, view)
    if first:
        _say_outcome(asked, view, json=json)
    if view.is_interrupted:  # the first process says so
        raise typer.Exit(failures.INTERRUPTED if first else failures.DONE)


def _say_outcome(asked: TrainRequest, view: TrainView, *, json: bool) -> None:
    """Print the summary or the JSON object."""
    if json:
        emit_json(view.to_dict(asked.config.name), is_kept=True)
    elif view.progress is not None:
        emit(view.summary(asked.config.name, asked.output, terminal_width()), is_kept=True)
