"""`segeval show` for label maps: one image with its wrong pixels by kind of error."""

from __future__ import annotations

from segeval.errors import InputError
from segeval_cli.commands.show.asked import LONGEST_SIDE, Asked
from segeval_cli.figures import Shown, say_notes

KNOWN = ("classes", "ignore")
"""Arguments of an evaluation that the picture depends on."""


def show_label_maps(asked: Asked) -> None:
    """Show one image of label maps.

    Args:
        asked: folders or files of label maps, and an image.

    Raises:
        InputError: without classes, for arguments of other files, and for an unknown image.
    """
    from segeval.data.id_maps.elsewhere import CONVERTED
    from segeval.data.label_maps.classes import label_classes
    from segeval.pictures import label_tile
    from segeval.plots.label_image import (
        draw_label_image,
        label_image_height,
        label_image_rows,
        plot_label_image,
    )
    from segeval.reports.kinds_of_files import panoptic_told

    preds, evaluation, how = asked.preds, asked.evaluation, asked.how
    for name in evaluation:
        if name not in KNOWN:
            raise InputError(f"`{name}` does not go with label maps.", code="option", option=name)
    if "classes" not in evaluation:
        raise InputError(
            f"{preds}: label maps are shown by their classes, expected `classes` as well, such "
            f'as `classes="cityscapes"`. {CONVERTED}',
            code="classes",
            path=preds,
            option="classes",
        )
    classes = label_classes(label_classes(evaluation["classes"]), evaluation.get("ignore", ()))
    with panoptic_told(asked.gt):
        tile = label_tile(
            preds, asked.gt, asked.image,
            classes=classes, photos=asked.photos, longest=LONGEST_SIDE,
        )  # fmt: skip
    say_notes(tile.notes, how)
    Shown(
        drawing=lambda: draw_label_image(tile, classes.names),
        rows=lambda: label_image_rows(tile, classes.names),
        plot=lambda ax: plot_label_image(tile, ax=ax),
        height_mm=label_image_height(tile, page=how.is_page),
    ).show(how)
