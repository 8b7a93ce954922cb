"""A contact sheet of label suspects: what models predict, and the annotation in doubt."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from segeval.errors import InputError
from segeval.pictures.shapes import Part
from segeval.pictures.suspect_crops import SuspectTile
from segeval.plots.image_shapes import (
    CAPTION_POINTS,
    KEY_MM,
    MM_PER_POINT,
    Area,
    Look,
    draw_key,
    draw_tile,
)
from segeval.plots.image_sheet import GAP_MM, RATIO, grid_of
from segeval.plots.letters import LETTER, fitting
from segeval.plots.style import COLUMN_MM, PAGE_MM, drawing, size_mm

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LINE_MM = 2.7
CAPTION_MM = 2 * LINE_MM + 0.9
"""Height of the two lines above a crop."""

BOLD = 1.15
"""How much wider bold letters are."""

LOOKS: dict[Part, Look] = {
    "": Look("#FFFFFF", (0, (1, 1.2)), 0.6, "other annotations"),
    "P": Look("#56B4E9", "-", 0.9, "predicted"),
    "A": Look("#F0E442", (0, (5, 1.2, 1, 1.2)), 0.9, "annotated, in doubt"),
}
"""Line style, letter and colour of every part; hues differ for every kind of colour vision."""


def suspects_height(tiles: Sequence[SuspectTile], *, page: bool = True) -> float:
    """Height of a sheet in millimetres.

    Args:
        tiles: at least one.
        page: whether the sheet is as wide as a page.
    """
    width = PAGE_MM if page else COLUMN_MM
    return grid_of([each.tile for each in tiles], width, CAPTION_MM).tops[-1] + KEY_MM


def plot_suspects(tiles: Sequence[SuspectTile], *, ax: Axes | None = None) -> Axes:
    """Draw label suspects as one contact sheet, numbered from 1.

    Every outline tells what it is by its line style, letter and colour: P predicted (solid), A the
    annotation in doubt (dash-dotted); other annotations are dotted. Without pictures the objects
    are light on grey.

    Args:
        tiles: as from `segeval.pictures.suspect_tiles`.
        ax: where to draw; None makes a figure of one column's width.

    Returns:
        The axes, in millimetres.

    Raises:
        InputError: if there are no tiles.

    Example:
        >>> from segeval.analysis.suspects.run import suspects_of_files
        >>> from segeval.data.synthetic import furniture
        >>> from segeval.pictures import suspect_tiles
        >>> scene = furniture(images=8)
        >>> run = suspects_of_files([scene.better, scene.weaker, scene.ground_truth])
        >>> tiles = suspect_tiles(list(run.result.scores.listed())[:4], run.models)
        >>> type(plot_suspects(tiles)).__name__
        'Axes'
    """
    if not tiles:
        raise InputError("no suspect is left to draw.", code="no-suspects")
    with drawing(ax, height_mm=suspects_height(tiles, page=False)) as (ax, _):
        grid = grid_of([each.tile for each in tiles], size_mm(ax)[0], CAPTION_MM)
        for number, each in enumerate(tiles):
            row, column = divmod(number, grid.columns)
            left, top = column * (grid.side + GAP_MM), grid.tops[row]
            _draw(ax, each, f"{number + 1}", left, top, grid.side)
        draw_key(ax, grid.tops[-1], grid.width, looks=LOOKS)
        ax.set_xlim(0, grid.width)
        ax.set_ylim(grid.tops[-1] + KEY_MM, 0)
        ax.set_aspect("equal")
        ax.set_axis_off()
    return ax


def _draw(ax: Axes, each: SuspectTile, number: str, left: float, top: float, side: float) -> None:
    """Draw two lines, and below them one crop scaled to its place."""
    tile = each.tile
    room = side / MM_PER_POINT / CAPTION_POINTS / LETTER - 1
    lines = (
        (fitting(f"{number}  {each.caption}", max(room / BOLD, 6.0)), "bold"),
        (fitting("  ".join(filter(None, (each.certainty, tile.name))), max(room, 6.0)), "normal"),
    )
    for place, (words, weight) in enumerate(lines, 1):
        ax.text(
            left, top + place * LINE_MM, words, size=CAPTION_POINTS, va="baseline", weight=weight
        )
    height, width = tile.size
    scale = min(side / width, RATIO * side / height)
    area = Area(left + (side - scale * width) / 2, top + CAPTION_MM, scale)
    draw_tile(ax, tile, area, full=True, looks=LOOKS, clipped=True)
