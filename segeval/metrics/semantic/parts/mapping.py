"""An evaluation of label maps as a map over slices, in one process or on many machines."""

from __future__ import annotations

import tempfile
import time
from dataclasses import replace
from functools import partial
from pathlib import Path

from segeval.checks.label_agreement import label_names
from segeval.data.label_maps.classes import label_classes
from segeval.data.label_maps.pairs import label_pairs
from segeval.errors import Note
from segeval.frozen import frozen
from segeval.kernels.executors import Executors
from segeval.kernels.threads import OnProgress, thread_count
from segeval.metrics.parts.shards import Slice, slice_of, write_in_shards
from segeval.metrics.semantic.arguments import Arguments
from segeval.metrics.semantic.parts.part import (
    Maps,
    match_label_maps,
    mean_iou_of_part,
    merge_label_map_parts,
)
from segeval.metrics.semantic.result import MeanIoUResult


def match_label_map_parts(
    preds: Maps,
    gt: Maps,
    path: str | Path,
    arguments: Arguments,
    *,
    executor: Executors,
    shards: int | None = None,
    workers: int | None = None,
    on_progress: OnProgress | None = None,
) -> list[Note]:
    """Count label maps slice by slice, and write one part file.

    The result does not depend on the number of slices, nor on the order in which they are done.
    Workers need not see the folder of the part file.

    Args:
        preds: predicted label maps, as `mean_iou` takes them; workers open them by their names.
        gt: true label maps, in the same form.
        path: of the part file, which appears whole or not at all.
        arguments: what is counted.
        executor: any `concurrent.futures.Executor`, or a function that makes one, which is called
            again when its workers died.
        shards: number of slices of the label maps by name; None for 4 per core of this machine.
        workers: threads of one slice; None for 1.
        on_progress: told how many of how many slices are done.

    Returns:
        What the user should know of the merging.

    Raises:
        InputError: for arguments that make no sense, or a slice whose worker died again and again.
        FormatError: for a file that is not a label map, or a label that is not a class.
        MismatchError: for files without a partner, or of different sizes.

    Example:
        >>> import tempfile
        >>> from concurrent.futures import ThreadPoolExecutor
        >>> import numpy as np
        >>> from segeval.metrics.semantic.arguments import Arguments
        >>> from segeval.metrics.semantic.parts import mean_iou_of_part
        >>> maps, rules = [np.array([[0, 0, 1, 1]])] * 4, Arguments(classes=2)
        >>> with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(2) as pool:
        ...     path = f"{folder}/all.match"
        ...     _ = match_label_map_parts(maps, maps, path, rules, executor=pool, shards=2)
        ...     mean_iou_of_part(path).miou
        1.0
    """
    thread_count(workers, 1)
    arguments.rules()
    own = replace(arguments, classes=label_classes(arguments.classes))
    run = _Run(preds, gt, own, workers or 1)
    return write_in_shards(
        partial(_write, run), merge_label_map_parts, Path(path), name=label_names(preds, gt)[0],
        executor=executor, shards=shards, on_progress=on_progress,
    )  # fmt: skip


def evaluate_label_map_parts(
    preds: Maps,
    gt: Maps,
    arguments: Arguments,
    *,
    executor: Executors,
    shards: int | None = None,
    workers: int | None = None,
    on_progress: OnProgress | None = None,
) -> MeanIoUResult:
    """Mean IoU of label maps that are counted slice by slice; `mean_iou` on many machines.

    Every number equals that of `mean_iou`, to the last bit. Arguments and errors are those of
    `match_label_map_parts`; at least 95 % of the pixels predicted as labels that are not evaluated
    are a MismatchError too.

    Example:
        >>> from concurrent.futures import ThreadPoolExecutor
        >>> import numpy as np
        >>> from segeval.metrics.semantic.arguments import Arguments
        >>> maps, rules = [np.array([[0, 0, 1, 1]])] * 4, Arguments(classes=2)
        >>> with ThreadPoolExecutor(2) as pool:
        ...     evaluate_label_map_parts(maps, maps, rules, executor=pool, shards=2).miou
        1.0
    """
    started = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="segeval-") as folder:
        path = Path(folder, "all.match")
        match_label_map_parts(
            preds, gt, path, arguments, executor=executor, shards=shards, workers=workers,
            on_progress=on_progress,
        )  # fmt: skip
        found = mean_iou_of_part(path)
    return replace(found, seconds=time.perf_counter() - started)


@frozen(eq=False)
class _Run:
    """What all slices have in common."""

    preds: Maps
    gt: Maps
    arguments: Arguments
    workers: int


def _write(run: _Run, asked: Slice, path: Path) -> bool:
    """Write the part file of a slice; listing the folders anew costs little."""
    classes = run.arguments.rules().plan.classes
    own = slice_of(asked, len(label_pairs(run.preds, run.gt, classes)))
    if own is None:
        return False
    match_label_maps(run.preds, run.gt, path, run.arguments, shard=own, workers=run.workers)
    return True
