"""A contact sheet: images with ground truth, true, false and missed objects outlined."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from segeval.errors import InputError
from segeval.frozen import frozen
from segeval.pictures.tiles import Tile
from segeval.plots.bars import Bar, draw_bars
from segeval.plots.image_shapes import KEY_MM, Area, draw_caption, draw_key, draw_tile
from segeval.plots.style import COLUMN_MM, PAGE_MM, drawing, size_mm

if TYPE_CHECKING:
    from matplotlib.axes import Axes

GAP_MM = 1.5
CAPTION_MM = 3.4
RATIO = 0.75
"""Largest height of a tile, as a fraction of its width."""


@frozen
class Grid:
    """Where tiles stand, in millimetres.

    Attributes:
        width: of the sheet.
        side: width of a tile.
        tops: upper ends of the rows, and the lower end of the last.
        columns: tiles in a row.
    """

    width: float
    side: float
    tops: tuple[float, ...]
    columns: int


def grid_of(tiles: Sequence[Tile], width: float, caption_mm: float = CAPTION_MM) -> Grid:
    """A grid whose rows are as high as their highest image.

    Args:
        tiles: at least one.
        width: of the sheet in millimetres.
        caption_mm: height of what is written above an image.
    """
    columns = min(4 if width >= 0.85 * PAGE_MM else 2, len(tiles))
    side = (width - (columns - 1) * GAP_MM) / columns
    tops = [0.0]
    for first in range(0, len(tiles), columns):
        ratios = (each.size[0] / each.size[1] for each in tiles[first : first + columns])
        tops.append(tops[-1] + caption_mm + min(max(ratios), RATIO) * side + GAP_MM)
    return Grid(width, side, tuple(tops), columns)


def sheet_height(tiles: Sequence[Tile], *, page: bool = False) -> float:
    """Height of a sheet in millimetres.

    Args:
        tiles: at least one.
        page: whether the sheet is as wide as a page.
    """
    return grid_of(tiles, PAGE_MM if page else COLUMN_MM).tops[-1] + KEY_MM


def plot_images(tiles: Sequence[Tile], *, ax: Axes | None = None) -> Axes:
    """Draw images as one contact sheet, with outlines of what was found and missed in them.

    Every outline tells what it is by its line style, letter and colour: T true (solid), F false
    (dashed), N not found (dash-dotted); the ground truth of what was found is dotted. Without
    pictures the objects are light on grey.

    Args:
        tiles: as from `segeval.pictures.image_tiles`.
        ax: where to draw; None makes a figure of one column's width.

    Returns:
        The axes, in millimetres.

    Raises:
        InputError: if there are no tiles.

    Example:
        >>> from segeval.data.synthetic import furniture
        >>> from segeval.metrics.coco.arguments import Arguments
        >>> from segeval.pictures import image_tiles, seen_image
        >>> scene = furniture(images=8)
        >>> seen, place = seen_image(scene.weaker, scene.ground_truth, Arguments(thresholds=0.5), 3)
        >>> type(plot_images(image_tiles([seen], [place]))).__name__
        'Axes'
    """
    if not tiles:
        raise InputError("no image is left to draw.", code="no-images")
    with drawing(ax, height_mm=sheet_height(tiles)) as (ax, _):
        grid = grid_of(tiles, size_mm(ax)[0])
        for place, tile in enumerate(tiles):
            row, column = divmod(place, grid.columns)
            _draw_tile(ax, tile, column * (grid.side + GAP_MM), grid.tops[row], grid.side)
        draw_key(ax, grid.tops[-1], grid.width)
        ax.set_xlim(0, grid.width)
        ax.set_ylim(grid.tops[-1] + KEY_MM, 0)
        ax.set_aspect("equal")
        ax.set_axis_off()
    return ax


def _draw_tile(ax: Axes, tile: Tile, left: float, top: float, side: float) -> None:
    """Draw a caption, and below it one image scaled to its place."""
    height, width = tile.size
    scale = min(side / width, RATIO * side / height)
    caption = f"{tile.model}  {tile.name}" if tile.model else tile.name
    draw_caption(ax, caption, tile, left, top + CAPTION_MM - 0.8, side)
    area = Area(left + (side - scale * width) / 2, top + CAPTION_MM, scale)
    draw_tile(ax, tile, area, full=False)


def draw_images(
    tiles: Sequence[Tile], models: Mapping[str, str] | None = None, *, width: int = 80
) -> str:
    """The images and their errors as bars of text.

    Args:
        tiles: as from `segeval.pictures.image_tiles`.
        models: what the names of models stand for, where there are several.
        width: width of the lines, in characters.
    """
    bars = []
    for tile in tiles:
        true, false, missed = tile.counts
        name = f"{tile.model} {tile.name}" if tile.model else tile.name
        bars.append(Bar(name, tile.loss, f"{tile.loss:.1f}", f"{true} T  {false} F  {missed} N"))
    heading = "Objects lost, the sum of 1 - best IoU and of false predictions"
    if models is not None and len(models) > 1:
        heading += "; " + ", ".join(f"{short} is {name}" for short, name in models.items())
    return draw_bars(heading, bars, width=width)
