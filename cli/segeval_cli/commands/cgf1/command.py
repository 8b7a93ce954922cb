"""`segeval cgf1`: are the objects of a phrase found, and is it known where there are none?"""

from __future__ import annotations

from functools import partial

import typer

from segeval.errors import InputError
from segeval.words import counted
from segeval_cli.commands.cgf1 import options as own
from segeval_cli.judged import check_metric, judged_by
from segeval_cli.memory import give_back_blocks
from segeval_cli.options import All, Json, OutputFile, Overwrite, Quiet, SkipUnknown, Workers
from segeval_cli.own_intervals import interval_options
from segeval_cli.progress import working
from segeval_cli.resampling_options import Ci, Groups, Replicates, Resamples, Seed
from segeval_cli.results import Output, View
from segeval_cli.slice_options import Slice, with_extras
from segeval_cli.values import parse_tables


def cgf1(
    context: typer.Context,
    files: own.Files,
    *,
    iou: own.IouKind = "segm",
    score_field: own.ScoreField = "score",
    min_score: own.MinScore = 0.5,
    skip_unknown: SkipUnknown = False,
    slices: Slice = None,
    ci: Ci = False,
    resamples: Resamples = 1000,
    seed: Seed = 0,
    groups: Groups = None,
    replicates: Replicates = None,
    per: own.Tables = ["threshold"],  # noqa: B006
    show_all: All = False,
    fail_under: own.FailUnder = None,
    metric: own.Metric = None,
    json: Json = False,
    output: OutputFile = None,
    overwrite: Overwrite = False,
    quiet: Quiet = False,
    workers: Workers = None,
) -> None:
    """cgF1 of SAM 3's benchmark: objects of a phrase, in images that may show none.

    pmF1 (are the masks right?) times IL_MCC (is it known where nothing is?).

    An image of the ground truth is a photograph and a phrase.

    Example: segeval cgf1 preds.json gold_a.json gold_b.json gold_c.json
    """
    if len(files) < 2:
        raise InputError(
            f"expected predictions and ground truth, got {counted(len(files), 'file')}.",
            code="file-count",
        )
    check_metric(context, fail_under)
    preds, *gt = files
    others = {f"gt_{place}": path for place, path in enumerate(gt[1:], start=2)}
    out = Output(
        inputs={"preds": preds, "gt": gt[0], **others},
        number="cgF1",
        json=json,
        path=output,
        overwrite=overwrite,
        quiet=quiet,
        every_row=show_all,
        fail_under=fail_under,
    )
    names = parse_tables(per, own.TABLES)
    intervals = interval_options(
        context, ci=ci, resamples=resamples, seed=seed, groups=groups, gt=gt[0],
        replicates=replicates, overwrite=overwrite, workers=workers, quiet=quiet,
    )  # fmt: skip
    give_back_blocks()
    from segeval import concept_f1

    with working(f"evaluating {preds}", quiet=quiet):
        result = concept_f1(
            preds, gt, iou=iou, min_score=min_score, score_field=score_field,
            skip_unknown=skip_unknown, workers=workers,
        )  # fmt: skip
    tables = [*(result.tables if "threshold" in names else [result.tables[0].shortened(0)])]
    if "image" in names:
        tables.append(result.table("image"))
    view = View(tables, partial(result.to_dict, per_image="image" in names))
    shown = with_extras(
        result, view, intervals=intervals, slices=slices, gt=gt[0], workers=workers, quiet=quiet
    )
    out.show(*judged_by(metric, *shown, fail_under=fail_under))
