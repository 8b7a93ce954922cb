"""A contact sheet: images with ground truth, true, false and missed objects outlined."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from segeval.errors import InputError
from segeval.pictures.shapes import Part
from segeval.pictures.tiles import Tile
from segeval.plots.bars import Bar, draw_bars
from segeval.plots.names import short_name
from segeval.plots.style import COLUMN_MM, PAGE_MM, drawing, size_mm

if TYPE_CHECKING:
    from matplotlib.axes import Axes

GAP_MM = 1.5
CAPTION_MM = 3.4
KEY_MM = 4.5
RATIO = 0.75
"""Largest height of a tile, as a fraction of its width."""

BEHIND = "#3A3D42"
"""Grey behind masks without a picture, and behind the key."""

OBJECT = "#62666D"
"""Grey of the objects where there is no picture."""

POINTS = 5.0
"""Size of the letters in a tile."""

MM_PER_POINT = 25.4 / 72


class Look(NamedTuple):
    """How an outline is drawn.

    Attributes:
        colour: seen on photographs, with a dark edge.
        dashes: of its line.
        width: in points.
        meaning: for the key.
    """

    colour: str
    dashes: Any
    width: float
    meaning: str


LOOKS: dict[Part, Look] = {
    "": Look("#FFFFFF", (0, (1, 1.2)), 0.6, "ground truth"),
    "T": Look("#56B4E9", "-", 0.9, "true"),
    "F": Look("#FF8A4C", (0, (4, 1.5)), 0.9, "false"),
    "N": Look("#F0E442", (0, (5, 1.2, 1, 1.2)), 0.9, "not found"),
}
"""Line style, letter and colour of every part; hues differ for every kind of colour vision."""


@dataclass(frozen=True)
class _Grid:
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


def _grid(tiles: Sequence[Tile], width: float) -> _Grid:
    """A grid whose rows are as high as their highest image."""
    columns = min(4 if width >= 0.85 * PAGE_MM else 2, len(tiles))
    side = (width - (columns - 1) * GAP_MM) / columns
    tops = [0.0]
    for first in range(0, len(tiles), columns):
        ratios = (each.size[0] / each.size[1] for each in tiles[first : first + columns])
        tops.append(tops[-1] + CAPTION_MM + min(max(ratios), RATIO) * side + GAP_MM)
    return _Grid(width, side, tuple(tops), columns)


def sheet_height(tiles: Sequence[Tile], *, page: bool = False) -> float:
    """Height of a sheet in millimetres.

    Args:
        tiles: at least one.
        page: whether the sheet is as wide as a page.
    """
    return _grid(tiles, PAGE_MM if page else COLUMN_MM).tops[-1] + KEY_MM


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
    """
    if not tiles:
        raise InputError("no image is left to draw.", code="no-images")
    with drawing(ax, height_mm=sheet_height(tiles)) as (ax, _):
        grid = _grid(tiles, size_mm(ax)[0])
        for place, tile in enumerate(tiles):
            row, column = divmod(place, grid.columns)
            _draw_tile(ax, tile, column * (grid.side + GAP_MM), grid.tops[row], grid.side)
        _draw_key(ax, grid.tops[-1], grid.width)
        ax.set_xlim(0, grid.width)
        ax.set_ylim(grid.tops[-1] + KEY_MM, 0)
        ax.set_aspect("equal")
        ax.set_axis_off()
    return ax


