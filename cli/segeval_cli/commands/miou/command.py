"""`segeval miou`: label maps."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from segeval_cli.commands.miou import options as own
from segeval_cli.commands.miou import parts
from segeval_cli.judged import check_metric, judged_by
from segeval_cli.label_map_options import LabelMapOptions
from segeval_cli.memory import VERY_LARGE, give_back_blocks
from segeval_cli.options import (
    TABLES,
    All,
    Json,
    OutputFile,
    Overwrite,
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
from segeval_cli.unfolding import unfolded
from segeval_cli.values import parse_tables

if TYPE_CHECKING:
    from segeval.metrics.semantic.result import MeanIoUResult


@unfolded
def miou(
    context: typer.Context,
    preds: own.Preds,
    gt: own.GroundTruthPath = None,
    *,
    asked: LabelMapOptions,
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
    """Mean IoU of label maps, over all pixels and near the boundaries.

    A part file of segeval match or segeval merge needs neither GT nor --classes.

    Example: segeval miou preds/ gt/ --classes cityscapes --trimap 8,20
    """
    names = parse_tables(per, TABLES)
    is_part = is_alone(preds, gt, context)
    check_shards(scheduler, shards)
    check_metric(context, fail_under)
    out = Output(
        inputs={"part": preds} if gt is None else {"preds": preds, "gt": gt},
        number="mIoU",
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
    give_back_blocks(VERY_LARGE)
    if is_part:
        result = parts.evaluate(preds, asked, context, quiet=quiet)
    else:
        cluster = None if scheduler is None else (scheduler, shards)
        result = _evaluate(preds, gt or "", asked, cluster, quiet=quiet, workers=workers)
    from segeval.metrics.semantic.result import image_table

    view = per_view(result, names, image_table)
    shown = with_extras(
        result, view, intervals=intervals, slices=slices, gt=gt, workers=workers, quiet=quiet
    )
    out.show(*judged_by(metric, *shown, fail_under=fail_under))


def _evaluate(
    preds: str,
    gt: str,
    asked: LabelMapOptions,
    cluster: tuple[str, int | None] | None,
    *,
    quiet: bool,
    workers: int | None,
) -> MeanIoUResult:
    """Mean IoU of label maps, here or on a cluster: the scheduler and the number of shards."""
    arguments = asked.arguments()
    with working(f"evaluating {preds}", quiet=quiet) as advance:
        if cluster is not None:
            from segeval.metrics.semantic.parts import evaluate_label_map_parts

            with on_cluster(cluster[0]) as executor:
                return evaluate_label_map_parts(
                    preds, gt, arguments, executor=executor, shards=cluster[1], workers=workers,
                    on_progress=advance,
                )  # fmt: skip
        from segeval import mean_iou

        return mean_iou(preds, gt, **vars(arguments), workers=workers, on_progress=advance)
