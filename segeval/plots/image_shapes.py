"""What is outlined in an image: line styles, letters and colours of every part, drawn on axes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from segeval.pictures.shapes import Part, Shape
from segeval.pictures.tiles import Tile
from segeval.plots.letters import LETTER, fitting, text_width
from segeval.plots.style import COLUMN_MM

if TYPE_CHECKING:
    from matplotlib.axes import Axes

KEY_MM = 4.5
"""Height of the key."""

KEY_ROOM_MM = 1.2 * COLUMN_MM
"""Most that its words spread over."""

BEHIND = "#3A3D42"
"""Grey behind masks without a picture, and behind the key."""

OBJECT = "#62666D"
"""Grey of the objects where there is no picture."""

POINTS = 5.0
"""Size of the letters in one of many images."""

CAPTION_POINTS = 6.0
"""Size of the letters above an image."""

MM_PER_POINT = 25.4 / 72

HINTED = 1.07
"""How much wider text may become where its letters are fitted to pixels."""

SHORT_NAME, LONG_NAME = 12, 24
"""Usual letters of a category's name beside its letter, in one of many images and in one alone."""


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

FILLED: tuple[Part, ...] = ("", "N", "A")
"""Parts that are objects, which are filled where there is no picture."""

AREA = Look("#B9BEC6", "-", 0.0, "void, crowd")
"""Of regions without a true segment, and of crowds, which are hatched areas without an outline."""

HATCH, OPACITY = "/////", 0.55
"""Of such regions."""


class Area(NamedTuple):
    """Where an image is drawn, in millimetres: its upper left corner, and those of a pixel."""

    left: float
    top: float
    scale: float


Corners = tuple[float, float, float, float]
"""Left, top, right, bottom in millimetres."""


def draw_tile(
    ax: Axes,
    tile: Tile,
    area: Area,
    *,
    points: float = POINTS,
    full: bool,
    looks: Mapping[Part, Look] = LOOKS,
    clipped: bool = False,
) -> None:
    """Draw the picture of an image, or grey, and outline what is in it.

    Args:
        ax: in millimetres, downward.
        tile: the image.
        area: where it is drawn.
        points: size of the letters.
        full: say the category of true predictions too, and all scores.
        looks: of the parts that there are.
        clipped: whether outlines end at the border of the image, which is a part of a larger one.
    """
    from matplotlib.patches import Rectangle

    x, y, scale = area
    height, width = (scale * side for side in tile.size)
    frame = Rectangle((x, y), width, height, facecolor=BEHIND, linewidth=0, zorder=-1)
    ax.add_patch(frame)
    if tile.picture is not None:
        extent = (x, x + width, y + height, y)
        ax.imshow(tile.picture, extent=extent, interpolation="bilinear", aspect="equal")
    if tile.is_placeholder:
        ax.text(
            x + width / 2, y + height / 2, "no photograph", size=points, color=LOOKS[""].colour,
            ha="center", va="center",
        )  # fmt: skip
    drawn = len(ax.lines), len(ax.patches)
    taken: list[Corners] = []
    for shape in tile.shapes:
        lines = [np.array((x, y)) + scale * line for line in shape.lines]
        if shape.part == "V":
            if lines:
                _fill(ax, lines, AREA.colour, alpha=OPACITY, hatch=HATCH)
            continue
        look = looks[shape.part]
        if lines and tile.picture is None and shape.part in FILLED:
            _fill(ax, lines, OBJECT)
        for line in lines:
            _draw_line(ax, line, look)
        if shape.part and lines:
            largest = max(lines, key=lambda line: float(np.ptp(line, axis=0).prod()))
            words = _words(shape, full=full)
            _add_words(
                ax, words, largest, look.colour, taken, (x, y, x + width, y + height), points
            )
    for each in [*ax.lines[drawn[0] :], *ax.patches[drawn[1] :]] if clipped else ():
        each.set_clip_path(frame)


