"""`segeval pq`: panoptic quality."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from segeval_cli.commands.pq import options as own
from segeval_cli.commands.pq import parts
from segeval_cli.judged import check_metric, judged_by
from segeval_cli.options import (
    TABLES,
    All,
    BoundaryPx,
    BoundaryRatio,
    GtDir,
    Json,
    OutputFile,
    Overwrite,
    PredsDir,
    Quiet,
    Tables,
    Workers,
)
from segeval_cli.own_intervals import interval_options
from segeval_cli.part_files import is_alone
from segeval_cli.progress import working
from segeval_cli.resampling_options import Ci, Groups, Replicates, Resamples, Seed
from segeval_cli.results import Output, per_view
from segeval_cli.scheduler import Scheduler, Shards, check_shards, on_cluster
from segeval_cli.slice_options import Slice, with_extras
from segeval_cli.values import parse_choices, parse_tables

if TYPE_CHECKING:
    from segeval.metrics.panoptic.result import PanopticResult


def pq(
    context: typer.Context,
    preds: own.Preds,
    gt: own.GroundTruthPath = None,
    *,
    iou: own.IouKinds = ["segm"],  # noqa: B006
    compat: own.Compat = None,
    boundary_ratio: BoundaryRatio = None,
    boundary_px: BoundaryPx = None,
    preds_dir: PredsDir = None,
    gt_dir: GtDir = None,
    slices: Slice = None,
    ci: Ci = False,
    resamples: Resamples = 1000,
    seed: Seed = 0,
    groups: Groups = None,
    replicates: Replicates = None,
    per: Tables = ["category"],  # noqa: B006
    show_all: All = False,
    fail_under: own.FailUnder = None,
    metric: own.Metric = None,
    json: Json = False,
    output: OutputFile = None,
    overwrite: Overwrite = False,
    quiet: Quiet = False,
    workers: Workers = None,
    scheduler: Scheduler = None,
    shards: Shards = None,
) -> None:
    """Panoptic quality: PQ, SQ and RQ of all, things and stuff, and per category.

    Numbers are percent in tables, fractions in files; "-" is undefined (no segment).

    A part file of segeval match or segeval merge needs no GT.

    Example: segeval pq panoptic_preds.json panoptic_gt.json --iou segm --iou boundary
    """
    names = parse_tables(per, TABLES)
    is_part = is_alone(preds, gt, context)
    check_shards(scheduler, shards)
    kinds = parse_choices(iou, "--iou", list(own.SegmentIou), "kind of IoU")
    check_metric(context, fail_under)
    out = Output(
        inputs={"part": preds} if gt is None else {"preds": preds, "gt": gt},
        number="PQ",
        json=json,
        path=output,
        overwrite=overwrite,
        quiet=quiet,
        every_row=show_all,
        fail_under=fail_under,
    )
    intervals = interval_options(
        context, ci=ci, resamples=resamples, seed=seed, groups=groups, gt=gt or "",
        replicates=replicates, overwrite=overwrite, workers=workers, quiet=quiet,
    )  # fmt: skip
    if is_part:
        settings = {
            "iou": list(kinds), "compat": compat, "boundary_ratio": boundary_ratio,
            "boundary_px": boundary_px,
        }  # fmt: skip
        result = parts.evaluate(preds, settings, context, quiet=quiet)
    else:
        options: dict[str, Any] = {
            "preds_dir": preds_dir, "gt_dir": gt_dir, "iou": kinds, "compat": compat,
            "boundary_ratio": boundary_ratio, "boundary_px": boundary_px, "workers": workers,
        }  # fmt: skip
        cluster = None if scheduler is None else (scheduler, shards)
        result = _evaluate(preds, gt or "", cluster, options, quiet=quiet)
    from segeval.metrics.panoptic.result import image_table

    view = per_view(result, names, image_table)
    shown = with_extras(
        result, view, intervals=intervals, slices=slices, gt=gt, workers=workers, quiet=quiet
    )
    out.show(*judged_by(metric, *shown, fail_under=fail_under))


def _evaluate(
    preds: str,
    gt: str,
    cluster: tuple[str, int | None] | None,
    options: dict[str, Any],
    *,
    quiet: bool,
) -> PanopticResult:
    """Panoptic quality, here or on a cluster: the scheduler and the number of shards."""
    with working(f"evaluating {preds}", quiet=quiet) as advance:
        if cluster is not None:
            from segeval.metrics.panoptic.parts import evaluate_panoptic_parts

            with on_cluster(cluster[0]) as executor:
                return evaluate_panoptic_parts(
                    preds, gt, executor=executor, shards=cluster[1], on_progress=advance, **options
                )
        from segeval import panoptic_quality

        return panoptic_quality(preds, gt, on_progress=advance, **options)
