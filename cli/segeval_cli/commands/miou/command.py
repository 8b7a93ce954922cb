"""`segeval miou`: label maps."""

from __future__ import annotations

import typer

from segeval_cli import label_map_options as shared
from segeval_cli.commands.miou import options as own
from segeval_cli.memory import give_back_large_blocks
from segeval_cli.options import (
    TABLES,
    All,
    BoundaryPx,
    Json,
    OutputFile,
    Overwrite,
    Quiet,
    Tables,
    Workers,
)
from segeval_cli.own_intervals import interval_options
from segeval_cli.progress import working
from segeval_cli.resampling_options import Ci, Groups, Replicates, Resamples, Seed
from segeval_cli.results import Output, per_view
from segeval_cli.values import parse_ignored, parse_numbers, parse_tables


def miou(
    context: typer.Context,
    preds: own.Preds,
    gt: own.GroundTruthPath,
    *,
    classes: own.Classes,
    ignore: shared.Ignore = None,
    absent: shared.Absent = None,
    compat: own.Compat = None,
    trimap: shared.Trimap = None,
    trimap_metric: shared.TrimapMetric = "euclid",
    trimap_total_width: shared.TrimapTotalWidth = False,
    trimap_void: shared.TrimapVoid = "ignore",
    boundary: shared.Boundary = False,
    boundary_ratio: shared.BoundaryRatio = None,
    boundary_px: BoundaryPx = None,
    boundary_f: shared.BoundaryF = False,
    boundary_f_threshold: shared.BoundaryFThreshold = None,
    ci: Ci = False,
    resamples: Resamples = 1000,
    seed: Seed = 0,
    groups: Groups = None,
    replicates: Replicates = None,
    per: Tables = ["category"],  # noqa: B006
    show_all: All = False,
    fail_under: own.FailUnder = None,
    json: Json = False,
    output: OutputFile = None,
    overwrite: Overwrite = False,
    quiet: Quiet = False,
    workers: Workers = None,
) -> None:
    """Mean IoU of label maps, over all pixels and near the boundaries.

    Example: segeval miou preds/ gt/ --classes cityscapes --trimap 8,20
    """
    names = parse_tables(per, TABLES)
    out = Output(
        inputs={"preds": preds, "gt": gt},
        number="mIoU",
        json=json,
        path=output,
        overwrite=overwrite,
        quiet=quiet,
        every_row=show_all,
        fail_under=fail_under,
    )
    intervals = interval_options(
        context, ci=ci, resamples=resamples, seed=seed, groups=groups, gt=gt,
        replicates=replicates, overwrite=overwrite, workers=workers, quiet=quiet,
    )  # fmt: skip
    widths = () if trimap is None else parse_numbers(trimap, "--trimap")
    ignored = parse_ignored(ignore)
    give_back_large_blocks()
    from segeval import mean_iou

    with working(f"evaluating {preds}", quiet=quiet) as advance:
        result = mean_iou(
            preds,
            gt,
            classes=classes,
            ignore=ignored,
            absent=absent,
            trimap=widths,
            trimap_metric=trimap_metric,
            trimap_total_width=trimap_total_width,
            trimap_void=trimap_void,
            boundary=boundary,
            boundary_ratio=boundary_ratio,
            boundary_px=boundary_px,
            boundary_f=boundary_f if boundary_f_threshold is None else boundary_f_threshold,
            compat=compat,
            workers=workers,
            on_progress=advance,
        )
    from segeval.metrics.semantic.result import image_table

    view = per_view(result, names, image_table)
    out.show(*((result, view) if intervals is None else intervals.added(result, view)))
