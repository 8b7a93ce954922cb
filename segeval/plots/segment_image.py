"""One panoptic image as a model sees it: true, false and missed segments, void and crowds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from segeval.characters import shown
from segeval.pictures.segments import SeenSegments
from segeval.pictures.tiles import Tile
from segeval.plots.one_image import MEANINGS, draw_alone, outline_box, title
from segeval.words import percent

if TYPE_CHECKING:
    from matplotlib.axes import Axes

AREAS = {"V": "not judged"}
"""What the terminal says of void and crowds."""


def plot_segment_image(tile: Tile, pq: float | None, *, ax: Axes | None = None) -> Axes:
    """Draw one panoptic image, with outlines of what was found and missed in it.

    Outlines are those of `plot_image`; void and crowd regions are hatched areas. Beside its
    category a true segment has its IoU, and one of a wrong category says what it is.

    Args:
        tile: the image, as one model sees it.
        pq: panoptic quality of the image alone, None where it is undefined.
        ax: where to draw; None makes a figure of one column's width.

    Returns:
        The axes, in millimetres.
    """
    return draw_alone(tile, f"{title(tile)}  PQ {percent(pq)}", ax=ax, with_areas=True)


def segment_rows(tile: Tile, seen: SeenSegments) -> list[tuple[str | int | float | None, ...]]:
    """The data behind the picture: a header, then a row for every outline.

    Args:
        tile: the image, as one model sees it.
        seen: its segments. `segment` is the id in the picture of the prediction (T and F) or of the
            ground truth, None for void; `of` the category of the segment that it is matched to or
            confused with, and `iou` that with it.
    """
    rows: list[tuple[str | int | float | None, ...]] = [
        ("part", "category", "of", "iou", "x", "y", "width", "height", "segment")
    ]
    own, names = seen.outcomes, seen.outcomes.gt.categories.names
    for shape in tile.shapes:
        of, iou, segment = None, None, None
        if shape.row >= 0 and shape.part in ("T", "F"):
            segment, partner = int(own.preds.id[shape.row]), int(own.partner[shape.row])
            if partner >= 0:
                of, iou = names[own.gt_category[partner]], float(own.iou[shape.row])
        elif shape.row >= 0:
            segment, partner = int(own.gt.id[shape.row]), int(own.gt_partner[shape.row])
            if partner >= 0:
                of, iou = names[own.category[partner]], float(own.iou[partner])
        rows.append((shape.part, shape.name, of, iou, *outline_box(shape), segment))
    return rows


def draw_segment_image(tile: Tile, pq: float | None) -> str:
    """What is in the image as lines of text: false, missed and true segments, void and crowds.

    Args:
        tile: the image, as one model sees it.
        pq: panoptic quality of the image alone, None where it is undefined.
    """
    true, false, missed = tile.counts
    lines = [f"{shown(title(tile))}: {true} T  {false} F  {missed} N, PQ {percent(pq)}"]
    for part, meaning in (MEANINGS | AREAS).items():
        lines += [
            f"  {part} {meaning:<10}  {shown(shape.name + shape.about)}"
            for shape in tile.shapes
            if shape.part == part
        ]
    return "\n".join(lines)
