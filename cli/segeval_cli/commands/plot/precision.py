"""`segeval plot pr`: precision against recall."""

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
def pr(
    context: typer.Context,
    preds: CocoPreds,
    gt: GroundTruthPath = None,
    *,
    asked: CocoOptions,
    how: FigureOptions,
    workers: Workers = None,
) -> None:
    """Precision against recall, a line per IoU threshold.

    Example: segeval plot pr preds.json gt.json -o pr.pdf
    """
    result = evaluated(preds, gt, asked.coco_arguments(kinds=1), how, workers, context, kinds=1)
    from segeval.plots import plot_precision_recall, precision_recall
    from segeval.plots.pr_curves import draw_precision_recall

    curves = precision_recall(result)
    Shown(
        drawing=lambda: draw_precision_recall(curves, width=terminal_width()),
        rows=curves.rows,
        plot=lambda ax: plot_precision_recall(curves, ax=ax),
        height_mm=66.0,
    ).show(how)
