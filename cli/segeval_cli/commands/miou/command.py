"""`segeval miou`: label maps."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from segeval_cli.commands.miou import options as own
from segeval_cli.commands.miou import parts
from segeval_cli.label_map_options import LabelMapOptions
from segeval_cli.memory import give_back_large_blocks
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

    A part file of segeval match or segeval merge needs neither GT nor --classes.

    Example: segeval miou preds/ gt/ --classes cityscapes --trimap 8,20
    """
    names = parse_tables(per, TABLES)
    is_part = is_alone(preds, gt, context)
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
    give_back_large_blocks()
    if is_part:
        result = parts.evaluate(preds, asked, context, quiet=quiet)
    else:
        result = _evaluate(preds, gt or "", asked, quiet=quiet, workers=workers)
    from segeval.metrics.semantic.result import image_table

    view = per_view(result, names, image_table)
    out.show(*((result, view) if intervals is None else intervals.added(result, view)))


def _evaluate(
    preds: str, gt: str, asked: LabelMapOptions, *, quiet: bool, workers: int | None
) -> MeanIoUResult:
    """Mean IoU of label maps."""
    arguments = asked.arguments()
    from segeval import mean_iou

    with working(f"evaluating {preds}", quiet=quiet) as advance:
        return mean_iou(preds, gt, **vars(arguments), workers=workers, on_progress=advance)
