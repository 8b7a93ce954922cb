"""`segeval plot scores`: how true and false predictions are scored."""

from __future__ import annotations

import typer

from segeval_cli.commands.plot.evaluated import evaluated
from segeval_cli.commands.plot.part_files import GroundTruthPath
from segeval_cli.figures import FigureOptions, Shown
from segeval_cli.measured import CocoOptions, CocoPreds
from segeval_cli.options import Workers
from segeval_cli.tables import terminal_width
from segeval_cli.unfolding import unfolded


@unfolded
def scores(
    context: typer.Context,
    preds: CocoPreds,
    gt: GroundTruthPath = None,
    *,
    asked: CocoOptions,
    how: FigureOptions,
    workers: Workers = None,
) -> None:
    """Number of true and false predictions by score, at IoU 0.50 or the first threshold.

    Example: segeval plot scores preds.json gt.json --thresholds 0.75 -o scores.pdf
    """
    result = evaluated(preds, gt, asked.coco_arguments(kinds=1), how, workers, context, kinds=1)
    from segeval.plots import plot_scores, score_counts
    from segeval.plots.score_hist import draw_scores

    counts = score_counts(result.matches)
    Shown(
        drawing=lambda: draw_scores(counts, width=terminal_width()),
        rows=counts.rows,
        plot=lambda ax: plot_scores(counts, ax=ax),
    ).show(how)
