"""`segeval show`: one image with its objects and predictions, as a picture."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import typer

from segeval_cli.any_files import Classes, evaluation_arguments
from segeval_cli.commands.show import options as own
from segeval_cli.commands.show.asked import LONGEST_SIDE, Asked, photos_drawn
from segeval_cli.commands.show.label_maps import show_label_maps
from segeval_cli.commands.show.panoptic import refuse_folders, show_panoptic, truth_of
from segeval_cli.figures import FigureOptions, Shown, say_notes
from segeval_cli.given import is_given
from segeval_cli.label_map_options import Ignore
from segeval_cli.measured import CocoOptions
from segeval_cli.memory import give_back_blocks
from segeval_cli.options import GtDir, PredsDir, Workers
from segeval_cli.other_files import refuse_other_files
from segeval_cli.progress import working
from segeval_cli.unfolding import unfolded

OF_SCORES = {"thresholds": "threshold", "min_score": "min_score"}
"""Parameters of predictions with scores, and how they are called here."""


@unfolded
def show(
    context: typer.Context,
    preds: own.Preds,
    gt: own.GroundTruthPath,
    *,
    image: own.ImageName,
    images: own.Photographs = None,
    thresholds: own.Threshold = 0.5,
    min_score: own.MinScore = 0.5,
    asked: CocoOptions,
    classes: Classes = None,
    ignore: Ignore = None,
    preds_dir: PredsDir = None,
    gt_dir: GtDir = None,
    how: FigureOptions,
    workers: Workers = None,
) -> None:
    """One image as a picture: what the model found, what is false, what it missed.

    Of panoptic files their segments; of label maps, with --classes, wrong pixels by kind of error.

    Example: segeval show preds.json gt.json --images val2017 --image 139 -o 139.png
    """
    from segeval.checks.label_map_report import are_label_maps
    from segeval.data.folders import existing_folder
    from segeval.pictures.photographs import PICTURES_IN_IT
    from segeval.reports.kinds_of_files import panoptic_told, refuse_mixed

    if images is not None:
        existing_folder(images, PICTURES_IN_IT)
    refuse_mixed([preds], gt, {} if classes is None else {"classes": classes})
    if classes is not None or ignore is not None or are_label_maps(preds, gt):
        show_label_maps(Asked(preds, gt, image, _given(context), images, how, workers))
        return
    arguments = replace(asked, min_score=min_score).coco_arguments(kinds=1)
    refuse_other_files(preds, gt)
    give_back_blocks()
    with working(f"reading {gt}", quiet=how.quiet):
        truth = truth_of(gt)
    if truth is None:
        show_panoptic(Asked(preds, gt, image, _given(context), images, how, workers))
        return
    refuse_folders(preds_dir=preds_dir, gt_dir=gt_dir)
    from segeval.pictures import each_tile, seen_image
    from segeval.plots.one_image import draw_image, image_height, object_rows, plot_image

    with working(f"matching {preds}", quiet=how.quiet), panoptic_told(gt):
        seen, place = seen_image(
            preds, truth, replace(arguments, thresholds=thresholds), image, workers=workers
        )
    folder = photos_drawn(images, how)
    [tile] = each_tile([seen], [place], folder, longest=LONGEST_SIDE, placeholders=True)
    say_notes([*seen.matches.notes, *tile.notes], how)
    Shown(
        drawing=lambda: draw_image(tile, threshold=thresholds),
        rows=lambda: object_rows(tile),
        plot=lambda ax: plot_image(tile, threshold=thresholds, min_score=min_score, ax=ax),
        height_mm=image_height(tile, page=how.is_page),
    ).show(how)


def _given(context: typer.Context) -> dict[str, Any]:
    """The arguments of the evaluation that the command line gives, for files without scores."""
    given = evaluation_arguments(context, but=["images", *OF_SCORES])
    for name, flag in OF_SCORES.items():
        if is_given(context, name):
            given[flag] = context.params[name]
    if context.params["preds_dir"] is not None:
        given["preds_dir"] = context.params["preds_dir"]
    return given
