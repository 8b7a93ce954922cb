"""`segeval errors`: which kinds of errors cost how much AP."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from segeval.errors import InputError
from segeval_cli.commands.errors import options as own
from segeval_cli.measured import ApOptions, with_ap_options
from segeval_cli.memory import give_back_large_blocks
from segeval_cli.options import All, Json, Overwrite, Quiet, Workers
from segeval_cli.output import SUFFIXES
from segeval_cli.progress import working
from segeval_cli.results import Output
from segeval_cli.values import parse_tables

if TYPE_CHECKING:
    from segeval.analysis.errors.result import ErrorKinds

LINES = ".jsonl"
"""Suffix of a file with a line for every prediction and missed object."""


@with_ap_options
def errors(
    files: own.Files,
    *,
    asked: ApOptions,
    compat: own.Compat = None,
    thresholds: own.Thresholds = None,
    per: own.Per = [],  # noqa: B006
    ci: own.Intervals = False,
    show_all: All = False,
    json: Json = False,
    output: own.OutputFile = None,
    overwrite: Overwrite = False,
    quiet: Quiet = False,
    resamples: own.Resamples = 1000,
    seed: own.Seed = 0,
    workers: Workers = None,
) -> None:
    """Which kinds of errors cost how much AP: localisation, wrong category, missed objects ...

    The shares of all kinds add up to what AP lacks. "alone" is what AP gains if one kind is fixed,
    "last" if it is fixed after all others.

    Example: segeval errors preds.json gt.json --per category,size -o errors.jsonl
    """
    if len(files) != 2:
        raise InputError(
            f"expected predictions and ground truth, got {len(files)}.", code="file-count"
        )
    preds, gt = files
    tables = parse_tables(per, own.TABLES) if per else ()
    out = Output(
        inputs={"preds": preds, "gt": gt},
        number="AP",
        json=json,
        path=output,
        suffixes=(*SUFFIXES, LINES),
        overwrite=overwrite,
        quiet=quiet,
        every_row=show_all,
    )
    give_back_large_blocks()
    from segeval.analysis.errors.error_kinds import error_kinds_with
    from segeval.analysis.errors.measure import Asked, Resampling

    with working(f"evaluating {preds}", quiet=quiet):
        result = error_kinds_with(
            preds,
            gt,
            replace(asked, thresholds=thresholds).coco_arguments(),
            Asked(
                compat=compat,
                per=tables,
                resampling=Resampling(resamples=resamples, seed=seed) if ci else None,
            ),
            workers=workers,
        )
    out.show(result, writers={LINES: lambda path: _write_lines(result, path)})


def _write_lines(result: ErrorKinds, path: Path) -> None:
    """Every prediction and missed object with its kind, one JSON object a line."""
    from segeval.data.whole_files import whole_file
    from segeval_cli.output import json_line

    with whole_file(path) as file:
        for iou, columns in result.columns.items():
            for record in columns.records():
                file.write(json_line({"iou_type": iou, **record}))
