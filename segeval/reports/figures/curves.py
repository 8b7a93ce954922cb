"""Curves over an axis from 0 to 1, such as precision against the score."""

from __future__ import annotations

from collections.abc import Sequence

from segeval.frozen import frozen
from segeval.reports.figures.drawing import Drawing, Shape, curve, dot, line, text
from segeval.reports.page_table import PageTable

WIDTH, HEIGHT = 640, 320
LEFT, RIGHT, TOP, BOTTOM = 46, 16, 10, 44
TICKS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)


@frozen
class Curve:
    """A line or a row of dots.

    Attributes:
        role: how it is drawn: "precision", "recall", "f" or "ideal"; dots have "dots".
        name: what it is.
        points: x and y, of which y is a fraction in [0, 1]; where x is None, nothing is drawn.
    """

    role: str
    name: str
    points: tuple[tuple[float, float], ...]


@frozen
class Axes:
    """What the axes are.

    Attributes:
        x: name of the one below.
        y: name of the one on the left.
        low: where x begins.
        high: where it ends.
    """

    x: str
    y: str
    low: float = 0.0
    high: float = 1.0


def curves(
    key: str,
    title: str,
    description: str,
    found: Sequence[Curve],
    axes: Axes,
    data: PageTable,
    *,
    mark: float | None = None,
    mark_name: str = "",
) -> Drawing:
    """A drawing of curves.

    Args:
        key: name on the page.
        title: what it shows.
        description: what it says.
        found: the curves.
        axes: their names and the range of x.
        data: the numbers.
        mark: where a line stands, such as at the best score; None for none.
        mark_name: what that is.
    """
    span = (axes.high - axes.low) or 1.0
    right, bottom = WIDTH - RIGHT, HEIGHT - BOTTOM

    def x(value: float) -> float:
        return LEFT + (right - LEFT) * (value - axes.low) / span

    def y(value: float) -> float:
        return bottom - (bottom - TOP) * value

    shapes: list[Shape] = []
    for share in TICKS:
        value = axes.low + span * share
        shapes += [
            line("grid", LEFT, y(share), right, y(share)),
            text("tick", LEFT - 8, y(share) + 4, f"{100 * share:.0f}", "end"),
            text("tick", x(value), bottom + 16, f"{value:.3g}", "middle"),
        ]
    shapes.append(line("axis", LEFT, bottom, right, bottom))
    shapes.append(text("axis-name", (LEFT + right) / 2, HEIGHT - 8, axes.x, "middle"))
    if mark is not None and axes.low <= mark <= axes.high:
        shapes.append(line("mark", x(mark), TOP, x(mark), bottom))
        side = "end" if x(mark) > WIDTH / 2 else "start"
        shift = -6 if side == "end" else 6
        shapes.append(text("value", x(mark) + shift, bottom - 8, mark_name, side))
    for each in found:
        points = [(x(at), y(value)) for at, value in each.points]
        if each.role == "dots":
            shapes += [dot("dot a", *point, radius=3.5) for point in points]
        elif points:
            shapes.append(curve(f"curve {each.role}", points))
    legend = tuple((each.role, each.name) for each in found)
    return Drawing(key, title, description, WIDTH, HEIGHT, tuple(shapes), data, legend)
