"""`segeval plot images`: the images with the most errors, or that changed most."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from segeval.errors import InputError
from segeval.words import counted
from segeval_cli.commands.plot.evaluated import evaluation_of
from segeval_cli.commands.plot.options import MinScore, names_of
from segeval_cli.figures import FigureOptions, Shown, say_notes
from segeval_cli.measured import CocoOptions
from segeval_cli.options import WHICH, Workers, argument
from segeval_cli.tables import terminal_width
from segeval_cli.unfolding import unfolded

if TYPE_CHECKING:
    from segeval.pictures import Seen


@unfolded
def image_sheet(
    files: Annotated[
        list[str],
        argument(
            "PREDS... GT",
            "Predictions of one model or of two, then ground truth, COCO or LVIS; "
            '"-" is standard input.',
        ),
    ],
    *,
    images: Annotated[
        Path | None,
        WHICH.reading("--images DIR", "Folder of the pictures. Default: masks on grey."),
    ] = None,
    top: Annotated[
        int, WHICH.option("--top N", "Number of images.", min=1, max=100, show_default=True)
    ] = 8,
    min_score: MinScore = 0.5,
    asked: CocoOptions,
    how: FigureOptions,
    workers: Workers = None,
) -> None:
    """The images with the most errors at IoU 0.50 or the first threshold, as one sheet.

    With predictions of two models: the images whose errors changed most, side by side.

    Example: segeval plot images preds.json gt.json --images val2017 --top 12 -o worst.png
    """
    if len(files) not in (2, 3):
        raise InputError(
            f"{counted(len(files), 'file')}, expected predictions of one model or two, then ground "
            "truth.",
            code="file-count",
        )
    *paths, truth = files
    stems = names_of(paths, lambda path: path.stem)
    names = [""] if len(paths) == 1 else list("AB")
    seen = _seen(paths, names, truth, replace(asked, min_score=min_score), how, workers)
    from segeval.pictures import image_tiles, worst_images
    from segeval.pictures.tiles import image_rows
    from segeval.plots import plot_images
    from segeval.plots.image_sheet import draw_images, sheet_height

    is_figure = how.output is not None and how.output.suffix.lower() != ".csv"
    pictures = images if is_figure else None
    tiles = image_tiles(seen, worst_images(seen, top), pictures)
    say_notes([note for tile in tiles for note in tile.notes if tile.model == names[0]], how)
    models = dict(zip(names, stems, strict=True))
    Shown(
        drawing=lambda: draw_images(tiles, models, width=terminal_width()),
        rows=lambda: image_rows(seen),
        plot=lambda ax: plot_images(tiles, ax=ax),
        height_mm=sheet_height(tiles, page=how.is_page),
    ).show(how)


def _seen(
    paths: list[str],
    names: list[str],
    truth: str,
    asked: CocoOptions,
    how: FigureOptions,
    workers: int | None,
) -> list[Seen]:
    """The predictions of every model, and what is wrong with them."""
    from segeval.analysis.image_errors import image_errors
    from segeval.metrics.coco.curves import half_or_first
    from segeval.pictures import Seen

    arguments = asked.coco_arguments(kinds=1)
    seen: list[Seen] = []
    for path, name in zip(paths, names, strict=True):
        gt = seen[0].evaluation.gt if seen else truth
        evaluation = evaluation_of(path, gt, arguments, how, workers)
        threshold = half_or_first(evaluation.matches.thresholds)
        errors = image_errors(evaluation, threshold=threshold, workers=workers)
        seen.append(Seen(name, evaluation, errors))
    return seen
