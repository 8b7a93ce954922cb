"""`segeval plot sizes`: AP of each size bucket."""

from __future__ import annotations

import typer

from segeval_cli.commands.plot.evaluated import evaluated, intervals_of
from segeval_cli.commands.plot.part_files import GroundTruthPath
from segeval_cli.figures import FigureOptions, Shown
from segeval_cli.measured import CocoOptions, CocoPreds
from segeval_cli.options import Workers
from segeval_cli.resampling_options import Ci, Resamples, Seed
from segeval_cli.tables import terminal_width
from segeval_cli.unfolding import unfolded


@unfolded
def sizes(
    context: typer.Context,
    preds: CocoPreds,
    gt: GroundTruthPath = None,
    *,
    ci: Ci = False,
    resamples: Resamples = 1000,
    seed: Seed = 0,
    asked: CocoOptions,
    how: FigureOptions,
    workers: Workers = None,
) -> None:
    """AP of each size bucket, several kinds of IoU side by side.

    Example: segeval plot sizes preds.json gt.json --iou segm,boundary -o sizes.pdf
    """
    result = evaluated(preds, gt, asked.coco_arguments(), how, workers, context)
    intervals = intervals_of(result, how, resamples, seed, workers) if ci else None
    from segeval.plots import plot_sizes, size_dots
    from segeval.plots.size_scores import draw_size_scores, size_rows

    kinds = size_dots(result, intervals)
    Shown(
        drawing=lambda: draw_size_scores(kinds, width=terminal_width()),
        rows=lambda: size_rows(kinds),
        plot=lambda ax: plot_sizes(kinds, ax=ax),
    ).show(how)
