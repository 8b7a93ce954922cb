"""`segeval plot categories`: a number of each category."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import TYPE_CHECKING, Annotated, Any

import typer

from segeval_cli.any_files import Compat, OtherFiles, evaluation_arguments
from segeval_cli.commands.plot import part_files
from segeval_cli.commands.plot.evaluated import evaluated_files, intervals_of
from segeval_cli.commands.plot.part_files import GroundTruthPath
from segeval_cli.figures import FigureOptions, Shown
from segeval_cli.measured import CocoOptions
from segeval_cli.options import Workers, argument
from segeval_cli.part_files import is_alone
from segeval_cli.resampling_options import Ci, Resamples, Seed
from segeval_cli.tables import terminal_width
from segeval_cli.unfolding import unfolded

if TYPE_CHECKING:
    from segeval.metrics.result import Result


@unfolded
def by_category(
    context: typer.Context,
    preds: Annotated[str, argument("PREDS", "Predictions, in any form that ap, miou and pq read.")],
    gt: GroundTruthPath = None,
    *,
    ci: Ci = False,
    resamples: Resamples = 1000,
    seed: Seed = 0,
    compat: Compat = None,
    asked: CocoOptions,
    other_files: OtherFiles,
    how: FigureOptions,
    workers: Workers = None,
) -> None:
    """AP of each category, sorted, with the number of its objects.

    Of label maps (with --classes) IoU, of panoptic files PQ.

    Example: segeval plot categories preds.json gt.json --width page -o categories.pdf
    """
    result: Result[Any]
    if is_alone(preds, gt, context) or gt is None:
        package: Any = compat
        arguments = replace(asked, compat=package).coco_arguments(kinds=1)
        of_files = tuple(each.name for each in fields(other_files))
        result = part_files.ap_of(
            preds, arguments, context, workers, of_files=of_files, quiet=how.quiet
        )
        part_files.check_one_kind(preds, result.scores)
    else:
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
