"""`segeval plot pr`: precision against recall."""

from __future__ import annotations

from typing import Annotated

import typer

from segeval_cli.commands.plot.evaluated import evaluated, read_once
from segeval_cli.commands.plot.options import names_of
from segeval_cli.figures import FigureOptions, Shown
from segeval_cli.measured import CocoOptions
from segeval_cli.options import Workers, argument
from segeval_cli.tables import terminal_width
from segeval_cli.unfolding import unfolded


@unfolded
def pr(
    context: typer.Context,
    files: Annotated[
        list[str],
        argument(
            "PREDS... GT",
            "Predictions of one model or several, in a figure up to nine, then ground truth, COCO "
            'or LVIS; or a .match file alone; "-" is standard input.',
        ),
    ],
    *,
    asked: CocoOptions,
    how: FigureOptions,
    workers: Workers = None,
) -> None:
    """Precision against recall, a line per IoU threshold; of several models, a line each.

    Several models are drawn at IoU 0.50, or the first of --thresholds.

    Example: segeval plot pr a.json b.json gt.json -o pr.pdf
    """
    preds, gt = (files[:-1], files[-1]) if len(files) > 1 else (files, None)
    arguments = asked.coco_arguments(kinds=1)
    if how.is_drawn:
        from segeval.plots.palette import check_told_apart

        check_told_apart(len(preds))
    names = names_of(preds, lambda path: path.stem)
    truth = None if gt is None else read_once(gt, len(preds))
    results = [evaluated(each, truth, arguments, how, workers, context, kinds=1) for each in preds]
    from segeval.plots import precision_recall

    found = {name: precision_recall(each) for name, each in zip(names, results, strict=True)}
    if len(found) > 1:
        from segeval.plots import pr_models

        Shown(
            drawing=lambda: pr_models.draw_models_precision_recall(found, width=terminal_width()),
            rows=lambda: pr_models.model_rows(found),
            plot=lambda ax: pr_models.plot_models_precision_recall(found, ax=ax),
            height_mm=pr_models.models_height(found),
        ).show(how)
        return
    from segeval.plots import pr_curves

    (curves,) = found.values()
    Shown(
        drawing=lambda: pr_curves.draw_precision_recall(curves, width=terminal_width()),
        rows=curves.rows,
        plot=lambda ax: pr_curves.plot_precision_recall(curves, ax=ax),
        height_mm=66.0,
    ).show(how)
