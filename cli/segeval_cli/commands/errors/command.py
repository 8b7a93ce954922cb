"""`segeval errors`: how much AP, PQ, or IoU of label maps each kind of error costs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import typer

from segeval.errors import FormatError
from segeval_cli.ap_options import TidecvCompat
from segeval_cli.commands.errors import on_workers, parts
from segeval_cli.commands.errors import options as own
from segeval_cli.commands.errors.label_maps import show_label_errors
from segeval_cli.commands.errors.panoptic import are_panoptic, refuse_folder, show_panoptic_errors
from segeval_cli.label_map_options import Classes, Ignore, are_label_maps
from segeval_cli.measured import CocoOptions
from segeval_cli.memory import give_back_blocks
from segeval_cli.options import All, GtDir, Json, Overwrite, Quiet, Workers
from segeval_cli.output import SUFFIXES, write_lines
from segeval_cli.own_intervals import refuse_without_ci
from segeval_cli.part_files import are_parts
from segeval_cli.progress import working
from segeval_cli.resampling_options import Ci, Groups, Resamples, Seed
from segeval_cli.results import Output, View
from segeval_cli.scheduler import Scheduler, Shards, check_shards
from segeval_cli.unfolding import unfolded
from segeval_cli.values import parse_tables

if TYPE_CHECKING:
    from segeval.analysis.errors.against import ErrorDifferences
    from segeval.analysis.errors.options import ErrorOptions
    from segeval.analysis.errors.result import ErrorKinds
    from segeval.metrics.coco.arguments import Arguments

LINES = ".jsonl"
"""Suffix of a file with a line for every prediction and missed object."""


@unfolded
def errors(
    context: typer.Context,
    files: own.Files,
    *,
    asked: CocoOptions,
    classes: Classes = None,
    ignore: Ignore = None,
    gt_dir: GtDir = None,
    compat: TidecvCompat = None,
    thresholds: own.Thresholds = None,
    per: own.Per = [],  # noqa: B006
    slices: own.Slice = None,
    ci: Ci = False,
    resamples: Resamples = 1000,
    seed: Seed = 0,
    groups: Groups = None,
    show_all: All = False,
    json: Json = False,
    output: own.OutputFile = None,
    overwrite: Overwrite = False,
    quiet: Quiet = False,
    workers: Workers = None,
    scheduler: Scheduler = None,
    shards: Shards = None,
) -> None:
    """How much AP each kind of error costs: localisation, missed objects ...

    The shares of all kinds add up to what AP lacks.
    "alone" is the gain if a kind is fixed first, "last" if after all others.
    With --classes: where label maps lose IoU (boundary, extent, whole segments).
    Of panoptic files: where PQ is lost (masks, wrong categories, false, missed).

    Example: segeval errors preds.json gt.json --per category,size -o errors.jsonl
    """
    is_of_parts = are_parts(files)
    roles = parts.roles(context, files, output) if is_of_parts else _roles(files)
    check_shards(scheduler, shards)
    give_back_blocks()
    if are_label_maps(files, classes, ignore) and classes is not None:
        show_label_errors(
            context, files, classes=classes, ignore=ignore, boundary_ratio=asked.boundary_ratio,
            boundary_px=asked.boundary_px, ci=ci, resamples=resamples, seed=seed,
            groups=groups, show_all=show_all, json=json, output=output, overwrite=overwrite,
            quiet=quiet, workers=workers,
        )  # fmt: skip
        return
    tables = parse_tables(per, own.TABLES) if per else ()
    is_lines = output is not None and output.suffix.lower() == LINES
    out = Output(
        inputs=dict(zip(roles, files, strict=True)),
        number="AP",
        json=json,
        path=output,
        suffixes=(*SUFFIXES, LINES),
        overwrite=overwrite,
        quiet=quiet,
        every_row=show_all,
    )
    from segeval.analysis.errors.options import ErrorOptions, resampling_of

    if scheduler is not None:
        on_workers.check_options(output, compat)
    if not ci:
        refuse_without_ci(context)
    drawn = resampling_of(ci=ci, resamples=resamples, seed=seed, groups=groups)
    wanted = ErrorOptions(compat=compat, per=tables, slices=slices, resampling=drawn)
    arguments = replace(asked, thresholds=thresholds).coco_arguments()
    try:
        with working(f"evaluating {files[0]}", quiet=quiet) as advance:
            if is_of_parts:
                found = parts.evaluated(files, arguments, wanted, context, workers)
            elif scheduler is not None:
                found = on_workers.evaluated(
                    files, arguments, wanted, scheduler, advance,
                    shards=shards, workers=workers,
                )  # fmt: skip
            else:
                # columns stay in memory, as lines of single errors look up boxes in them
                kept = _columns(files, arguments, workers) if is_lines else files
                found = _evaluated(kept, arguments, wanted, workers)
    except FormatError as error:
        if not are_panoptic(error, files):
            raise
        show_panoptic_errors(
            context, files, asked, out, (LINES, write_lines), gt_dir=gt_dir, ci=ci,
            resamples=resamples, seed=seed, groups=groups, workers=workers,
        )  # fmt: skip
        return
    if gt_dir is not None:
        refuse_folder(files[0])
    _show(found, out)


def _show(found: ErrorKinds | ErrorDifferences, out: Output) -> None:
    """Print what is known of one model, or of two."""
    from segeval.analysis.errors.result import ErrorKinds

    writers = {LINES: lambda path: write_lines(found.records(), path)}
    if isinstance(found, ErrorKinds):
        view = View(found.tables, found.to_dict, lines=[*_confusion_lines(found)])
        out.show(found, view, writers=writers)
        return
    view = View(found.tables, found.to_dict, lines=found.sentences)
    out.show(found, view, writers=writers)


def _roles(files: Sequence[str]) -> tuple[str, ...]:
    """What each file is.

    Raises:
        InputError: if there are too few or too many.
    """
    from segeval.analysis.files_in_order import models_and_truth

    models_and_truth(files)
    return ("preds", "gt") if len(files) == 2 else ("a", "b", "gt")


def _columns(files: Sequence[str], arguments: Arguments, workers: int | None) -> Sequence[Any]:
    """Both files, or all three, as columns: lines of single errors look up boxes in them."""
    from segeval.analysis.files_in_order import call_to, ground_truth_last
    from segeval.metrics.coco.inputs import loaded

    *paths, gt = files
    truth: Any = gt
    found: list[Any] = []
    call = call_to("error_differences")
    with nullcontext() if len(paths) == 1 else ground_truth_last(paths, gt, call):
        for path in paths:
            preds, truth = loaded(
                path, truth, workers, score_field=arguments.score_field, agnostic=arguments.agnostic
            )
            found.append(preds)
    return [*found, truth]


def _evaluated(
    files: Sequence[Any], arguments: Arguments, wanted: ErrorOptions, workers: int | None
) -> ErrorKinds | ErrorDifferences:
    """What is known of one model, or of two."""
    from segeval.analysis.errors.against import error_differences_with
    from segeval.analysis.errors.error_kinds import error_kinds_with

    *preds, gt = files
    if len(preds) == 1:
        return error_kinds_with(preds[0], gt, arguments, wanted, workers=workers)
    return error_differences_with(preds[0], preds[1], gt, arguments, wanted, workers=workers)


def _confusion_lines(result: ErrorKinds) -> Iterator[str]:
    """How objects and predictions were brought together for the table of confusions, once."""
    found = [each.confusion for each in result.scores.values() if each.confusion is not None]
    for each in found[:1]:
        yield (
            f"confusion: predictions of scores from {each.min_score:g} take the object that they "
            f"overlap most, of any category, from IoU {each.threshold:g}"
        )
