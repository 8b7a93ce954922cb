"""The sheet of `segeval suspects`."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from segeval.errors import InputError
from segeval_cli.figures import missing_letters
from segeval_cli.progress import few_of_many, say_notes
from segeval_cli.streams import say
from segeval_cli.tables import terminal_width

if TYPE_CHECKING:
    from segeval.analysis.suspects.run import SuspectsOfFiles


def check_photographs(images: Path | None, pictures: Path | None) -> None:
    """Refuse a folder of photographs that is missing, or that nothing needs.

    Raises:
        InputError: for these.
    """
    if images is None:
        return
    if pictures is None:
        raise InputError(
            f"--images {images}: photographs are for --pictures, which is not given.",
            code="option",
            option="images",
        )
    from segeval.data.folders import existing_folder
    from segeval.pictures.photographs import PICTURES_IN_IT

    existing_folder(images, PICTURES_IN_IT)


def draw_suspects(
    found: SuspectsOfFiles, path: Path, images: Path | None, top: int, *, quiet: bool
) -> None:
    """Draw the first suspects on one sheet.

    Args:
        found: the suspects.
        path: of the figure.
        images: folder of the photographs; None for none.
        top: how many suspects at most.
        quiet: say neither notes nor what was written.
    """
    chosen = list(islice(found.result.scores.listed(), top))
    if not chosen:
        if not quiet:
            say(f"note: there is no suspect to draw, so {path} was not written")
        return
    from segeval.pictures.suspect_crops import suspect_tiles
    from segeval.plots import new_figure
    from segeval.plots.style import PAGE_MM, write_figure
    from segeval.plots.suspect_sheet import plot_suspects, suspects_height

    tiles = suspect_tiles(chosen, found.models, images)
    figure, ax = new_figure(width_mm=PAGE_MM, height_mm=suspects_height(tiles))
    plot_suspects(tiles, ax=ax)
    lacking = write_figure(figure, path)
    if quiet:
        return
    notes = dict.fromkeys(note for each in tiles for note in each.tile.notes)
    say_notes(few_of_many(notes, "photographs"), terminal_width())
    if lacking:
        say(missing_letters(lacking))
    say(f"wrote {path}")
