"""`segeval report`: one HTML file with everything that is known of a model, or of two."""

from __future__ import annotations

from datetime import date as day

import typer

from segeval.errors import InputError
from segeval_cli.any_files import WITHOUT_PAGE, OtherFiles, evaluation_arguments
from segeval_cli.ap_options import CocoProtocolChoice
from segeval_cli.commands.report import options as own
from segeval_cli.flags import in_flags
from segeval_cli.measured import ApOptions
from segeval_cli.memory import VERY_LARGE, give_back_blocks
from segeval_cli.options import Overwrite, Quiet, Workers
from segeval_cli.output import check_target, write_lines
from segeval_cli.progress import say_notes, working
from segeval_cli.repeating import same_command
from segeval_cli.resampling_options import Groups, Resamples, Seed
from segeval_cli.streams import emit, say
from segeval_cli.tables import flow, terminal_width
from segeval_cli.unfolding import unfolded_but
from segeval_cli.values import check_margin

SUFFIXES = (".html",)

TODAY = "today"
"""The value of `--date` that stands for the day of the run."""

LINES = ".jsonl"
"""Suffix of the file of label suspects."""

ELSEWHERE = ("suspects", "output", "overwrite", "quiet", "workers")
"""Parameters that the page does not depend on."""


@unfolded_but(*WITHOUT_PAGE)
def report(
    context: typer.Context,
    files: own.Files,
    *,
    images: own.Photographs = None,
    top: own.Top = 24,
    instances: ApOptions,
    other_files: OtherFiles,
    protocol: CocoProtocolChoice = None,
    margin: own.Margin = 0.0,
    output: own.OutputFile = None,
    suspects: own.Suspects = None,
    title: own.Title = None,
    theme: own.Theme = "auto",
    date: own.Date = None,
    max_mb: own.MaxMb = 6.0,
    overwrite: Overwrite = False,
    quiet: Quiet = False,
    resamples: Resamples = 1000,
    seed: Seed = 0,
    groups: Groups = None,
    slices: own.Slice = None,
    workers: Workers = None,
) -> None:
    """One HTML file: how good a model is, where it fails, whether another is better.

    It opens offline and loads nothing. The same files give the same bytes.

    Example: segeval report preds.json gt.json -o report.html
    """
    del instances, other_files, protocol  # what is given of them is in the context
    if output is None:
        raise InputError(
            "nothing says where to write the page, expected -o with a file: report.html",
            code="option",
            option="output",
        )
    check_target(output, SUFFIXES, overwrite=overwrite)
    check_target(suspects, (LINES,), overwrite=overwrite, option="--suspects")
    own.refuse_ids(images)
    check_margin(margin)
    evaluation = evaluation_arguments(context, but=["images"])  # those are the photographs
    give_back_blocks(VERY_LARGE)
    from segeval.analysis.files_in_order import models_and_truth
    from segeval.reports.making import report_with
    from segeval.reports.options import ReportOptions

    models_and_truth(files)
    printed = day.today().isoformat() if date == TODAY else date
    again = same_command(context, files, without=ELSEWHERE, instead={"date": printed})
    options = ReportOptions(
        title=title,
        theme=theme,
        date=printed,
        margin=margin / 100,
        photos=images,
        top=top,
        max_mb=max_mb,
        resamples=resamples,
        seed=seed,
        groups=groups,
        slices=slices,
        command=f"{again} -o report.html",
        wording=in_flags,
    )
    with working(f"reporting on {files[0]}", quiet=quiet) as advance:
        page = report_with(
            files, evaluation, options, with_suspects=suspects is not None, workers=workers,
            on_progress=advance,
        )  # fmt: skip
    width = terminal_width()
    try:
        emit("\n".join(flow([sentence], width) for sentence in page.sentences), is_kept=True)
    finally:  # the file takes what standard output did not
        page.save(output)
    if not quiet:
        say_notes(page.notes, width)
        say(f"wrote {output}")
    if suspects is not None and page.suspects is not None:
        write_lines(page.suspects.records(), suspects)
        if not quiet:
            say(f"wrote {suspects}")
