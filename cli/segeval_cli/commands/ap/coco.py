"""`segeval ap` by the protocols that read COCO's files."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

from segeval.words import counted
from segeval_cli.commands.ap.request import ApRequest, Evaluated
from segeval_cli.commands.ap.verify import check_verifiable, chosen_mode, verified
from segeval_cli.commands.ap.view import ap_view
from segeval_cli.memory import give_back_large_blocks
from segeval_cli.progress import Clock, working

if TYPE_CHECKING:
    from segeval.data import GroundTruth, Predictions
    from segeval.metrics.coco.result import APResult


def evaluated(asked: ApRequest) -> Evaluated:
    """AP of the coco and lvis protocols and those derived from them."""
    if asked.verify:
        check_verifiable(asked)
    give_back_large_blocks()
    verification = None
    started = time.perf_counter()
    with working(f"evaluating {asked.preds}", quiet=asked.quiet):
        clock = Clock(is_heard=asked.verbose)
        if asked.verify:
            verification = verified(asked, clock)
            result = chosen_mode(verification, asked.compat)
        else:
            result = _result(asked, clock)
    result = replace(result, seconds=time.perf_counter() - started)
    agrees = verification is None or verification.agrees
    return Evaluated(result, ap_view(result, asked.per, verification), agrees=agrees)


def _result(asked: ApRequest, clock: Clock) -> APResult:
    """The numbers: both files are read at the same time, or one by one to time each."""
    from segeval import average_precision, load_ground_truth, load_predictions

    clock.say_loaded()
    preds: str | Predictions = asked.preds
    gt: str | GroundTruth = asked.gt
    if asked.verbose:
        gt = load_ground_truth(asked.gt)
        clock.say(f"read {asked.gt}: {counted(len(gt), 'object')}")
        preds = load_predictions(asked.preds, workers=asked.workers)
        clock.say(f"read {asked.preds}: {counted(len(preds), 'prediction')}")
    result = average_precision(
        preds,
        gt,
        iou=asked.iou,
        protocol=asked.protocol,
        compat=asked.compat,
        sizes=asked.sizes,
        max_dets=asked.max_dets,
        thresholds=asked.thresholds,
        area_from=asked.area_from,
        boundary_ratio=asked.boundary_ratio,
        boundary_px=asked.boundary_px,
        pool=asked.pool,
        categories=asked.categories,
        images=asked.images,
        agnostic=asked.agnostic,
        skip_unknown=asked.skip_unknown,
        honour_ignore=asked.honour_ignore,
        workers=asked.workers,
    )
    clock.say("evaluated")
    return result
