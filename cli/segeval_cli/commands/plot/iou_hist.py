"""`segeval plot iou-hist`: how well the objects are covered."""

from __future__ import annotations

from segeval_cli.commands.plot.evaluated import evaluation_of
from segeval_cli.figures import FigureOptions, Shown
from segeval_cli.measured import CocoOptions, CocoPreds
from segeval_cli.options import GroundTruthPath, Workers
from segeval_cli.tables import terminal_width
from segeval_cli.unfolding import unfolded


@unfolded
def iou_hist(
    preds: CocoPreds,
    gt: GroundTruthPath,
    *,
    asked: CocoOptions,
    how: FigureOptions,
    workers: Workers = None,
) -> None:
    """Best IoU of each object with a prediction of its category, thresholds marked.

    Example: segeval plot iou-hist preds.json gt.json -o iou.pdf
    """
    arguments = asked.coco_arguments(kinds=1)
    evaluation = evaluation_of(preds, gt, arguments, how, workers)
    from segeval.plots import best_iou_of_objects, plot_iou_hist
    from segeval.plots.iou_hist import draw_iou_hist

    ious = best_iou_of_objects(evaluation, workers=workers)
    Shown(
        drawing=lambda: draw_iou_hist(ious, width=terminal_width()),
        rows=ious.rows,
        plot=lambda ax: plot_iou_hist(ious, ax=ax),
    ).show(how)
