"""Error kinds of predictions that are matched shard by shard, in processes or on many machines."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from segeval.analysis.errors.against import ErrorDifferences, refuse_confusion
from segeval.analysis.errors.of_parts import (
    error_differences_of_parts_with,
    error_kinds_of_part_with,
)
from segeval.analysis.errors.options import TIDE, ErrorOptions
from segeval.analysis.errors.result import ErrorKinds
from segeval.errors import InputError
from segeval.kernels.executors import Executors
from segeval.kernels.threads import OnProgress
from segeval.metrics.coco.arguments import Arguments
from segeval.metrics.coco.inputs import GroundTruthSource
from segeval.metrics.coco.parts.shards.mapping import Sources, match_parts


def evaluate_error_parts(
    preds: Sources,
    gt: GroundTruthSource,
    arguments: Arguments | None = None,
    options: ErrorOptions | None = None,
    *,
    executor: Executors | None = None,
    shards: int | None = None,
    workers: int | None = None,
    on_progress: OnProgress | None = None,
) -> ErrorKinds:
    """Error kinds of predictions that are matched shard by shard; `error_kinds` on many machines.

    Every number equals that of `error_kinds`, to the last bit. Objects have no ids in `columns`.

    Args:
        preds: as in `match_parts`, of `segeval.metrics.coco.parts`.
        gt: as in `match_parts`.
        arguments: what decides how predictions are matched; thresholds are 0.5 by default.
        options: what else is asked for; not the numbers of tidecv.
        executor: as in `match_parts`.
        shards: as in `match_parts`.
        workers: as in `match_parts`.
        on_progress: told how many of how many shards are done.

    Raises:
        InputError: for arguments that make no sense, or a shard whose worker died again and again.
        FormatError: for a file that cannot be used; the message names the record.
        MismatchError: for files that do not belong together.

    Example:
        >>> from segeval.data.synthetic import furniture
        >>> scene = furniture(images=8)
        >>> found = evaluate_error_parts(scene.better, scene.ground_truth, shards=2)
        >>> round(found.ap, 3)
        0.874
    """
    started = time.perf_counter()
    wanted = ErrorOptions() if options is None else options
    own = _arguments(arguments, wanted)
    how: dict[str, Any] = {"executor": executor, "shards": shards, "workers": workers}
    with _parts([preds], gt, own, on_progress, how) as (path,):
        found = error_kinds_of_part_with(
            path, wanted, thresholds=own.thresholds or (), workers=workers, labels=gt
        )
    return replace(found, seconds=time.perf_counter() - started)


def evaluate_error_differences_parts(
    a: Sources,
    b: Sources,
    gt: GroundTruthSource,
    arguments: Arguments | None = None,
    options: ErrorOptions | None = None,
    *,
    executor: Executors | None = None,
    shards: int | None = None,
    workers: int | None = None,
    on_progress: OnProgress | None = None,
) -> ErrorDifferences:
    """Where two models lose AP, whose predictions are matched shard by shard.

    Every number equals that of `error_differences`, to the last bit. Arguments and errors are those
    of `evaluate_error_parts`.

    Example:
        >>> from segeval.data.synthetic import furniture
        >>> scene = furniture(images=8)
        >>> gt = scene.ground_truth
        >>> found = evaluate_error_differences_parts(scene.better, scene.weaker, gt, shards=2)
        >>> found.sentences[0].split(",")[0]
        'B wins 0.9 points on duplicates'
    """
    started = time.perf_counter()
    wanted = ErrorOptions() if options is None else options
    refuse_confusion(wanted)
    own = _arguments(arguments, wanted)
    how: dict[str, Any] = {"executor": executor, "shards": shards, "workers": workers}
    with _parts([a, b], gt, own, on_progress, how) as (first, second):
        found = error_differences_of_parts_with(
            first, second, wanted, thresholds=own.thresholds or (), workers=workers, labels=gt
        )
    return replace(found, seconds=time.perf_counter() - started)


def _arguments(arguments: Arguments | None, options: ErrorOptions) -> Arguments:
    """The arguments of the evaluation.

    Raises:
        InputError: for the numbers of tidecv.
    """
    if options.compat is not None:
        raise InputError(
            f"`compat='{TIDE}'` needs all matches in one place: evaluate without `executor`.",
            code="compat",
            option="compat",
        )
    return options.arguments(Arguments() if arguments is None else arguments)


@contextmanager
def _parts(
    models: Sequence[Sources],
    gt: GroundTruthSource,
    arguments: Arguments,
    on_progress: OnProgress | None,
    how: dict[str, Any],
) -> Iterator[list[Path]]:
    """Part files of models, which are gone at the end."""
    with tempfile.TemporaryDirectory(prefix="segeval-") as folder:
        paths = [Path(folder, f"{name}.match") for name, _ in zip("ab", models, strict=False)]
        for preds, path in zip(models, paths, strict=True):
            match_parts(preds, gt, path, arguments, errors=True, on_progress=on_progress, **how)
        yield paths
