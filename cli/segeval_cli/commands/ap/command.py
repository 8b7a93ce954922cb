"""`segeval ap`: average precision of masks or boxes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from segeval_cli import ap_options as shared
from segeval_cli import failures
from segeval_cli.commands.ap import options as own
from segeval_cli.judged import check_metric, judged_by
from segeval_cli.measured import ApOptions
from segeval_cli.options import (
    All,
    Json,
    OutputFile,
    Overwrite,
    Quiet,
    Verbose,
    Workers,
)
from segeval_cli.resampling_options import Ci, Groups, Replicates, Resamples, Seed
from segeval_cli.scheduler import Scheduler, Shards, check_shards
from segeval_cli.slice_options import Slice, with_extras
from segeval_cli.unfolding import unfolded

if TYPE_CHECKING:
    from segeval_cli.commands.ap.request import ApOutcome, ApRequest


@unfolded
def ap(
    context: typer.Context,
    preds: own.Preds,
    gt: own.GroundTruthPath = None,
    *,
    asked: ApOptions,
    pool: own.Pool = False,
    coco_style: own.CocoStyle = False,
    boxes: shared.Boxes = None,
    labels: shared.ImageLabels = None,
    hierarchy: shared.Hierarchy = None,
    group_of_weight: shared.GroupOfWeight = 1.0,
    expand_predictions: shared.ExpandPredictions = False,
    slices: Slice = None,
    scores: shared.MapScores = None,
    ci: Ci = False,
    resamples: Resamples = 1000,
    seed: Seed = 0,
    groups: Groups = None,
    replicates: Replicates = None,
    per: own.PerTable = ["size"],  # noqa: B006
    show_all: All = False,
    fail_under: own.FailUnder = None,
    metric: own.Metric = None,
    json: Json = False,
    output: OutputFile = None,
    overwrite: Overwrite = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    verify: own.Verify = False,
    workers: Workers = None,
    scheduler: Scheduler = None,
    shards: Shards = None,
) -> None:
    """Average precision of masks, boundaries or boxes, per size, category and image.

    Numbers are percent in tables, fractions in files; "-" is undefined (no ground truth).

    A part file of segeval match or segeval merge needs no GT.

    Example: segeval ap preds.json gt.json --sizes 3dfuture --per size,category
    """
    from segeval_cli.commands.ap.recognised import noted, recognised, sign_of
    from segeval_cli.commands.ap.request import ApRequest, check_options
    from segeval_cli.own_intervals import interval_options
    from segeval_cli.part_files import is_alone
    from segeval_cli.progress import Clock
    from segeval_cli.results import Output

    is_part = is_alone(preds, gt, context)
    check_metric(context, fail_under)
    out = Output(
        inputs={"part": preds} if gt is None else {"preds": preds, "gt": gt}, number="AP",
        json=json, path=output, quiet=quiet,
        overwrite=overwrite, every_row=show_all, fail_under=fail_under,
    )  # fmt: skip
    by_files = None if is_part or asked.protocol else recognised(preds, gt or "")
    reason = "" if by_files is None else sign_of(by_files, preds, gt or "")
    check_options(context, asked.protocol or by_files, reason)
    check_shards(scheduler, shards)
    intervals = interval_options(
        context, ci=ci, resamples=resamples, seed=seed, groups=groups, gt=gt or "",
        replicates=replicates, overwrite=overwrite, workers=workers, quiet=quiet,
    )  # fmt: skip
    clock = Clock(is_heard=verbose)
    request = ApRequest(
        preds=preds, gt=gt or "", arguments=asked.arguments(), pool=pool, coco_style=coco_style,
        boxes=boxes, labels=labels, hierarchy=hierarchy,
        group_of_weight=group_of_weight, expand_predictions=expand_predictions,
        scores=scores, per=own.parse_per(per),
        quiet=quiet, clock=clock, verify=verify, workers=workers, scheduler=scheduler,
        shards=shards,
    )  # fmt: skip
    done = _evaluate_part(request, context) if is_part else _evaluate(request, by_files)
    if by_files is not None:
        done = noted(done, reason)
    shown = with_extras(
        done.result, done.view, intervals=intervals, slices=slices, gt=gt, workers=workers,
        quiet=quiet,
    )  # fmt: skip
    out.show(*judged_by(metric, *shown, fail_under=fail_under))
    if not done.agrees:
        raise typer.Exit(failures.ANSWER_IS_NO)


def _evaluate_part(asked: ApRequest, context: typer.Context) -> ApOutcome:
    """The result of a part file."""
    from segeval_cli.commands.ap.parts import evaluate

    return evaluate(asked, context)


def _evaluate(asked: ApRequest, by_files: str | None) -> ApOutcome:
    """The result under the protocol of the request, or else that which the files ask for."""
    match asked.arguments.protocol or by_files:
        case "cityscapes":
            from segeval_cli.commands.ap.cityscapes import evaluate
        case "openimages":
            from segeval_cli.commands.ap.open_images import evaluate
        case "id-maps":
            from segeval_cli.commands.ap.id_maps import evaluate
        case _:
            from segeval_cli.commands.ap.coco import evaluate
    return evaluate(asked)
