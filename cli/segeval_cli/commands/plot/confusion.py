"""`segeval plot confusion`: which categories are taken for which."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from segeval_cli.commands.plot import part_files
from segeval_cli.commands.plot.evaluated import evaluation_of, threshold_asked
from segeval_cli.commands.plot.options import MinScore
from segeval_cli.figures import FigureOptions, Shown, say_notes
from segeval_cli.label_map_options import (
    Ignore,
    are_label_maps,
    classes_option,
    refuse_options_of_ap,
)
from segeval_cli.measured import CocoOptions
from segeval_cli.options import Workers, argument
from segeval_cli.other_files import LABEL_MAPS, refuse_other_files
from segeval_cli.part_files import is_alone
from segeval_cli.progress import working
from segeval_cli.tables import terminal_width
from segeval_cli.unfolding import unfolded
from segeval_cli.values import parse_ignored

if TYPE_CHECKING:
    from segeval.analysis import Confusion

OF_LABEL_MAPS = {
    "preds", "gt", "classes", "ignore", "output", "overwrite", "title", "width", "dark", "quiet",
    "workers",
}  # fmt: skip
"""Parameters of the command that label maps take."""


@unfolded
def confusion_figure(
    context: typer.Context,
    preds: Annotated[
        str,
        argument(
            "PREDS",
            'Predictions: .json, .json.gz or .jsonl, or "-" for standard input; or a folder of '
            "label maps; or a .match file of segeval match --errors.",
        ),
    ],
    gt: part_files.GroundTruthPath = None,
    *,
    classes: Annotated[str | None, classes_option("Classes of label maps, which need them: ")] = (
        None
    ),
    ignore: Ignore = None,
    min_score: MinScore = 0.5,
    asked: CocoOptions,
    how: FigureOptions,
    workers: Workers = None,
) -> None:
    """The 20 pairs of categories that are confused most, at IoU 0.50 or the first threshold.

    Objects and predictions are matched whatever their category.
    Background is one too: objects not found, and predictions of no object.
    With --classes: pixels of label maps, which are taken for another class.

    Example: segeval plot confusion preds.json gt.json --min-score 0.3 -o confusion.pdf
    """
    if is_alone(preds, gt, context) or gt is None:
        found = _of_part(preds, replace(asked, min_score=min_score), how, context)
    else:
        refuse_other_files(preds, gt, but=LABEL_MAPS)
        if are_label_maps([preds, gt], classes, ignore) and classes is not None:
            refuse_options_of_ap(context, OF_LABEL_MAPS, preds)
            found = _of_label_maps(preds, gt, classes, ignore, how, workers)
        else:
            found = _of_objects(preds, gt, replace(asked, min_score=min_score), how, workers)
    from segeval.plots import plot_confusion
    from segeval.plots.confusions import confusion_height, confusion_rows, draw_confusion

    Shown(
        drawing=lambda: draw_confusion(found, width=terminal_width()),
        rows=lambda: confusion_rows(found),
        plot=lambda ax: plot_confusion(found, ax=ax),
        height_mm=confusion_height(found),
    ).show(how)


def _of_part(
    path: str, asked: CocoOptions, how: FigureOptions, context: typer.Context
) -> Confusion:
    """Which categories are taken for which in a part file; says its notes."""
    arguments = asked.coco_arguments(kinds=1)
    part_files.check_options(
        path, arguments, context, but=("categories", "images", "iou", "thresholds", "min_score"),
        of_files=("classes", "ignore"),
    )  # fmt: skip
    from segeval.analysis.errors.of_parts import confusion_of_part

    with working(f"reading {path}", quiet=how.quiet):
        found, notes = confusion_of_part(
            path,
            iou=arguments.iou[0] if arguments.iou else None,
            thresholds=arguments.thresholds,
            min_score=arguments.min_score or 0.0,
            categories=arguments.categories,
            images=arguments.images,
        )
    say_notes(notes, how)
    return found


def _of_objects(
    preds: str, gt: str, asked: CocoOptions, how: FigureOptions, workers: int | None
) -> Confusion:
    """Which categories are taken for which."""
    arguments = asked.coco_arguments(kinds=1)
    evaluation = evaluation_of(preds, gt, arguments, how, workers)
    from segeval.analysis import confusion

    threshold = threshold_asked(arguments, evaluation)
    least = asked.min_score or 0.0
    return confusion(evaluation, threshold=threshold, min_score=least, workers=workers)


def _of_label_maps(
    preds: str,
    gt: str,
    classes: str,
    ignore: list[str] | None,
    how: FigureOptions,
    workers: int | None,
) -> Confusion:
    """Which classes are taken for which; says its notes."""
    from segeval.analysis import label_confusion

    with working(f"evaluating {preds}", quiet=how.quiet) as advance:
        found = label_confusion(
            preds, gt, classes=classes, ignore=parse_ignored(ignore), workers=workers,
            on_progress=advance,
        )  # fmt: skip
    say_notes(found.notes, how)
    return found
