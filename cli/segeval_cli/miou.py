"""`segeval miou`: label maps."""

from __future__ import annotations

import typer

from segeval_cli import failures
from segeval_cli import miou_options as own
from segeval_cli.memory import give_back_large_blocks
from segeval_cli.options import Json, Output, Quiet, Workers, check_fraction
from segeval_cli.output import check_target
from segeval_cli.progress import working
from segeval_cli.results import finish, reaches

F_THRESHOLD = 0.008


def miou(
    preds: own.Preds,
    gt: own.GroundTruthPath,
    *,
    classes: own.Classes,
    ignore: own.Ignore = None,
    absent: own.AbsentChoice = None,
    compat: own.CompatChoice = None,
    trimap: own.Trimap = None,
    trimap_metric: own.TrimapMetric = own.Distance.EUCLID,
    trimap_total_width: own.TrimapTotalWidth = False,
    trimap_void: own.TrimapVoid = own.VoidRule.IGNORE,
    boundary: own.Boundary = False,
    boundary_ratio: own.BoundaryRatio = None,
    boundary_f: own.BoundaryF = False,
    boundary_f_threshold: own.BoundaryFThreshold = None,
    show_all: own.All = False,
    fail_under: own.FailUnder = None,
    json: Json = False,
    output: Output = None,
    quiet: Quiet = False,
    workers: Workers = None,
) -> None:
    """Mean IoU of label maps, over all pixels and near the boundaries.

    Example: segeval miou preds/ gt/ --classes cityscapes --trimap 8,20
    """
    check_target(output, inputs=(preds, gt))
    check_fraction(fail_under, "--fail-under", "mIoU")
    widths, ignored = own.parse_widths(trimap), own.parse_ignore(ignore)
    if boundary_f and boundary_f_threshold is None:
        boundary_f_threshold = F_THRESHOLD
    give_back_large_blocks()
    from segeval import mean_iou

    with working(f"evaluating {preds}", quiet=quiet) as advance:
        result = mean_iou(
            preds,
            gt,
            classes=classes,
            ignore=ignored,
            absent=absent.value if absent else None,
            trimap=widths,
            trimap_metric=trimap_metric.value,
            trimap_total_width=trimap_total_width,
            trimap_void=trimap_void.value,
            boundary=boundary,
            boundary_ratio=boundary_ratio,
            boundary_f=boundary_f_threshold,
            compat=compat.value if compat else None,
            workers=workers,
            on_progress=advance,
        )
    finish(
        result,
        {"preds": preds, "gt": gt},
        json=json,
        output=output,
        quiet=quiet,
        every_row=show_all,
    )
    if not reaches(result.primary, fail_under, "mIoU"):
        raise typer.Exit(failures.ANSWER_IS_NO)
