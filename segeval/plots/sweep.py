"""The sweep: AP against the maximum number of predictions per image."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from segeval.metrics.kinds import KINDS
from segeval.plots.style import SMALL_POINTS, drawing

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from segeval.analysis.sweep import SweepResult

SERIES = (
    ("ap", "AP", "ink", "-"),
    ("ap_rare", "APr", "vermilion", "-"),
    ("ap_common", "APc", "blue", "-"),
    ("ap_frequent", "APf", "grey", "--"),
)
"""Attribute of a `SweepPoint`, name of its line, colour and dashes."""

BETWEEN = 1.2
"""Least distance of two labels, in heights of a letter."""

WIDE = 20
"""Ratio of the largest cap to the smallest from which the axis is logarithmic."""

TICK_ROOM = 0.11
"""Least distance of two numbers below the axis, as a fraction of its length."""

LEAST_RANGE = 2.0
"""Least range of the axis in percent of AP: smaller differences hardly matter."""


def plot_sweep(result: SweepResult, *, ax: Axes | None = None) -> Axes:
    """Draw AP against the cap on predictions per image; one line each for rare, common, frequent.

    Args:
        result: result of `segeval.analysis.sweep_max_dets`.
        ax: where to draw; None makes a figure of one column's width.

    Returns:
        The axes; their figure can be written with `segeval.plots.save`.

    Source:
        Table 5 of the report of team FuXi-Fresher, LVIS challenge 2021.

    Example:
        >>> from segeval.analysis import sweep_max_dets
        >>> from segeval.data.synthetic import furniture
        >>> scene = furniture(images=4)
        >>> sweep = sweep_max_dets(scene.better, scene.ground_truth, at=[1, 3, 10])
        >>> plot_sweep(sweep).get_ylabel()
        'mask AP (%)'
    """
    caps = [point.max_dets for point in result.points]
    with drawing(ax) as (ax, colours):
        lines = []
        for key, name, hue, dashes in SERIES:
            colour = getattr(colours, hue)
            values = [getattr(point, key) for point in result.points]
            if any(value is not None for value in values):
                percent = [np.nan if value is None else 100 * value for value in values]
                ax.plot(caps, percent, color=colour, linestyle=dashes, marker=".", markersize=4)
                lines.append((percent[-1], name, colour))
        _set_axes(ax, caps)
        ax.set_ylabel(f"{KINDS[result.scores.iou]} AP (%)")
        _label_lines(ax, caps[-1], lines)
    return ax


def _set_axes(ax: Axes, caps: list[int]) -> None:
    """Ticks at the caps, and a range that does not blow up small differences."""
    from matplotlib.ticker import FixedLocator, MaxNLocator, NullLocator, StrMethodFormatter

    is_wide = caps[-1] >= WIDE * caps[0]
    if is_wide:
        ax.set_xscale("log")
    ax.xaxis.set_major_locator(FixedLocator(_ticks(caps, is_log=is_wide)))
    ax.xaxis.set_minor_locator(NullLocator())
    ax.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    ax.set_xlabel("predictions per image (max_dets)")
    ax.margins(y=0.1)
    low, high = ax.get_ylim()
    more = max(0.0, LEAST_RANGE - (high - low)) / 2
    ax.set_ylim(low - more, high + more)
    ax.yaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))


def _ticks(caps: list[int], *, is_log: bool) -> list[float]:
    """The caps that have room for their number, chosen from the largest down."""
    places = np.log(caps) if is_log else np.array(caps, np.float64)
    breadth = max(float(places[-1] - places[0]), 1e-9)
    ticks: list[int] = []
    for k in range(len(caps) - 1, -1, -1):
        if not ticks or places[ticks[-1]] - places[k] >= TICK_ROOM * breadth:
            ticks.append(k)
    return [float(caps[k]) for k in ticks]


def _label_lines(ax: Axes, cap: int, lines: list[tuple[float, str, str]]) -> None:
    """Put names at the ends of the lines (value, name, colour), apart where the ends are close."""
    low, high = ax.get_ylim()
    height = ax.bbox.height / ax.figure.dpi * 72  # in points
    apart = BETWEEN * SMALL_POINTS / height * (high - low)
    at = -np.inf
    for value, name, colour in sorted(line for line in lines if np.isfinite(line[0])):
        at = max(value, at + apart)
        ax.annotate(
            name,
            (cap, at),
            xytext=(5, 0),
            textcoords="offset points",
            va="center",
            color=colour,
            size=SMALL_POINTS,
            annotation_clip=False,
        )
