"""`segeval plot confusion`: which categories are taken for which."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

from segeval_cli.commands.plot.evaluated import evaluation_of, threshold_asked
from segeval_cli.commands.plot.options import FigureOptions, Shown
from segeval_cli.measured import ApOptions, CocoPreds
from segeval_cli.options import WHICH, GroundTruthPath, Workers
from segeval_cli.tables import terminal_width
from segeval_cli.unfolding import unfolded


@unfolded
def confusion_figure(
    preds: CocoPreds,
    gt: GroundTruthPath,
    *,
    min_score: Annotated[
        float,
        WHICH.option(
            "--min-score S", "Leave out predictions with a lower score.", show_default=True
        ),
    ] = 0.5,
    asked: ApOptions,
    how: FigureOptions,
    workers: Workers = None,
) -> None:
    """The 20 pairs of categories that are confused most, at IoU 0.50 or the first threshold.

    Objects and predictions are matched whatever their category.
    Background is one too: objects not found, and predictions of no object.

    Example: segeval plot confusion preds.json gt.json --min-score 0.3 -o confusion.pdf
    """
    arguments = replace(asked, min_score=min_score).coco_arguments(kinds=1)
    evaluation = evaluation_of(preds, gt, arguments, how, workers)
    from segeval.analysis import confusion
    from segeval.plots import plot_confusion
    from segeval.plots.confusions import confusion_height, confusion_rows, draw_confusion

    threshold = threshold_asked(arguments, evaluation)
    found = confusion(evaluation, threshold=threshold, min_score=min_score, workers=workers)
    Shown(
        drawing=lambda: draw_confusion(found, width=terminal_width()),
        rows=lambda: confusion_rows(found),
        plot=lambda ax: plot_confusion(found, ax=ax),
        height_mm=confusion_height(found),
    ).show(how)
