"""One image of label maps: its wrong pixels by kind of error, on its photograph or on grey."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from segeval.analysis.errors.label_scores import LABEL_KINDS
from segeval.characters import shown
from segeval.pictures.label_tiles import LabelTile, LabelView
from segeval.plots.image_shapes import BEHIND, KEY_MM
from segeval.plots.names import short_name
from segeval.plots.one_image import CAPTION_MM, RATIO
from segeval.plots.style import COLUMN_MM, PAGE_MM, drawing, size_mm
from segeval.words import percent

if TYPE_CHECKING:
    from matplotlib.axes import Axes

OPAQUE = 205
"""Opacity of wrong pixels, of 255."""

INK = (20, 23, 27)
"""Colour of dots and stripes."""

PERIODS = 110
"""Dots or stripes side by side along the longest side."""

LETTERS = 40
"""Characters of a caption in a column."""


class Look(NamedTuple):
    """How pixels of a kind are drawn: their colour, and their hatch in the key."""

    colour: tuple[int, int, int]
    hatch: str


LOOKS = {
    "boundary": Look((240, 228, 66), "...."),
    "extent": Look((86, 180, 233), "/////"),
    "segment": Look((255, 138, 76), "xxxxx"),
}
"""Dots, stripes and crosses; hues differ for every kind of colour vision."""


def label_image_height(tile: LabelTile, *, page: bool = False) -> float:
    """Height of the figure of one image in millimetres.

    Args:
        tile: the image.
        page: whether it is as wide as a page.
    """
    return _height(tile, PAGE_MM if page else COLUMN_MM) + CAPTION_MM + KEY_MM


def plot_label_image(tile: LabelTile, *, ax: Axes | None = None) -> Axes:
    """Draw one image, with the wrong pixels of one model by kind of error.

    Boundary errors have dots, extent errors stripes and segment errors crosses.

    Args:
        tile: the image, as one model sees it.
        ax: where to draw; None makes a figure of one column's width.

    Returns:
        The axes, in millimetres.
    """
    from matplotlib.patches import Rectangle

    [view] = tile.views
    with drawing(ax, height_mm=label_image_height(tile)) as (ax, _):
        width = size_mm(ax)[0]
        height = _height(tile, width)
        own = height * tile.size[1] / tile.size[0]
        left, base = (width - own) / 2, CAPTION_MM - 0.8
        name = short_name(shown(tile.key), LETTERS)
        ax.text(0, base, name, size=6, va="baseline")
        ax.text(width, base, _wrong(view, "wrong"), size=6, ha="right", va="baseline")
        bottom = CAPTION_MM + height
        extent = (left, left + own, bottom, CAPTION_MM)
        frame = Rectangle((left, CAPTION_MM), own, height, facecolor=BEHIND, linewidth=0, zorder=-1)
        ax.add_patch(frame)
        if tile.photo.pixels is not None:
            ax.imshow(tile.photo.pixels, extent=extent, interpolation="bilinear")
        ax.imshow(error_picture(view.kinds), extent=extent, interpolation="nearest")
        _draw_key(ax, bottom, width, view.pixels, view.evaluated)
        ax.set_xlim(0, width)
        ax.set_ylim(bottom + KEY_MM, 0)
        ax.set_aspect("equal")
        ax.set_axis_off()
    return ax


def error_picture(kinds: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Wrong pixels as a picture to lay on a photograph, uint8, shape (h, w, 4).

    Dots and stripes are inside of what is wrong: its edge, and what is one pixel wide, has its
    colour, which is seen on dark photographs as well.

    Args:
        kinds: of each pixel's error, values of `error_map`, uint8, shape (h, w).
    """
    found = np.zeros((*kinds.shape, 4), np.uint8)
    step = max(4, max(kinds.shape) // PERIODS)
    y, x = np.mgrid[: kinds.shape[0], : kinds.shape[1]]
    down, up = (x + y) % step < step / 4, (x - y) % step < step / 4
    patterns = ((x % step < step / 3) & (y % step < step / 3), down, down | up)
    for value, (look, pattern) in enumerate(zip(LOOKS.values(), patterns, strict=True), 1):
        own = kinds == value
        found[own] = (*look.colour, OPAQUE)
        found[_inside(own) & pattern, :3] = INK
    return found


def _inside(area: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Pixels of an area whose four neighbours are in it too, bool, shape (h, w)."""
    wide = np.pad(area, 1)
    sides = wide[:-2, 1:-1] & wide[2:, 1:-1] & wide[1:-1, :-2] & wide[1:-1, 2:]
    inside: NDArray[np.bool_] = area & sides
    return inside


def label_image_rows(
    tile: LabelTile, names: Sequence[str]
) -> list[tuple[str | int | float | None, ...]]:
    """The data behind the picture: a header, then kinds of errors, then confused classes.

    Args:
        tile: the image, as one model sees it.
        names: of the classes.
    """
    [view] = tile.views
    rows: list[tuple[str | int | float | None, ...]] = [
        ("kind", "class", "predicted_as", "pixels", "share")
    ]
    for kind, number in zip(LABEL_KINDS, view.pixels, strict=True):
        rows.append((kind, None, None, number, _share(number, view.evaluated)))
    known = [*names, "no class"]
    for true, taken, number in view.confused:
        rows.append(("confused", known[true], known[taken], number, number / view.evaluated))
    return rows


def draw_label_image(tile: LabelTile, names: Sequence[str]) -> str:
    """What is wrong in the image as lines of text: kinds of errors, and confused classes.

    Args:
        tile: the image, as one model sees it.
        names: of the classes.
    """
    _, *rows = label_image_rows(tile, names)
    [view] = tile.views
    said = _wrong(view, f"of {view.evaluated:,} evaluated pixels are wrong")
    lines = [f"{shown(tile.key)}: {said}"]
    for kind, true, taken, number, share in rows:
        what = str(kind) if true is None else shown(f"{true} taken for {taken}")
        part = percent(None if share is None else float(share))
        lines.append(f"  {part:>5} %  {what}  ({number:,} px)")
    return "\n".join(lines)


def _share(number: int, evaluated: int) -> float | None:
    """A share of the evaluated pixels; None where there are none."""
    return number / evaluated if evaluated else None


def _wrong(view: LabelView, of: str) -> str:
    """How many of the evaluated pixels are wrong, as far as there are any."""
    wrong = _share(sum(view.pixels), view.evaluated)
    return "no pixel is evaluated" if wrong is None else f"{percent(wrong)} % {of}"


def _draw_key(
    ax: Axes, top: float, width: float, pixels: tuple[int, int, int], evaluated: int
) -> None:
    """Say what the kinds are and how much is of each, in one row."""
    from matplotlib.patches import Rectangle

    ax.add_patch(Rectangle((0, top + 0.5), width, KEY_MM - 0.5, facecolor=BEHIND, linewidth=0))
    middle = top + 0.5 + (KEY_MM - 0.5) / 2
    step = min(width, COLUMN_MM) / len(LOOKS)
    for place, ((kind, look), number) in enumerate(zip(LOOKS.items(), pixels, strict=True)):
        x = place * step + 1.5
        colour = tuple(each / 255 for each in look.colour)
        ax.add_patch(
            Rectangle(
                (x, middle - 1), 5, 2, facecolor=colour, hatch=look.hatch, linewidth=0,
                edgecolor=tuple(each / 255 for each in INK),
            )
        )  # fmt: skip
        words = f"{kind} {percent(_share(number, evaluated))} %"
        ax.text(x + 6, middle, words, size=6, color=colour, va="center")


def _height(tile: LabelTile, width: float) -> float:
    """Height of the image itself in a figure of some width, in millimetres."""
    return width * min(tile.size[0] / tile.size[1], RATIO)
