"""Numbers with intervals beside them, and how they are drawn: a dot on a thin line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from segeval.frozen import frozen
from segeval.words import percent

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Marker = Literal["o", "s", "^"]
MARKERS: tuple[Marker, ...] = ("o", "s", "^")


@frozen
class Estimate:
    """A fraction with its interval.

    Attributes:
        value: None if undefined.
        low: lower end of the interval; None without one.
        high: upper end, likewise.
    """

    value: float | None
    low: float | None = None
    high: float | None = None

    @property
    def text(self) -> str:
        """In percent, such as "44.1 (43.0 .. 45.2)"."""
        if self.low is None or self.high is None:
            return percent(self.value)
        return f"{percent(self.value)} ({percent(self.low)} .. {percent(self.high)})"


def draw_estimate(
    ax: Axes,
    place: float,
    estimate: Estimate,
    colour: str,
    *,
    marker: Marker = "o",
    upright: bool = False,
    size: float = 4.0,
) -> None:
    """Draw a dot in percent and its interval; nothing for what is undefined.

    Args:
        ax: where to draw.
        place: on the other axis.
        estimate: a fraction.
        colour: of both.
        marker: shape of the dot.
        upright: whether values go upwards, else to the right.
        size: of the dot, in points.
    """
    if estimate.value is None:
        return
    if estimate.low is not None and estimate.high is not None:
        ends = [100 * estimate.low, 100 * estimate.high]
        both = ([place, place], ends) if upright else (ends, [place, place])
        ax.plot(*both, color=colour, linewidth=1.0, solid_capstyle="butt")
    at = [place], [100 * estimate.value]
    ax.plot(*(at if upright else at[::-1]), marker, color=colour, markersize=size)
