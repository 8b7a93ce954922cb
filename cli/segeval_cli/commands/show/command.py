"""`segeval show`: one image with its objects and predictions, as a picture."""

from __future__ import annotations

from dataclasses import replace

from segeval_cli.commands.show import options as own
from segeval_cli.figures import FigureOptions, Shown, say_notes
from segeval_cli.measured import ApOptions, CocoPreds
from segeval_cli.memory import give_back_large_blocks
from segeval_cli.options import GroundTruthPath, Workers
from segeval_cli.other_files import refuse_other_files
from segeval_cli.progress import working
from segeval_cli.unfolding import unfolded

LONGEST_SIDE = 2048
"""Pixels of the longest side of a photograph: as many as a page has at 300 dpi."""


@unfolded
def show(
    preds: CocoPreds,
    gt: GroundTruthPath,
    *,
    image: own.ImageName,
    images: own.Photographs = None,
    thresholds: own.Threshold = 0.5,
    min_score: own.MinScore = 0.5,
    asked: ApOptions,
    how: FigureOptions,
    workers: Workers = None,
) -> None:
    """One image as a picture: what the model found, what is false, what it missed.

    Example: segeval show preds.json gt.json --images val2017 --image 139 -o 139.png
    """
    arguments = replace(asked, min_score=min_score).coco_arguments(kinds=1)
    refuse_other_files(preds, gt)
    give_back_large_blocks()
    from segeval.pictures import each_tile, seen_image
    from segeval.plots.one_image import draw_image, image_height, object_rows, plot_image

    with working(f"matching {preds}", quiet=how.quiet):
        seen, place = seen_image(
            preds, gt, replace(arguments, thresholds=thresholds), image, workers=workers
        )
    is_figure = how.output is not None and how.output.suffix.lower() != ".csv"
    folder = images if is_figure else None
    [tile] = each_tile([seen], [place], folder, longest=LONGEST_SIDE, placeholders=True)
    say_notes([*seen.matches.notes, *tile.notes], how)
    Shown(
        drawing=lambda: draw_image(tile, threshold=thresholds),
        rows=lambda: object_rows(tile),
        plot=lambda ax: plot_image(tile, threshold=thresholds, ax=ax),
        height_mm=image_height(tile, page=how.is_page),
    ).show(how)
