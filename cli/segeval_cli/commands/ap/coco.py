"""`segeval ap` under the protocols that read COCO files."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

from segeval.errors import InputError
from segeval.words import counted
from segeval_cli.commands.ap.request import ApOutcome, ApRequest
from segeval_cli.commands.ap.verify import check_verifiable, chosen_mode, verification_of
from segeval_cli.commands.ap.view import ap_view
from segeval_cli.memory import give_back_blocks
from segeval_cli.progress import working
from segeval_cli.scheduler import on_cluster

if TYPE_CHECKING:
    from segeval.data import GroundTruth, Predictions
    from segeval.metrics.coco.result import APResult
    from segeval_cli.progress import Advance


def evaluate(asked: ApRequest) -> ApOutcome:
    """AP under the coco and lvis protocols and their variants."""
    if asked.verify:
        check_verifiable(asked)
        if asked.scheduler is not None:
            raise InputError("--verify does not go with --scheduler.", code="option")
    give_back_blocks()
    verification = None
    started = time.perf_counter()
    with working(f"evaluating {asked.preds}", quiet=asked.quiet) as advance:
        if asked.scheduler is not None:
            result = _on_cluster(asked, asked.scheduler, advance)
        elif asked.verify:
            verification = verification_of(asked)
            result = chosen_mode(verification, asked.arguments.compat)
        else:
            result = _result(asked)
    result = replace(result, seconds=time.perf_counter() - started)
    agrees = verification is None or verification.agrees
    return ApOutcome(result, ap_view(result, asked.per, verification), agrees=agrees)


def _on_cluster(asked: ApRequest, scheduler: str, advance: Advance) -> APResult:
    """The result of all shards, which a cluster matches."""
    from segeval.metrics.coco.parts.shards.mapping import evaluate_parts

    with on_cluster(scheduler) as executor:
        return evaluate_parts(
            asked.preds, asked.gt, asked.arguments, executor=executor, shards=asked.shards,
            workers=asked.workers, pool=asked.pool, on_progress=advance,
        )  # fmt: skip


def _result(asked: ApRequest) -> APResult:
    """The result; both files are read at once, or one by one to time each."""
    from segeval import load_ground_truth, load_predictions
    from segeval.metrics.coco.average_precision import evaluate_with

    clock = asked.clock
    clock.say_loaded()
    preds: str | Predictions = asked.preds
    gt: str | GroundTruth = asked.gt
    if clock.is_heard:
        gt = load_ground_truth(asked.gt)
        clock.say(f"read {asked.gt}: {counted(len(gt), 'object')}")
        preds = load_predictions(
            asked.preds,
            score_field=asked.arguments.score_field,
            agnostic=asked.arguments.agnostic,
            workers=asked.workers,
        )
        clock.say(f"read {asked.preds}: {counted(len(preds), 'prediction')}")
    result = evaluate_with(preds, gt, asked.arguments, pool=asked.pool, workers=asked.workers)
    clock.say("evaluated")
    return result
