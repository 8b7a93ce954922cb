"""`segeval ap`: average precision of masks or boxes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from segeval_cli import ap_options as shared
from segeval_cli import failures
from segeval_cli.commands.ap import options as own
from segeval_cli.options import (
    All,
    BoundaryPx,
    Iou,
    Json,
    OutputFile,
    Overwrite,
    Quiet,
    SkipUnknown,
    Verbose,
    Workers,
)
from segeval_cli.resampling_options import Ci, Groups, Replicates, Resamples, Seed
from segeval_cli.values import parse_choices, parse_max_dets, parse_names, parse_thresholds

if TYPE_CHECKING:
    from segeval_cli.commands.ap.request import ApOutcome, ApRequest


def ap(
    context: typer.Context,
    preds: own.Preds,
    gt: own.GroundTruthPath,
    *,
    iou: shared.IouKinds = None,
    protocol: shared.ProtocolChoice = None,
    compat: shared.Compat = None,
    sizes: shared.Sizes = None,
    area_from: shared.AreaFrom = None,
    thresholds: shared.Thresholds = None,
    max_dets: shared.MaxDets = None,
    boundary_ratio: shared.BoundaryRatio = None,
    boundary_px: BoundaryPx = None,
    pool: own.Pool = False,
    agnostic: shared.Agnostic = False,
    score_field: shared.ScoreField = "score",
    honour_ignore: shared.HonourIgnore = False,
    categories: shared.Categories = None,
    images: shared.Images = None,
    min_score: shared.MinScore = None,
    skip_unknown: SkipUnknown = False,
    coco_style: own.CocoStyle = False,
    boxes: shared.Boxes = None,
    labels: shared.ImageLabels = None,
    hierarchy: shared.Hierarchy = None,
    group_of_weight: shared.GroupOfWeight = 1.0,
    expand_predictions: shared.ExpandPredictions = False,
    ci: Ci = False,
    resamples: Resamples = 1000,
    seed: Seed = 0,
    groups: Groups = None,
    replicates: Replicates = None,
    per: own.PerTable = ["size"],  # noqa: B006
    show_all: All = False,
    fail_under: own.FailUnder = None,
    json: Json = False,
    output: OutputFile = None,
    overwrite: Overwrite = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    verify: own.Verify = False,
    workers: Workers = None,
) -> None:
    """Average precision of masks, boundaries or boxes, per size, category and image.

    Numbers are percent in tables, fractions in files; "-" is undefined (no ground truth).

    Example: segeval ap preds.json gt.json --sizes 3dfuture --per size,category
    """
    from segeval_cli.commands.ap.request import ApRequest, check_options
    from segeval_cli.own_intervals import asked as asked_intervals
    from segeval_cli.progress import Clock
    from segeval_cli.results import Output

    out = Output(
        inputs={"preds": preds, "gt": gt}, number="AP", json=json, path=output, quiet=quiet,
        overwrite=overwrite,        every_row=show_all, fail_under=fail_under,
    )  # fmt: skip
    check_options(context, protocol)
    intervals = asked_intervals(
        context, ci=ci, resamples=resamples, seed=seed, groups=groups, gt=gt,
        replicates=replicates, overwrite=overwrite, workers=workers, quiet=quiet,
    )  # fmt: skip
    clock = Clock(is_heard=verbose)
    from segeval.metrics.coco.arguments import Arguments

    arguments = Arguments(
        iou=parse_choices(iou, "--iou", list(Iou), "kind of IoU") if iou else None,
        protocol=protocol, compat=compat, sizes=sizes, area_from=area_from,
        thresholds=parse_thresholds(thresholds),
        max_dets=parse_max_dets(max_dets),
        boundary_ratio=boundary_ratio, boundary_px=boundary_px,
        categories=parse_names(categories, "--categories"),
        images=parse_names(images, "--images"),
        agnostic=agnostic, score_field=score_field, min_score=min_score,
        skip_unknown=skip_unknown, honour_ignore=honour_ignore,
    )  # fmt: skip
    asked = ApRequest(
        preds=preds, gt=gt, arguments=arguments, pool=pool, coco_style=coco_style,
        boxes=boxes, labels=labels, hierarchy=hierarchy,
        group_of_weight=group_of_weight, expand_predictions=expand_predictions,
        per=own.parse_per(per),
        quiet=quiet, clock=clock, verify=verify, workers=workers,
    )  # fmt: skip
    done = _evaluate(asked)
    shown = done.result, done.view
    out.show(*(shown if intervals is None else intervals.added(*shown)))
    if not done.agrees:
        raise typer.Exit(failures.ANSWER_IS_NO)


def _evaluate(asked: ApRequest) -> ApOutcome:
    """The result under the protocol of the request."""
    from segeval_cli.commands.ap import cityscapes, coco, open_images

    match asked.arguments.protocol:
        case "cityscapes":
            return cityscapes.evaluate(asked)
        case "openimages":
            return open_images.evaluate(asked)
    return coco.evaluate(asked)
