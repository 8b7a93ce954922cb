"""What `segeval match` matches for: which options each task takes, and what it runs."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import fields
from typing import TYPE_CHECKING, Any

import typer

from segeval.errors import InputError
from segeval_cli.commands.match.request import PartRequest
from segeval_cli.label_map_options import LabelMapOptions
from segeval_cli.measured import CocoOptions
from segeval_cli.part_options import given_options
from segeval_cli.scheduler import on_cluster
from segeval_cli.values import parse_choices

if TYPE_CHECKING:
    from segeval.kernels.threads import OnProgress
    from segeval.metrics.parts.result import PartScores
    from segeval.metrics.result import Result

PANOPTIC = frozenset({"iou", "compat", "boundary_ratio", "boundary_px", "preds_dir", "gt_dir"})
"""Parameters of `match` that panoptic files take."""

OF_TASK: Mapping[str, Collection[str]] = {
    "ap": frozenset(("errors", *(each.name for each in fields(CocoOptions)))),
    "miou": frozenset(each.name for each in fields(LabelMapOptions)),
    "pq": PANOPTIC,
}
"""Parameters of `match` by the task that takes them; all others go with every task."""

OF_ANY = frozenset().union(*OF_TASK.values())

KINDS = ("segm", "boundary")
"""Kinds of IoU of panoptic files."""


def check_options(context: typer.Context, task: str) -> None:
    """Refuse options of other tasks.

    Raises:
        InputError: for one on the command line.
    """
    given = given_options(context)
    for name, flag in given.items():
        if name not in OF_ANY or name in OF_TASK[task]:
            continue
        others = " and ".join(f"--task {other}" for other, own in OF_TASK.items() if name in own)
        but = f"and this is --task {task}" if "task" in given else "which is not given"
        raise InputError(f"{flag} is an option of {others}, {but}.", code="option")


def match_ap(
    asked: PartRequest, options: CocoOptions
) -> Callable[[OnProgress], Result[PartScores]]:
    """Match instances; the options are read at once."""
    arguments = options.coco_arguments()
    started = time.perf_counter()

    def run(advance: OnProgress) -> Result[PartScores]:
        from segeval_cli.commands.match.instances import matched

        return matched(asked, arguments, advance, started=started)

    return run


def match_miou(
    asked: PartRequest, options: LabelMapOptions
) -> Callable[[OnProgress], Result[PartScores]]:
    """Count label maps; the options are read at once."""
    arguments = options.arguments()
    started = time.perf_counter()

    def run(advance: OnProgress) -> Result[PartScores]:
        from segeval.metrics.semantic.parts import (
            match_label_map_parts,
            match_label_maps,
        )
        from segeval.metrics.semantic.parts.result import part_result

        how: dict[str, Any] = {"workers": asked.workers, "on_progress": advance}
        if asked.scheduler is None:
            match_label_maps(asked.only, asked.gt, asked.path, arguments, shard=asked.shard, **how)
        else:
            with on_cluster(asked.scheduler) as executor:
                match_label_map_parts(
                    asked.only, asked.gt, asked.path, arguments, executor=executor,
                    shards=asked.shards, **how,
                )  # fmt: skip
        seconds = time.perf_counter() - started
        return part_result(asked.path, seconds=seconds, shard=asked.shard_text)

    return run


def match_pq(
    asked: PartRequest, iou: Sequence[str] | None, **options: Any
) -> Callable[[OnProgress], Result[PartScores]]:
    """Match panoptic images.

    Args:
        asked: the request.
        iou: values of the option.
        options: `compat`, `boundary_ratio`, `boundary_px`, `preds_dir` and `gt_dir`.
    """
    kinds = parse_choices(iou or ["segm"], "--iou", KINDS, "kind of IoU")
    started = time.perf_counter()

    def run(advance: OnProgress) -> Result[PartScores]:
        from segeval.metrics.panoptic.parts import (
            match_panoptic,
            match_panoptic_parts,
        )
        from segeval.metrics.panoptic.parts.result import part_result

        how = {**options, "iou": kinds, "workers": asked.workers, "on_progress": advance}
        if asked.scheduler is None:
            match_panoptic(asked.only, asked.gt, asked.path, shard=asked.shard, **how)
        else:
            with on_cluster(asked.scheduler) as executor:
                match_panoptic_parts(
                    asked.only, asked.gt, asked.path, executor=executor, shards=asked.shards, **how
                )
        seconds = time.perf_counter() - started
        return part_result(asked.path, seconds=seconds, shard=asked.shard_text)

    return run
