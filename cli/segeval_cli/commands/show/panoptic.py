"""`segeval show` for panoptic files: one image with its true, false and missed segments."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from segeval.errors import FormatError, InputError
from segeval_cli.commands.show.asked import LONGEST_SIDE, Asked
from segeval_cli.figures import Shown, say_notes
from segeval_cli.progress import working


def truth_of(gt: str) -> Any:
    """The ground truth, read; its path where it cannot be; None where it is panoptic."""
    from segeval.data import load_ground_truth

    try:
        return load_ground_truth(gt)
    except FormatError as error:
        # What is wrong with one file says who reads both: they may be swapped.
        return None if error.code == "panoptic" else gt


def refuse_folders(**folders: Path | None) -> None:
    """Refuse folders of pictures where files have masks of their own.

    Raises:
        InputError: for one of them.
    """
    from segeval.analysis.comparison.evaluate import NAMES

    for name, folder in folders.items():
        if folder is not None:
            raise InputError(
                f"`{name}` does not go with {NAMES['average_precision']}.",
                code="option",
                option=name,
            )


def show_panoptic(asked: Asked) -> None:
    """Show one image of panoptic files.

    Args:
        asked: both files, and an image.

    Raises:
        InputError: for arguments of other files, and for an unknown image.
        FormatError: for a file that cannot be used; the message names the record.
        MismatchError: for two files that do not belong together.
    """
    from segeval.analysis.comparison.evaluate import evaluation_of
    from segeval.data.panoptic.read import load_panoptic
    from segeval.pictures import each_segment_tile, seen_segments
    from segeval.plots.one_image import image_height
    from segeval.plots.segment_image import draw_segment_image, plot_segment_image, segment_rows

    preds, evaluation, how = asked.preds, asked.evaluation, asked.how
    truth = load_panoptic(asked.gt, evaluation.get("gt_dir"), option="gt_dir")
    evaluation_of(preds, truth, evaluation)
    with working(f"matching {preds}", quiet=how.quiet):
        seen, quality, notes = seen_segments(
            preds, truth, asked.image, workers=asked.workers, **evaluation
        )
    [tile] = each_segment_tile([seen], [0], asked.photos, longest=LONGEST_SIDE)
    say_notes((*notes, *tile.notes), how)
    Shown(
        drawing=lambda: draw_segment_image(tile, quality.pq),
        rows=lambda: segment_rows(tile, seen),
        plot=lambda ax: plot_segment_image(tile, quality.pq, ax=ax),
        height_mm=image_height(tile, page=how.is_page),
    ).show(how)
