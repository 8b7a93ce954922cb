"""Texts beside what they name: moved apart where they would touch."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from segeval.plots.letters import text_width
from segeval.plots.style import SMALL_POINTS, size_mm

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LINE_SPACING = 1.25
"""Height of a line of text, as a multiple of the font's size."""

POINTS_PER_MM = 72 / 25.4

LETTER = 0.64
"""Width of a digit, as a multiple of the font's size."""

LEAST_ROOM = 23.0
"""Points beside axes that short numbers get."""

USUAL_WIDTH = 0.775
"""Share of a figure's width that matplotlib gives to its only axes before it lays them out."""

TICK_ROOM = 12.0
"""Points between the left of a figure and its axes, without the names there."""

LABEL_ROOM = 8.0
"""Points between a dot and the text at its right, and after that."""

LEAST_AXES = 40.0
"""Least width of axes, in points."""

MM_BELOW = 14.0
"""Height of the names below the axes."""


def label_step(ax: Axes) -> float:
    """Least distance of two texts on the vertical axis, in its data.

    Args:
        ax: with its range set.
    """
    low, high = ax.get_ylim()
    points = max(size_mm(ax)[1] - MM_BELOW, 10.0) * POINTS_PER_MM
    return float(LINE_SPACING * SMALL_POINTS / points * (high - low))


def spread(heights: Sequence[float], step: float) -> list[float]:
    """Heights moved as little as possible to be at least a step apart, in their order.

    Args:
        heights: any order.
        step: least distance.

    Example:
        >>> spread([5.0, 1.0, 1.2], 1.0)
        [5.0, 0.6, 1.6]
    """
    order = sorted(range(len(heights)), key=lambda i: (heights[i], -i))
    # Neighbours that are too close become a block around the mean of their wishes.
    blocks: list[list[float]] = []  # sum of wishes for the block's first member, and its length
    for rank, i in enumerate(order):
        blocks.append([heights[i] - rank * step, 1])
        while len(blocks) > 1 and blocks[-2][0] / blocks[-2][1] > blocks[-1][0] / blocks[-1][1]:
            total, length = blocks.pop()
            blocks[-1][0] += total
            blocks[-1][1] += length
    bases = [total / length for total, length in blocks for _ in range(int(length))]
    placed = [0.0] * len(heights)
    for rank, i in enumerate(order):
        placed[i] = bases[rank] + rank * step
    return placed


def name_above(ax: Axes, lines: Sequence[tuple[str, str]]) -> None:
    """Put lines of text above axes, from top to bottom, each in its colour.

    Args:
        ax: where to put them.
        lines: text and colour of each.
    """
    for place, (text, colour) in enumerate(reversed(lines)):
        ax.annotate(
            text, (0, 1.01), xytext=(0, 1 + LINE_SPACING * SMALL_POINTS * place),
            xycoords="axes fraction", textcoords="offset points", va="bottom",
            size=SMALL_POINTS, color=colour, annotation_clip=False,
        )  # fmt: skip


def end_with_room(
    ax: Axes, names: Sequence[str], values: Sequence[float], texts: Sequence[str]
) -> float:
    """Where an axis from 0 ends, so that texts right of their values stay inside of the figure.

    Args:
        ax: with its names at the left.
        names: at the left, in the size of ticks.
        values: at least 0, one of them above.
        texts: a small one beside each value.
    """
    share = min(ax.get_position().width / USUAL_WIDTH, 1.0)
    beside = SMALL_POINTS * max(map(text_width, names)) + TICK_ROOM
    width = max(share * size_mm(ax)[0] * POINTS_PER_MM - beside, LEAST_AXES)
    ends = []
    for value, text in zip(values, texts, strict=True):
        taken = (SMALL_POINTS - 1) * text_width(text) + LABEL_ROOM
        ends.append(value * width / max(width - taken, 0.2 * width))
    return max(*ends, 1.05 * max(values))


def room_beside(texts: Iterable[str], points: float = SMALL_POINTS) -> float:
    """Points that texts take at the right of axes, with some space before them.

    Args:
        texts: one below another.
        points: size of their font.

    Example:
        >>> room_beside(["12", "7"]), round(room_beside(["123,456"]), 1)
        (23.0, 39.8)
    """
    longest = max(map(len, texts), default=0)
    return max(LEAST_ROOM, points / 2 + LETTER * points * longest)
