"""`segeval ap`: average precision of masks or boxes."""

from __future__ import annotations

import typer

from segeval_cli import failures
from segeval_cli.commands.ap import options as own
from segeval_cli.commands.ap import protocols as ap_protocols
from segeval_cli.options import (
    All,
    BoundaryPx,
    BoundaryRatio,
    Json,
    Output,
    Quiet,
    Verbose,
    Workers,
    check_fraction,
    check_inputs,
)
from segeval_cli.output import check_target
from segeval_cli.results import finish


def ap(
    context: typer.Context,
    preds: own.Preds,
    gt: own.GroundTruthPath,
    *,
    iou: own.IouKinds = None,
    protocol: own.ProtocolChoice = None,
    compat: own.Compat = None,
    sizes: own.Sizes = None,
    area_from: own.AreaFrom = None,
    thresholds: own.Thresholds = None,
    max_dets: own.MaxDets = None,
    boundary_ratio: BoundaryRatio = None,
    boundary_px: BoundaryPx = None,
    pool: own.Pool = False,
    agnostic: own.Agnostic = False,
    honour_ignore: own.HonourIgnore = False,
    categories: own.Categories = None,
    images: own.Images = None,
    skip_unknown: own.SkipUnknown = False,
    coco_style: own.CocoStyle = False,
    boxes: own.Boxes = None,
    labels: own.ImageLabels = None,
    hierarchy: own.Hierarchy = None,
    group_of_weight: own.GroupOfWeight = None,
    expand_predictions: own.ExpandPredictions = False,
    per: own.PerTable = ["size"],  # noqa: B006
    show_all: All = False,
    fail_under: own.FailUnder = None,
    json: Json = False,
    output: Output = None,
    quiet: Quiet = False,
    verbose: Verbose = False,
    verify: own.Verify = False,
    workers: Workers = None,
) -> None:
    """Average precision of masks, boundaries or boxes, per size, category and image.

    Numbers are percent in tables, fractions in files; "-" is undefined (no ground truth).

    Example: segeval ap preds.json gt.json --sizes 3dfuture --per size,category
    """
    check_inputs(preds, gt)
    check_target(output, inputs=(preds, gt))
    check_fraction(fail_under, "--fail-under", "AP")
    ap_protocols.check_options(context, protocol)
    # The protocol's module takes from the context what it knows of the options above.
    done = ap_protocols.evaluated(protocol, preds, gt, context.params)
    finish(
        done.result,
        {"preds": preds, "gt": gt},
        number="AP",
        fail_under=fail_under,
        json=json,
        output=output,
        quiet=quiet,
        every_row=show_all,
        view=done.view,
    )
    if not done.agrees:
        raise typer.Exit(failures.ANSWER_IS_NO)
