"""`segeval plot reliability`: whether scores tell how often predictions are true."""

from __future__ import annotations

from segeval_cli.commands.plot.evaluated import evaluation_of, threshold_asked
from segeval_cli.figures import FigureOptions, Shown
from segeval_cli.measured import CocoOptions, CocoPreds
from segeval_cli.options import GroundTruthPath, Workers
from segeval_cli.tables import terminal_width
from segeval_cli.unfolding import unfolded


@unfolded
def reliability(
    preds: CocoPreds,
    gt: GroundTruthPath,
    *,
    asked: CocoOptions,
    how: FigureOptions,
    workers: Workers = None,
) -> None:
    """Share of true predictions by score, at IoU 0.50 or the first threshold.

    Example: segeval plot reliability preds.json gt.json --thresholds 0.75 -o reliability.pdf
    """
    arguments = asked.coco_arguments(kinds=1)
    evaluation = evaluation_of(preds, gt, arguments, how, workers)
    from segeval.plots import plot_reliability, reliability_of
    from segeval.plots.reliability import draw_reliability

    threshold = threshold_asked(arguments, evaluation)
    found = reliability_of(evaluation, threshold=threshold, workers=workers)
    Shown(
        drawing=lambda: draw_reliability(found, width=terminal_width()),
        rows=found.rows,
        plot=lambda ax: plot_reliability(found, ax=ax),
        height_mm=70.0,
    ).show(how)
