"""`segeval plot compare`: differences between two models with their intervals."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from segeval_cli.any_files import Compat, OtherFiles, evaluation_arguments
from segeval_cli.figures import FigureOptions, Shown, say_notes
from segeval_cli.measured import ApOptions
from segeval_cli.memory import give_back_blocks
from segeval_cli.options import WHAT, Workers, argument
from segeval_cli.part_files import are_parts
from segeval_cli.part_options import arguments_of_parts
from segeval_cli.progress import working
from segeval_cli.resampling_options import Resamples, Seed
from segeval_cli.tables import terminal_width
from segeval_cli.unfolding import unfolded
from segeval_cli.values import check_margin


@unfolded
def compare_figure(
    context: typer.Context,
    a: Annotated[str, argument("A", "Predictions of the first model.")],
    b: Annotated[str, argument("B", "Predictions of the second model.")],
    gt: Annotated[
        str | None,
        argument("GT", "Ground truth of both, as segeval compare takes it; none with part files."),
    ] = None,
    *,
    by: Annotated[
        Literal["size", "category"],
        WHAT.option(
            "--by", "Draw the main numbers and sizes, or all categories.", show_default=True
        ),
    ] = "size",
    metric: Annotated[
        str | None,
        WHAT.option("--metric NAME", "The main number, such as AP50 or segm.sizes.small.ap."),
    ] = None,
    margin: Annotated[
        float,
        WHAT.option("--margin POINTS", "Points, as in segeval compare.", show_default=True),
    ] = 0.0,
    resamples: Resamples = 1000,
    seed: Seed = 0,
    compat: Compat = None,
    asked: ApOptions,
    other_files: OtherFiles,
    how: FigureOptions,
    workers: Workers = None,
) -> None:
    """Differences between two models with 95 % intervals, second minus first.

    The files are those of segeval compare: of ap, miou or pq.

    Example: segeval plot compare a.json b.json gt.json --by category -o compare.pdf
    """
    check_margin(margin)
    del other_files  # what is given of them is in the context
    is_of_parts = are_parts([a, b, *([] if gt is None else [gt])])
    if not is_of_parts and gt is None:
        context.fail("Missing argument 'GT'.")
    evaluation = evaluation_arguments(context)
    if is_of_parts:
        evaluation = arguments_of_parts([a, b], evaluation, asked, compat, context)
    give_back_blocks()
    import segeval
    from segeval.plots import difference_dots, plot_compare
    from segeval.plots.differences import compare_height, draw_compare

    with working(f"comparing {a} and {b}", quiet=how.quiet) as advance:
        result = segeval.compare(
            a, b, gt, margin=margin / 100, metric=metric, resamples=resamples, seed=seed,
            workers=workers, on_progress=advance, **evaluation,
        )  # fmt: skip
    say_notes(result.notes, how)
    dots = difference_dots(result, by=by)
    Shown(
        drawing=lambda: draw_compare(dots, width=terminal_width()),
        rows=dots.rows,
        plot=lambda ax: plot_compare(dots, ax=ax),
        height_mm=compare_height(dots),
    ).show(how)
