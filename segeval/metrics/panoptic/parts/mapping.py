"""An evaluation of panoptic files as a map over slices, in one process or on many machines."""

from __future__ import annotations

import tempfile
import time
import uuid
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from segeval.data.panoptic.columns import PanopticSegments
from segeval.errors import Note
from segeval.frozen import frozen
from segeval.kernels.executors import Executors
from segeval.kernels.kept import Kept
from segeval.kernels.threads import OnProgress, thread_count
from segeval.metrics.panoptic.loading import loaded_pair
from segeval.metrics.panoptic.parts.part import (
    match_panoptic,
    merge_panoptic_parts,
    panoptic_quality_of_part,
)
from segeval.metrics.panoptic.quality import rules_of_run
from segeval.metrics.panoptic.result import PanopticResult
from segeval.metrics.parts.shards import Slice, slice_of, write_in_shards

Source = str | Path | PanopticSegments
"""A panoptic file, or its segments in memory."""

KEPT = Kept()
"""Both files of a run."""


def match_panoptic_parts(
    preds: Source,
    gt: Source,
    path: str | Path,
    *,
    executor: Executors,
    shards: int | None = None,
    workers: int | None = None,
    on_progress: OnProgress | None = None,
    **options: Any,
) -> list[Note]:
    """Match panoptic images slice by slice, and write one part file.

    The result does not depend on the number of slices, nor on the order in which they are done.
    Each process reads both JSON files once. Workers need not see the folder of the part file.

    Args:
        preds: predictions, as `panoptic_quality` takes them; workers open them by their names.
        gt: ground truth.
        path: of the part file, which appears whole or not at all.
        executor: any `concurrent.futures.Executor`, or a function that makes one, which is called
            again when its workers died.
        shards: number of slices of the images by id; None for 4 per core of this machine.
        workers: threads of one slice; None for 1.
        on_progress: told how many of how many slices are done.
        options: `preds_dir`, `gt_dir`, `iou`, `boundary_ratio`, `boundary_px` and `compat`, as
            `match_panoptic` takes them.

    Returns:
        What the user should know of the merging.

    Raises:
        InputError: if a file is missing, or a slice whose worker died again and again.
        FormatError: if a file is not panoptic, or a picture is not in three colours of 8 bits.
        MismatchError: if the files do not belong together, or a picture contradicts its file.

    Example:
        >>> from concurrent.futures import ThreadPoolExecutor
        >>> from segeval.metrics.panoptic.parts import panoptic_quality_of_part
        >>> import tempfile
        >>> from segeval.data.synthetic import write_panoptic
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     gt = write_panoptic(folder)
        ...     path = f"{folder}/all.match"
        ...     with ThreadPoolExecutor(2) as pool:
        ...         _ = match_panoptic_parts(gt, gt, path, executor=pool, shards=2)
        ...     panoptic_quality_of_part(path).pq
        1.0
    """
    thread_count(workers, 1)
    folders = {side: options.pop(side, None) for side in ("preds_dir", "gt_dir")}
    rules_of_run(
        options.get("iou", "segm"), options.get("boundary_ratio"), options.get("boundary_px"),
        options.get("compat"),
    )  # fmt: skip
    run = _Run(uuid.uuid4().hex, preds, gt, folders, options, workers or 1)
    name = preds.source if isinstance(preds, PanopticSegments) else str(preds)
    try:
        return write_in_shards(
            partial(_write, run), merge_panoptic_parts, Path(path), name=name, executor=executor,
            shards=shards, on_progress=on_progress,
        )  # fmt: skip
    finally:
        KEPT.forget(run.token)


def evaluate_panoptic_parts(
    preds: Source,
    gt: Source,
    *,
    executor: Executors,
    shards: int | None = None,
    workers: int | None = None,
    on_progress: OnProgress | None = None,
    **options: Any,
) -> PanopticResult:
    """Panoptic quality of images that are matched slice by slice, on many machines.

    Every number equals that of `panoptic_quality`, to the last bit. Arguments and errors are those
    of `match_panoptic_parts`.

    Example:
        >>> from concurrent.futures import ThreadPoolExecutor
        >>> import tempfile
        >>> from segeval.data.synthetic import write_panoptic
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     gt = write_panoptic(folder)
        ...     with ThreadPoolExecutor(2) as pool:
        ...         evaluate_panoptic_parts(gt, gt, executor=pool, shards=2).pq
        1.0
    """
    started = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="segeval-") as folder:
        path = Path(folder, "all.match")
        match_panoptic_parts(
            preds, gt, path, executor=executor, shards=shards, workers=workers,
            on_progress=on_progress, **options,
        )  # fmt: skip
        found = panoptic_quality_of_part(path)
    return replace(found, seconds=time.perf_counter() - started)


@frozen(eq=False)
class _Run:
    """What all slices have in common; `token` names the run, for what a worker keeps of it."""

    token: str
    preds: Source
    gt: Source
    folders: Mapping[str, str | Path | None]
    options: Mapping[str, Any]
    workers: int


def _write(run: _Run, asked: Slice, path: Path) -> bool:
    """Write the part file of a slice."""
    preds, gt = KEPT.value(
        run.token,
        lambda: loaded_pair(run.preds, run.gt, run.folders["preds_dir"], run.folders["gt_dir"]),
    )
    own = slice_of(asked, len(gt))
    if own is None:
        return False
    match_panoptic(preds, gt, path, shard=own, workers=run.workers, **run.options)
    return True