def _draw_tile(ax: Axes, tile: Tile, left: float, top: float, side: float) -> None:
    """Draw a caption, and below it one image scaled to its place."""
    from matplotlib.patches import Rectangle

    height, width = tile.size
    scale = min(side / width, RATIO * side / height)
    x = left + (side - scale * width) / 2
    y = top + CAPTION_MM
    frame = Rectangle(
        (x, y), scale * width, scale * height, facecolor=BEHIND, linewidth=0, zorder=-1
    )
    ax.add_patch(frame)
    if tile.picture is not None:
        extent = (x, x + scale * width, y + scale * height, y)
        ax.imshow(tile.picture, extent=extent, interpolation="bilinear", aspect="equal")
    true, false, missed = tile.counts
    numbers = f"{true} T  {false} F  {missed} N"
    caption = f"{tile.model}  {tile.name}" if tile.model else tile.name
    room = int((side / MM_PER_POINT) / (0.62 * 6)) - len(numbers) - 2
    ax.text(left, top + CAPTION_MM - 0.8, short_name(caption, max(room, 6)), size=6, va="baseline")
    ax.text(left + side, top + CAPTION_MM - 0.8, numbers, size=6, ha="right", va="baseline")
    taken: list[tuple[float, float, float, float]] = []
    for shape in tile.shapes:
        look = LOOKS[shape.part]
        lines = [np.array((x, y)) + scale * line for line in shape.lines]
        if lines and tile.picture is None and shape.part in ("", "N"):
            _fill(ax, lines)
        for line in lines:
            _draw_line(ax, line, look)
        if shape.part and lines:
            box = (x, y, x + scale * width, y + scale * height)
            largest = max(lines, key=lambda line: float(np.ptp(line, axis=0).prod()))
            _add_letter(ax, shape.part, shape.name, largest, look.colour, taken, box)


def _fill(ax: Axes, lines: Sequence[Any]) -> None:
    """Fill an object, but not its holes, which go the other way round."""
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path

    codes = [[Path.MOVETO, *[Path.LINETO] * (len(line) - 2), Path.CLOSEPOLY] for line in lines]
    path = Path(np.concatenate(lines), np.concatenate(codes))
    ax.add_patch(PathPatch(path, facecolor=OBJECT, linewidth=0))


def _draw_line(ax: Axes, line: Any, look: Look) -> None:
    """Draw an outline with a dark edge, so that it is seen on any picture."""
    ax.plot(*line.T, color="black", linewidth=look.width + 0.6, alpha=0.5)
    ax.plot(*line.T, color=look.colour, linewidth=look.width, linestyle=look.dashes)


def _add_letter(
    ax: Axes,
    part: Part,
    name: str,
    line: Any,
    colour: str,
    taken: list[tuple[float, float, float, float]],
    frame: tuple[float, float, float, float],
) -> None:
    """Put the letter, and the category of an error, at a free corner of an outline."""
    text = part if part == "T" else f"{part} {short_name(name, 12)}"
    low, high = line.min(axis=0), line.max(axis=0)
    for words in dict.fromkeys((text, part)):
        width = (0.62 * len(words) * POINTS + 2) * MM_PER_POINT
        height = (POINTS + 1.6) * MM_PER_POINT
        corners = [
            (low[0], low[1]), (high[0] - width, low[1]), (low[0], high[1] - height),
            (high[0] - width, high[1] - height), (low[0], low[1] - height), (low[0], high[1]),
        ]  # fmt: skip
        for corner in corners:
            x = min(max(corner[0], frame[0]), max(frame[2] - width, frame[0]))
            y = min(max(corner[1], frame[1]), max(frame[3] - height, frame[1]))
            box = (x, y, x + width, y + height)
            if not any(_meet(box, other) for other in taken):
                taken.append(box)
                ax.text(
                    x + MM_PER_POINT, y + height / 2, words, size=POINTS, color=colour,
                    va="center_baseline",
                    bbox={"boxstyle": "square,pad=0.15", "facecolor": "black", "alpha": 0.6,
                          "linewidth": 0},
                )  # fmt: skip
                return


def _meet(a: Sequence[float], b: Sequence[float]) -> bool:
    """Whether two boxes (left, top, right, bottom) overlap."""
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def _draw_key(ax: Axes, top: float, width: float) -> None:
    """Say what the lines mean, in one row."""
    from matplotlib.patches import Rectangle

    ax.add_patch(Rectangle((0, top + 0.5), width, KEY_MM - 0.5, facecolor=BEHIND, linewidth=0))
    middle = top + 0.5 + (KEY_MM - 0.5) / 2
    step = min(width, COLUMN_MM) / len(LOOKS)
    for place, (part, look) in enumerate(LOOKS.items()):
        x = place * step + 1.5
        ax.plot(
            [x, x + 4],
            [middle, middle],
            color=look.colour,
            linewidth=look.width,
            linestyle=look.dashes,
        )
        ax.text(
            x + 5, middle, f"{part} {look.meaning}".strip(), size=6, color=look.colour, va="center"
        )


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
