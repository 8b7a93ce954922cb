"""`segeval plot scores`: how true and false predictions are scored."""

from __future__ import annotations

from segeval_cli.commands.plot.evaluated import evaluated
from segeval_cli.commands.plot.options import FigureOptions, Shown
from segeval_cli.measured import ApOptions, CocoPreds
from segeval_cli.options import GroundTruthPath, Workers
from segeval_cli.tables import terminal_width
from segeval_cli.unfolding import unfolded


@unfolded
def scores(
    preds: CocoPreds,
    gt: GroundTruthPath,
    *,
    asked: ApOptions,
    how: FigureOptions,
    workers: Workers = None,
) -> None:
    """Number of true and false predictions by score, at IoU 0.50 or the first threshold.

    Example: segeval plot scores preds.json gt.json --thresholds 0.75 -o scores.pdf
    """
    result = evaluated(preds, gt, asked.coco_arguments(kinds=1), how, workers)
    from segeval.plots import plot_scores, score_counts
    from segeval.plots.score_hist import draw_scores

    counts = score_counts(result.matches)
    Shown(
        drawing=lambda: draw_scores(counts, width=terminal_width()),
        rows=counts.rows,
        plot=lambda ax: plot_scores(counts, ax=ax),
    ).show(how)
