"""`segeval plot categories`: a number of each category."""

from __future__ import annotations

from typing import Annotated

import typer

from segeval_cli.any_files import Compat, OtherFiles, evaluation_arguments
from segeval_cli.commands.plot.evaluated import evaluated_files, intervals_of
from segeval_cli.commands.plot.options import FigureOptions, Shown
from segeval_cli.measured import ApOptions
from segeval_cli.options import GroundTruthPath, Workers, argument
from segeval_cli.resampling_options import Ci, Resamples, Seed
from segeval_cli.tables import terminal_width
from segeval_cli.unfolding import unfolded


@unfolded
def by_category(
    context: typer.Context,
    preds: Annotated[str, argument("PREDS", "Predictions, in any form that ap, miou and pq read.")],
    gt: GroundTruthPath,
    *,
    ci: Ci = False,
    resamples: Resamples = 1000,
    seed: Seed = 0,
    compat: Compat = None,
    asked: ApOptions,
    other_files: OtherFiles,
    how: FigureOptions,
    workers: Workers = None,
) -> None:
    """AP of each category, sorted, with the number of its objects.

    Of label maps (with --classes) IoU, of panoptic files PQ.

    Example: segeval plot categories preds.json gt.json --width page -o categories.pdf
    """
    del compat, asked, other_files  # what is given of them is in the context
    result = evaluated_files(preds, gt, evaluation_arguments(context), how, workers)
    intervals = intervals_of(result, how, resamples, seed, workers) if ci else None
    from segeval.plots import category_dots, plot_categories
    from segeval.plots.category_scores import categories_height, draw_categories

    dots = category_dots(result, intervals)
    Shown(
        drawing=lambda: draw_categories(dots, width=terminal_width()),
        rows=dots.rows,
        plot=lambda ax: plot_categories(dots, ax=ax),
        height_mm=categories_height(dots, page=how.is_page),
    ).show(how)
