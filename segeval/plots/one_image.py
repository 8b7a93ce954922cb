"""One image as a model sees it: ground truth, true, false and missed objects with their scores."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from segeval.characters import shown
from segeval.pictures.shapes import Shape
from segeval.pictures.tiles import Tile
from segeval.plots.image_shapes import KEY_MM, Area, draw_caption, draw_key, draw_tile
from segeval.plots.style import COLUMN_MM, PAGE_MM, drawing, size_mm

if TYPE_CHECKING:
    from matplotlib.axes import Axes

CAPTION_MM = 3.4
RATIO = 1.25
"""Largest height of the image, as a fraction of the figure's width."""

PAGE_POINTS, COLUMN_POINTS = 6.5, 5.0
"""Sizes of the letters in the image."""

MEANINGS = {"F": "false", "N": "not found", "T": "true"}
"""Parts in the order in which the terminal shows them."""


def image_height(tile: Tile, *, page: bool = False) -> float:
    """Height of the figure of one image in millimetres.

    Args:
        tile: the image.
        page: whether it is as wide as a page.
    """
    return _height(tile, PAGE_MM if page else COLUMN_MM) + CAPTION_MM + KEY_MM


def plot_image(
    tile: Tile, *, threshold: float = 0.5, min_score: float | None = None, ax: Axes | None = None
) -> Axes:
    """Draw one image, with outlines of what was found and missed in it.

    Every outline tells what it is by its line style, letter and colour: T true (solid), F false
    (dashed), N not found (dash-dotted); the ground truth of what was found is dotted. Category and
    score stand beside the letter where there is room.

    Args:
        tile: the image, as one model sees it.
        threshold: IoU from which a prediction is true, for the caption.
        min_score: lowest score of the predictions, for the caption; None leaves it out.
        ax: where to draw; None makes a figure of one column's width.

    Returns:
        The axes, in millimetres.

    Example:
        >>> from segeval.data.synthetic import furniture
        >>> from segeval.metrics.coco.arguments import Arguments
        >>> from segeval.pictures import image_tiles, seen_image
        >>> scene = furniture(images=8)
        >>> seen, place = seen_image(scene.weaker, scene.ground_truth, Arguments(thresholds=0.5), 3)
        >>> [tile] = image_tiles([seen], [place])
        >>> type(plot_image(tile)).__name__
        'Axes'
    """
    cut = "" if min_score is None else f"  score from {min_score:g}"
    return draw_alone(tile, f"{title(tile)}  IoU {threshold:.2f}{cut}", ax=ax)


def draw_alone(tile: Tile, said: str, *, ax: Axes | None, with_areas: bool = False) -> Axes:
    """Draw one image with a caption and a key.

    Args:
        tile: the image.
        said: the caption.
        ax: as in `plot_image`.
        with_areas: whether there are regions of void and crowds in such images.
    """
    with drawing(ax, height_mm=image_height(tile)) as (ax, _):
        width = size_mm(ax)[0]
        height = _height(tile, width)
        scale = height / tile.size[0]
        draw_caption(ax, said, tile, 0, CAPTION_MM - 0.8, width)
        area = Area((width - scale * tile.size[1]) / 2, CAPTION_MM, scale)
        points = PAGE_POINTS if width > COLUMN_MM else COLUMN_POINTS
        draw_tile(ax, tile, area, points=points, full=True)
        bottom = CAPTION_MM + height
        draw_key(ax, bottom, width, with_areas=with_areas)
        ax.set_xlim(0, width)
        ax.set_ylim(bottom + KEY_MM, 0)
        ax.set_aspect("equal")
        ax.set_axis_off()
    return ax


def title(tile: Tile) -> str:
    """The name of an image, and its id where the name does not say it."""
    own = f"image {tile.image_id}"
    return own if tile.name == own else f"{tile.name}  {own}"


def object_rows(tile: Tile) -> list[tuple[str | int | float | None, ...]]:
    """The data behind the picture: a header, then a row for every outline.

    Boxes are around the outlines, in pixels; `row` is the place of the record in its file.
    """
    rows: list[tuple[str | int | float | None, ...]] = [
        ("part", "category", "score", "x", "y", "width", "height", "row")
    ]
    rows += [
        (shape.part, shape.name, shape.score, *outline_box(shape), shape.row)
        for shape in tile.shapes
    ]
    return rows


def outline_box(shape: Shape) -> tuple[float, float, float, float]:
    """The box around an outline in pixels: left, top, width and height; zeros without one."""
    points = np.concatenate(shape.lines) if shape.lines else np.zeros((1, 2))
    low, high = points.min(axis=0), points.max(axis=0)
    width, height = high - low
    return float(low[0]), float(low[1]), float(width), float(height)


def draw_image(tile: Tile, *, threshold: float = 0.5) -> str:
    """What is in the image as lines of text: false predictions, missed objects, true predictions.

    Args:
        tile: the image, as one model sees it.
        threshold: IoU from which a prediction is true.
    """
    true, false, missed = tile.counts
    lines = [f"{shown(title(tile))}: {true} T  {false} F  {missed} N at IoU {threshold:.2f}"]
    shapes = [shape for part in MEANINGS for shape in tile.shapes if shape.part == part]
    room = max((len(shown(shape.name)) for shape in shapes), default=0)
    for shape in sorted(shapes, key=lambda each: (each.part, -(each.score or 0))):
        score = "" if shape.score is None else f"{shape.score:.2f}"
        line = f"  {shape.part} {MEANINGS[shape.part]:<9}  {shown(shape.name):<{room}}  {score}"
        lines.append(line.rstrip())
    return "\n".join(lines)


def _height(tile: Tile, width: float) -> float:
    """Height of the image itself in a figure of some width, in millimetres."""
    return width * min(tile.size[0] / tile.size[1], RATIO)
