"""Instances that `segeval match` matches: here, file by file, or on a cluster."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from typing import TYPE_CHECKING

from segeval_cli.scheduler import on_cluster

if TYPE_CHECKING:
    from segeval.errors import Note
    from segeval.kernels.threads import OnProgress
    from segeval.metrics.coco.arguments import Arguments
    from segeval.metrics.coco.curve_source import CurveSource
    from segeval_cli.commands.match.request import PartRequest


def matched(
    asked: PartRequest, arguments: Arguments, advance: OnProgress
) -> tuple[Sequence[CurveSource], int, int, Sequence[Note]]:
    """Match instances and write a part file: here, file by file, or on a cluster.

    Args:
        asked: the request.
        arguments: what decides how predictions are matched.
        advance: told how many of how many shards are done.

    Returns:
        Its kinds of IoU, the numbers of judged predictions and ground truths, and notes.
    """
    from segeval.data.coco.json_folders import prediction_files
    from segeval.metrics.coco.average_precision import each_once
    from segeval.metrics.coco.parts.part import match_part
    from segeval.metrics.coco.parts.shards.mapping import match_parts
    from segeval.metrics.coco.parts.streaming.matches import streamed

    preds = asked.preds[0] if len(asked.preds) == 1 else asked.preds
    is_one = len(prediction_files(asked.preds)) == 1
    if asked.scheduler is None and (asked.number is not None or is_one):
        found = match_part(
            preds, asked.gt, asked.path, arguments, shard=asked.number, errors=asked.errors,
            workers=asked.workers,
        )  # fmt: skip
        notes = each_once([note for own in found for note in own.notes])
        return found, len(found[0]), len(found[0].gt), notes
    cluster = nullcontext() if asked.scheduler is None else on_cluster(asked.scheduler)
    with cluster as executor:
        more = match_parts(
            preds, asked.gt, asked.path, arguments, executor=executor, shards=asked.shards,
            errors=asked.errors, workers=asked.workers, on_progress=advance,
        )  # fmt: skip
    parts, _ = streamed(asked.path)
    group = parts[0].group
    told = [*more, *(note for own in parts for note in own.frame.notes)]
    return parts, len(group), group.objects, each_once(told)
