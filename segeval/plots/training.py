"""Curves of a training run: losses and metrics against the updates."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from segeval.errors import InputError
from segeval.frozen import frozen
from segeval.plots.labels import LINE_SPACING, spread
from segeval.plots.palette import LIGHT
from segeval.plots.style import COLUMN_MM, MM_PER_INCH, SMALL_POINTS, styled
from segeval.words import counted

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

HEIGHT_MM = 62.0

PART_MM = 178.0 - COLUMN_MM
"""Width of a second pair of axes."""

MOST_METRICS = 4
"""Most metrics drawn beside the main one."""

SMOOTHED = 25
"""Losses are means over one part in so many of the updates."""

MOST_POINTS = 500
"""Most points drawn of a line."""

WIDE = 8.0
"""Ratio of the largest number to the smallest from which the axis is logarithmic."""

TWO_DECADES = 100.0

LOWEST = 1e-3
"""Lower end of a logarithmic axis, as a fraction of the largest loss."""

MOST_RISE = 20.0
"""Most that the axis of the losses goes above the median of their sum."""

LEAST_RANGE = 1.0
"""Least range of the axis of the metrics, in percent."""

AXES_POINTS = 130.0
"""Approximate height of the axes, in points."""

Records = Sequence[Mapping[str, Any]]


@frozen
class _Line:
    """A line through points, with its name."""

    name: str
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    colour: str
    dashes: str = "-"
    width: float = 1.2


def plot_training(records: Records) -> Figure:
    """Draw losses and metrics of a training run against its updates.

    Losses are running means; the single updates of their sum are drawn pale. Where they explode,
    the axis ends at 20 times their median, and says what lies above. A ring marks the best value
    of the main metric. Without an evaluation there are only losses.

    Args:
        records: the lines of the run's `log.jsonl`, as objects.

    Returns:
        The figure; `segeval.plots.save` writes it.

    Raises:
        InputError: if there is neither an update nor an evaluation.

    Example:
        >>> log = [{"kind": "update", "update": k, "loss": 2 / k, "losses": {}} for k in (1, 2, 3)]
        >>> plot_training(log).axes[0].get_ylabel()
        'loss'
    """
    from matplotlib.figure import Figure

    updates = [each for each in records if each.get("kind") == "update"]
    measured = [each for each in records if each.get("kind") == "evaluation"]
    if not updates and not measured:
        raise InputError("no update to draw.", code="no-updates")
    parts: list[tuple[Callable[[Axes, Records], None], Records]] = []
    parts += [(_draw_losses, updates)] if updates else []
    parts += [(_draw_metrics, measured)] if measured else []
    width = COLUMN_MM + (len(parts) - 1) * PART_MM
    with styled():
        figure = Figure(figsize=(width / MM_PER_INCH, HEIGHT_MM / MM_PER_INCH))
        for ax, (draw, some) in zip(
            figure.subplots(1, len(parts), squeeze=False)[0], parts, strict=True
        ):
            draw(ax, some)
            ax.set_xlim(0, max(1, records[-1]["update"]))
            ax.set_xlabel("update")
    return figure


def _draw_losses(ax: Axes, updates: Records) -> None:
    """Draw the sum of the losses, and each of them."""
    x = np.array([each["update"] for each in updates], np.float64)
    total = _numbers(each["loss"] for each in updates)
    every = max(1, len(x) // MOST_POINTS)
    names = list(dict.fromkeys(name for each in updates for name in each["losses"]))
    lines = [_smooth("loss", x, total, "black")]
    for place, name in enumerate(names if len(names) > 1 else ()):
        values = _numbers(each["losses"].get(name) for each in updates)
        colour, dashes = LIGHT.line(place)
        lines.append(_smooth(_short(name), x, values, colour, dashes))
    ax.plot(x[::every], total[::every], color=LIGHT.pale, linewidth=0.5, zorder=0)
    low, high = _range(lines)
    high = min(high, _cap(ax, total))
    if low > 0 and high > WIDE * low:
        low = max(low, LOWEST * high)
        ax.set_yscale("log")
        ax.set_ylim(low / 1.15, 1.3 * high)
        _set_log_ticks(ax, high / low)
    else:
        ax.set_ylim(bottom=min(0.0, low))
    ax.set_ylabel("loss")
    _draw_lines(ax, lines, is_log=ax.get_yscale() == "log")


def _cap(ax: Axes, total: NDArray[np.float64]) -> float:
    """Where the axis of the losses ends at most; the title tells what lies above."""
    known = total[np.isfinite(total)]
    cap = MOST_RISE * float(np.median(known)) if len(known) else np.inf
    above = known[known > cap]
    if not len(above) or cap <= 0:
        return np.inf
    text = f"{len(above):,} of {counted(len(total), 'update')} above {cap:.3g}, up to"
    ax.set_title(f"{text} {above.max():.3g}", loc="left", fontsize=SMALL_POINTS)
    return cap


def _set_log_ticks(ax: Axes, ratio: float) -> None:
    """Set plain numbers at 1, 10 and so on; within two decades at 2 and 5 as well."""
    from matplotlib.ticker import LogLocator, NullFormatter

    ax.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5) if ratio < TWO_DECADES else (1,)))
    ax.yaxis.set_major_formatter("{x:g}")
    ax.yaxis.set_minor_formatter(NullFormatter())


def _draw_metrics(ax: Axes, measured: Records) -> None:
    """Draw the main metric, and the first others."""
    from matplotlib.ticker import MaxNLocator

    x = np.array([each["update"] for each in measured], np.float64)
    counts = str(measured[-1].get("metric") or next(iter(measured[-1]["metrics"]), ""))
    others = [name for name in measured[-1]["metrics"] if name != counts]
    lines = []
    for place, name in enumerate((counts, *others[: MOST_METRICS - 1])):
        values = 100 * _numbers(each["metrics"].get(name) for each in measured)
        colour, dashes = ("black", "-") if place == 0 else LIGHT.line(place - 1)
        lines.append(_Line(_short(name), x, values, colour, dashes))
    for line in lines:
        ax.plot(line.x, line.y, ".", color=line.colour, markersize=3.5, clip_on=False)
    best = [place for place, each in enumerate(measured) if each.get("best")]
    if best:
        at = (x[best[-1]], lines[0].y[best[-1]])
        ring = ax.plot(*at, "o", color=LIGHT.vermilion, markersize=7)[0]
        ring.set(markerfacecolor="none", clip_on=False, markeredgewidth=1.2)
    ax.yaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 5, 10]))
    ax.set_ylim(0, max(LEAST_RANGE, 1.05 * _range(lines)[1]))
    ax.set_ylabel("metrics (%)")
    _draw_lines(ax, lines, is_log=False)


def _draw_lines(ax: Axes, lines: Sequence[_Line], *, is_log: bool) -> None:
    """Draw lines with their names at the right, none on top of another."""
    from matplotlib.ticker import MaxNLocator

    for line in lines:
        ax.plot(line.x, line.y, color=line.colour, linestyle=line.dashes, linewidth=line.width)
    ax.xaxis.set_major_locator(MaxNLocator(5, integer=True))
    ax.xaxis.set_major_formatter("{x:,.0f}")
    bottom, top = ax.get_ylim()
    named = [line for line in lines if np.isfinite(line.y).any()]
    ends = [_end(line, bottom, top) for line in named]
    low, high, *heights = (
        np.log(each) if is_log else each for each in (bottom, top, *(y for _, y in ends))
    )
    shares = [float((each - low) / (high - low)) for each in heights]
    places = spread(shares, LINE_SPACING * SMALL_POINTS / AXES_POINTS)
    lift = max(0.0, -min(places, default=0.0)) - max(0.0, max(places, default=0.0) - 1)
    for line, end, place in zip(named, ends, places, strict=True):
        ax.annotate(
            line.name,
            end,
            (1.06, place + lift),
            textcoords="axes fraction",
            color=line.colour,
            fontsize=SMALL_POINTS,
            va="center",
            annotation_clip=False,
            arrowprops={
                "arrowstyle": "-", "color": line.colour, "linewidth": 0.5, "shrinkA": 1,
                "shrinkB": 2, "relpos": (0, 0.5), "linestyle": line.dashes,
            },
        )  # fmt: skip


def _end(line: _Line, low: float, high: float) -> tuple[float, float]:
    """Where a line ends, inside the axes."""
    known = np.isfinite(line.y)
    return float(line.x[known][-1]), float(np.clip(line.y[known][-1], low, high))


def _smooth(
    name: str, x: NDArray[np.float64], y: NDArray[np.float64], colour: str, dashes: str = "-"
) -> _Line:
    """A line of running means, of a few hundred points."""
    known = np.isfinite(y)
    half = len(x) // SMOOTHED // 2
    sums, counts = (
        np.concatenate([[0.0], np.cumsum(each)]) for each in (np.where(known, y, 0.0), known)
    )
    places = np.arange(len(x))
    first, last = np.maximum(0, places - half), np.minimum(len(x), places + half + 1)
    number = counts[last] - counts[first]
    mean = np.where(number > 0, (sums[last] - sums[first]) / np.maximum(number, 1), np.nan)
    # the last point is always kept
    kept = np.arange(len(x) - 1, -1, -max(1, len(x) // MOST_POINTS))[::-1]
    return _Line(name, x[kept], mean[kept], colour, dashes, 1.6 if colour == "black" else 1.0)


def _range(lines: Sequence[_Line]) -> tuple[float, float]:
    """The least and the greatest number of all lines."""
    values = np.concatenate([line.y for line in lines])
    values = values[np.isfinite(values)]
    return (float(values.min()), float(values.max())) if len(values) else (0.0, 1.0)


def _numbers(values: Iterable[float | None]) -> NDArray[np.float64]:
    """Numbers, NaN where there is none."""
    return np.array([np.nan if value is None else value for value in values], np.float64)


def _short(name: str) -> str:
    """The name of a metric in the figure."""
    return name.removeprefix("loss_").replace("_", " ")
