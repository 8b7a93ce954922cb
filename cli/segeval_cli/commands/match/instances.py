"""Instances that `segeval match` matches: here, file by file, or on a cluster."""

from __future__ import annotations

import time
from contextlib import nullcontext
from typing import TYPE_CHECKING

from segeval_cli.scheduler import on_cluster

if TYPE_CHECKING:
    from segeval.kernels.threads import OnProgress
    from segeval.metrics.coco.arguments import Arguments
    from segeval.metrics.parts.result import PartScores
    from segeval.metrics.result import Result
    from segeval_cli.commands.match.request import PartRequest


def matched(
    asked: PartRequest, arguments: Arguments, advance: OnProgress, *, started: float
) -> Result[PartScores]:
    """Match instances and write a part file: here, file by file, or on a cluster.

    Args:
        asked: the request.
        arguments: what decides how predictions are matched.
        advance: told how many of how many shards are done.
        started: `time.perf_counter()` at the beginning.
    """
    from segeval.data.coco.json_folders import prediction_files
    from segeval.metrics.coco.parts.part import match_part
    from segeval.metrics.coco.parts.result import matched_part_result, part_result
    from segeval.metrics.coco.parts.shards.mapping import match_parts

    preds = asked.preds[0] if len(asked.preds) == 1 else asked.preds
    is_one = len(prediction_files(asked.preds)) == 1
    if asked.scheduler is None and (asked.shard is not None or is_one):
        found = match_part(
            preds, asked.gt, asked.path, arguments, shard=asked.shard, errors=asked.errors,
            workers=asked.workers,
        )  # fmt: skip
        seconds = time.perf_counter() - started
        return matched_part_result(
            found, asked.path, compat=arguments.compat, seconds=seconds, shard=asked.shard_text
        )
    cluster = nullcontext() if asked.scheduler is None else on_cluster(asked.scheduler)
    with cluster as executor:
        notes = match_parts(
            preds, asked.gt, asked.path, arguments, executor=executor, shards=asked.shards,
            errors=asked.errors, workers=asked.workers, on_progress=advance,
        )  # fmt: skip
    return part_result(asked.path, notes=notes, seconds=time.perf_counter() - started)
