"""`segeval compare`: two or more models on the same images."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from segeval_cli import failures
from segeval_cli.any_files import WITHOUT_PAGE, Compat, OtherFiles, evaluation_arguments
from segeval_cli.commands.compare import options as own
from segeval_cli.commands.compare.sides import parse_sides
from segeval_cli.measured import ApOptions
from segeval_cli.options import All, Json, OutputFile, Overwrite, Quiet, Workers
from segeval_cli.resampling_options import (
    Groups,
    Replicates,
    Resamples,
    Seed,
    check_replicates,
    write_replicates,
)
from segeval_cli.streams import say
from segeval_cli.unfolding import unfolded

if TYPE_CHECKING:
    from collections.abc import Sequence

    from segeval.analysis import Comparison


@unfolded
def compare(
    context: typer.Context,
    files: own.Files,
    *,
    metric: own.Metric = None,
    margin: own.Margin = 0.0,
    slices: own.Slice = None,
    groups: Groups = None,
    plan: own.PlanFor = None,
    resamples: Resamples = 1000,
    seed: Seed = 0,
    compat: Compat = None,
    instances: ApOptions,
    other_files: OtherFiles,
    by: own.ByTables = ["size"],  # noqa: B006
    show_all: All = False,
    fail_if_worse: own.FailIfWorse = False,
    require: own.Require = None,
    json: Json = False,
    output: OutputFile = None,
    replicates: Replicates = None,
    overwrite: Overwrite = False,
    quiet: Quiet = False,
    workers: Workers = None,
) -> None:
    """Is model B better than model A? Differences with intervals and a verdict.

    Both are evaluated on the same images, drawn with replacement 1,000 times.
    The verdict is better, worse, same within --margin, or undecided, with the
    difference that this set of images can show.

    Example: segeval compare a.json b.json gt.json --by size,category
    """
    del other_files  # what is given of them is in the context
    from segeval_cli.commands.compare.request import check_answers, check_points
    from segeval_cli.commands.compare.view import compare_view
    from segeval_cli.memory import give_back_blocks
    from segeval_cli.part_options import arguments_of_parts
    from segeval_cli.progress import working
    from segeval_cli.results import Output
    from segeval_cli.values import parse_choices

    models, gt = parse_sides(files)
    check_points(margin, plan)
    tables = parse_choices(by, "--by", list(own.By), "table")
    check_answers(tables, slices, len(models), fail_if_worse=fail_if_worse, require=require)
    letters = {chr(ord("a") + at): runs[0] for at, runs in enumerate(models) if at < 6}
    out = Output(
        inputs=letters if gt is None else {**letters, "gt": gt}, number="difference",
        json=json, path=output, overwrite=overwrite, quiet=quiet,
        every_row=show_all,
    )  # fmt: skip
    check_replicates(replicates, overwrite=overwrite)
    arguments = evaluation_arguments(context)
    if gt is None:
        paths = [path for runs in models for path in runs]
        arguments = arguments_of_parts(paths, arguments, instances, compat, context)
    give_back_blocks()
    a, b, *others = [runs if len(runs) > 1 else runs[0] for runs in models]
    with working(f"comparing {files[0]} and {files[1]}", quiet=quiet) as advance:
        from segeval import compare as compare_files

        result = compare_files(
            a, b, gt, others=others, groups=groups, slices=slices, margin=margin / 100,
            metric=metric, plan=None if plan is None else plan / 100, resamples=resamples,
            seed=seed, workers=workers, on_progress=advance, **arguments,
        )  # fmt: skip
    try:
        page = "" if quiet else _page(context, models, gt, result)
        out.show(result, compare_view(result, tables, page))
    finally:
        if replicates is not None:
            write_replicates(replicates, result.scores.paths, result.scores.replicates, quiet=quiet)
    if not _is_good(result, fail_if_worse=fail_if_worse, require=require):
        raise typer.Exit(failures.ANSWER_IS_NO)


def _page(
    context: typer.Context, models: Sequence[Sequence[str]], gt: str | None, result: Comparison
) -> str:
    """The command that shows what changed as pictures; "" where there is no such page."""
    from segeval.metrics.coco.arguments import OTHER_PROTOCOLS
    from segeval_cli.inputs import STANDARD_INPUT
    from segeval_cli.part_options import given_options
    from segeval_cli.repeating import same_command

    alone = [runs[0] for runs in models if len(runs) == 1]
    # For a report --images is the folder of the photographs.
    lacking = {*WITHOUT_PAGE, "images"}
    protocol = result.settings.get("protocol")
    if protocol is None:  # label maps and panoptic files
        lacking |= {"groups", "slices"}
    has_page = (
        len(alone) == len(models) == 2
        and STANDARD_INPUT not in (*alone, gt)
        and protocol not in OTHER_PROTOCOLS
        and lacking.isdisjoint(given_options(context))
    )
    if gt is None or not has_page:
        return ""
    asked = same_command(context, [*alone, gt], without=own.ONLY_NUMBERS, name="report")
    return f"{asked} -o report.html"


def _is_good(result: Comparison, *, fail_if_worse: bool, require: str | None) -> bool:
    """Whether the answer is what was asked for; says so if it is not."""
    from segeval.analysis.comparison.verdicts import is_within_loss

    margin = result.scores.margin
    wrong = []
    option = "--fail-if-worse" if fail_if_worse else "--require not-worse"
    for name, found in result.judged.items() if fail_if_worse or require else ():
        if found.difference is None:
            wrong.append(f"{name} is undefined, so nothing can be judged ({option})")
        elif fail_if_worse and found.verdict.value == "worse":
            wrong.append(f"{name} is worse (--fail-if-worse)")
        elif require is not None and not is_within_loss(found.interval, margin):
            end = (
                "there is no interval"
                if found.interval is None
                else f"the interval begins at {100 * found.interval[0]:+.3g}"
            )
            wrong.append(
                f"{name} is not shown to lose at most {100 * margin:g}: {end} (--require not-worse)"
            )
        elif found.verdict.value == "too few images":
            say(f"{name} is not judged: too few images ({option})")
    for line in wrong:
        say(line)
    return not wrong