def draw_key(
    ax: Axes,
    top: float,
    width: float,
    *,
    with_areas: bool = False,
    looks: Mapping[Part, Look] = LOOKS,
) -> None:
    """Say what the lines mean, in one row.

    Args:
        ax: in millimetres, downward.
        top: where the row begins.
        width: of the row.
        with_areas: say what hatched areas are too.
        looks: of the parts that there are.
    """
    from matplotlib.patches import Rectangle

    ax.add_patch(Rectangle((0, top + 0.5), width, KEY_MM - 0.5, facecolor=BEHIND, linewidth=0))
    middle = top + 0.5 + (KEY_MM - 0.5) / 2
    said = {f"{part} {look.meaning}".strip(): look for part, look in looks.items()}
    said |= {AREA.meaning: AREA} if with_areas else {}
    room = [5 + text_width(words) * CAPTION_POINTS * MM_PER_POINT for words in said]
    gap = (min(width, KEY_ROOM_MM) - 1.5 - sum(room)) / len(said)
    x = 1.5
    for (words, look), own in zip(said.items(), room, strict=True):
        if look is AREA:
            corners = np.array([[x, middle - 1], [x + 4, middle - 1], [x + 4, middle + 1]])
            corners = np.vstack([corners, [[x, middle + 1], [x, middle - 1]]])
            _fill(ax, [corners], AREA.colour, alpha=OPACITY, hatch=HATCH)
        else:
            ax.plot(
                [x, x + 4],
                [middle, middle],
                color=look.colour,
                linewidth=look.width,
                linestyle=look.dashes,
            )
        ax.text(x + 5, middle, words, size=CAPTION_POINTS, color=look.colour, va="center")
        x += own + gap


def draw_caption(ax: Axes, words: str, tile: Tile, left: float, base: float, width: float) -> None:
    """Write a caption, and at the right how much is true, false and not found.

    Args:
        ax: in millimetres, downward.
        words: what the image is; shortened to the room.
        tile: the image.
        left: where it begins.
        base: where its letters stand.
        width: of the room.
    """
    true, false, missed = tile.counts
    numbers = f"{true} T  {false} F  {missed} N"
    ems = width / MM_PER_POINT / CAPTION_POINTS - text_width(numbers) - 1.0
    name = fitting(words, max(ems / LETTER, 6.0))
    ax.text(left, base, name, size=CAPTION_POINTS, va="baseline")
    ax.text(left + width, base, numbers, size=CAPTION_POINTS, ha="right", va="baseline")


def _words(shape: Shape, *, full: bool) -> tuple[str, ...]:
    """What is written at an outline: the longest that finds room."""
    name = f"{shape.part} {fitting(shape.name, LONG_NAME if full else SHORT_NAME)}"
    if full and shape.about:
        return (f"{name}{fitting(shape.about, 2 * LONG_NAME)}", name, shape.part)
    if full and shape.score is not None:
        return (f"{name} {shape.score:.2f}", name, shape.part)
    return (name, shape.part) if full or shape.part != "T" else (shape.part,)


def _fill(
    ax: Axes, lines: Sequence[Any], colour: str, *, alpha: float = 1.0, hatch: str | None = None
) -> None:
    """Fill an object, but not its holes, which go the other way round."""
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path

    codes = [[Path.MOVETO, *[Path.LINETO] * (len(line) - 2), Path.CLOSEPOLY] for line in lines]
    path = Path(np.concatenate(lines), np.concatenate(codes))
    look = {"facecolor": colour, "edgecolor": BEHIND, "alpha": alpha, "hatch": hatch}
    ax.add_patch(PathPatch(path, linewidth=0, **look))


def _draw_line(ax: Axes, line: Any, look: Look) -> None:
    """Draw an outline with a dark edge, so that it is seen on any picture."""
    ax.plot(*line.T, color="black", linewidth=look.width + 0.6, alpha=0.5)
    ax.plot(*line.T, color=look.colour, linewidth=look.width, linestyle=look.dashes)


def _add_words(
    ax: Axes,
    texts: Sequence[str],
    line: Any,
    colour: str,
    taken: list[Corners],
    frame: Corners,
    points: float,
) -> None:
    """Put the first of some texts that finds room at a free corner of an outline.

    One that is wider than the image is left for the next; the last is written in any case.
    """
    low, high = line.min(axis=0), line.max(axis=0)
    for words in texts:
        width = (text_width(words) * HINTED * points + 2) * MM_PER_POINT
        if width > frame[2] - frame[0] and words != texts[-1]:
            continue
        height = (points + 1.6) * MM_PER_POINT
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
                    x + MM_PER_POINT, y + height / 2, words, size=points, color=colour,
                    va="center_baseline",
                    bbox={"boxstyle": "square,pad=0.15", "facecolor": "black", "alpha": 0.6,
                          "linewidth": 0},
                ).set_in_layout(False)  # fmt: skip
                return


def _meet(a: Corners, b: Corners) -> bool:
    """Whether two boxes overlap."""
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]
