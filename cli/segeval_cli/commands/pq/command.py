"""`segeval pq`: panoptic quality."""

from __future__ import annotations

import typer

from segeval_cli.commands.pq import options as own
from segeval_cli.commands.pq import parts
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
from segeval_cli.values import parse_choices, parse_tables


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
    """Panoptic quality: PQ, SQ and RQ of all, things and stuff, and per category.

    Numbers are percent in tables, fractions in files; "-" is undefined (no segment).

    A part file of segeval match or segeval merge needs no GT.

    Example: segeval pq panoptic_preds.json panoptic_gt.json --iou segm --iou boundary
    """
    names = parse_tables(per, TABLES)
    is_part = is_alone(preds, gt, context)
    kinds = parse_choices(iou, "--iou", list(own.SegmentIou), "kind of IoU")
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
        import segeval

        with working(f"evaluating {preds}", quiet=quiet) as advance:
            result = segeval.panoptic_quality(
                preds, gt or "", preds_dir=preds_dir, gt_dir=gt_dir, iou=kinds,
                boundary_ratio=boundary_ratio, boundary_px=boundary_px, compat=compat,
                workers=workers, on_progress=advance,
            )  # fmt: skip
    from segeval.metrics.panoptic.result import image_table

    view = per_view(result, names, image_table)
    out.show(*((result, view) if intervals is None else intervals.added(result, view)))
