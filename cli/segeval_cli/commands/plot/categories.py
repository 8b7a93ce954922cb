"""`segeval plot categories`: AP of each category."""

from __future__ import annotations

from segeval_cli.commands.plot.evaluated import evaluated, intervals_of
from segeval_cli.commands.plot.options import FigureOptions, Shown
from segeval_cli.measured import ApOptions, CocoPreds
from segeval_cli.options import GroundTruthPath, Workers
from segeval_cli.resampling_options import Ci, Resamples, Seed
from segeval_cli.tables import terminal_width
from segeval_cli.unfolding import unfolded


@unfolded
def by_category(
    preds: CocoPreds,
    gt: GroundTruthPath,
    *,
    ci: Ci = False,
    resamples: Resamples = 1000,
    seed: Seed = 0,
    asked: ApOptions,
    how: FigureOptions,
    workers: Workers = None,
) -> None:
    """AP of each category, sorted, with the number of its objects.

    Example: segeval plot categories preds.json gt.json --width page -o categories.pdf
    """
    result = evaluated(preds, gt, asked.coco_arguments(kinds=1), how, workers)
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
