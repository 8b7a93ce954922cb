"""A number of each category, the lowest last, with how much ground truth it has."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from segeval.plots.bars import Bar, draw_bars
from segeval.plots.category_numbers import CategoryDot, CategoryDots
from segeval.plots.intervals import draw_estimate
from segeval.plots.labels import room_beside
from segeval.plots.letters import fitting
from segeval.plots.style import PAGE_MM, SMALL_POINTS, drawing, size_mm

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from segeval.plots.palette import Palette

MOST = 80
"""Categories that a figure shows, those with the lowest numbers."""

FEW = 30
"""Categories whose names have the usual size."""

LONGEST_NAME = 20
"""Usual letters of a name."""

NEAR_THE_END = 0.8
"""Share of the axis from which the name of the mean would touch the title of the amounts."""


def categories_height(dots: CategoryDots, *, page: bool = False) -> float:
    """Height in millimetres at which the names of all categories can be read.

    Args:
        dots: the categories.
        page: whether the figure is as wide as a page, where many names stand upright below.
    """
    number = min(len(dots.defined), MOST)
    if page and number > FEW:
        return 82.0
    cut = 4.0 if number < len(dots.defined) else 0.0
    return 18.0 + cut + (3.6 if number <= FEW else 2.7) * max(number, 4)


def plot_categories(dots: CategoryDots, *, ax: Axes | None = None) -> Axes:
    """Draw a number of each category as a dot with its interval, sorted, its amount beside.

    The dashed line is the number over all categories. Of more than `MOST` categories those with the
    lowest numbers are drawn.

    Args:
        dots: of a result, as from `category_dots`.
        ax: where to draw; None makes a figure of one column's width. On wide axes many categories
            stand side by side.

    Returns:
        The axes; their figure can be written with `segeval.plots.save`.

    Example:
        >>> import segeval
        >>> from segeval.data.synthetic import furniture
        >>> from segeval.plots import category_dots
        >>> scene = furniture(images=4)
        >>> result = segeval.average_precision(scene.better, scene.ground_truth)
        >>> plot_categories(category_dots(result)).get_xlabel()
        'mask AP (%)'
    """
    shown = dots.defined[-MOST:]
    with drawing(ax, height_mm=categories_height(dots)) as (ax, colours):
        upright = len(shown) > FEW and size_mm(ax)[0] >= 0.85 * PAGE_MM
        size = 4.0 if len(shown) <= FEW else 2.5
        for place, each in enumerate(shown):
            draw_estimate(ax, place, each.number, colours.blue, upright=upright, size=size)
        _set_axes(ax, dots, shown, colours, upright=upright)
    return ax


def _set_axes(
    ax: Axes, dots: CategoryDots, shown: Sequence[CategoryDot], colours: Palette, *, upright: bool
) -> None:
    """Names on one axis, numbers on the other, amounts opposite of the names."""
    from matplotlib.ticker import MaxNLocator

    points = SMALL_POINTS if len(shown) <= FEW else 5.5
    names = [fitting(each.name, LONGEST_NAME) for each in shown]
    mean = 100 * (dots.mean or 0.0)
    high = max(
        100 * (end or 0.0) for each in shown for end in (each.number.value, each.number.high)
    )
    values = (0.0, max(1.04 * max(high, mean), 1.0))
    label = f"{dots.title} (%)"
    part = f"lowest {len(shown)} of {len(dots.defined):,} categories"
    part = part if len(shown) < len(dots.defined) else ""
    line: dict[str, Any] = {
        "color": colours.grey,
        "linewidth": 0.7,
        "linestyle": (0, (4, 3)),
        "zorder": 0,
    }
    guides: dict[str, Any] = {"color": colours.pale, "linewidth": 0.25, "zorder": -1}
    if upright:
        ax.set_xticks(range(len(shown)), names, rotation=90, size=points)
        ax.set_xlim(-0.8, len(shown) - 0.2)
        ax.set_ylim(values)
        ax.axhline(mean, **line)
        ax.vlines(range(len(shown)), 0, values[1], **guides)
        ax.set_ylabel(label)
        ax.set_xlabel(part)
        ax.tick_params(axis="x", length=0)
        ax.yaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
    else:
        ax.set_yticks(range(len(shown)), names, size=points)
        ax.set_ylim(len(shown) - 0.4, -0.6)
        ax.set_xlim(values)
        ax.axvline(mean, **line)
        ax.hlines(range(len(shown)), 0, values[1], **guides)
        ax.set_xlabel(f"{label}\n{part}".strip())
        ax.tick_params(axis="y", length=0)
        ax.xaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
    _add_amounts(ax, dots, shown, colours, mean, points=points, upright=upright)


def _add_amounts(
    ax: Axes,
    dots: CategoryDots,
    shown: Sequence[CategoryDot],
    colours: Palette,
    mean: float,
    *,
    points: float,
    upright: bool,
) -> None:
    """The amount opposite of each name, and the mean where its line ends."""
    beside: dict[str, Any] = {"size": points, "color": colours.grey, "annotation_clip": False}
    right: dict[str, Any] = {
        "xytext": (room_beside([each.amount for each in shown], points), 0),
        "textcoords": "offset points",
        "ha": "right",
    }
    for place, each in enumerate(shown):
        if upright:
            ax.annotate(
                each.amount, (place, 1.02), xycoords=("data", "axes fraction"),
                rotation=90, ha="center", va="bottom", **beside,
            )  # fmt: skip
        else:
            ax.annotate(
                each.amount, (1, place), xycoords=("axes fraction", "data"), va="center",
                **right, **beside,
            )  # fmt: skip
    marked = {**beside, "size": max(points, SMALL_POINTS - 1.5)}
    text = f"mean {mean:.1f}"
    if upright:
        ax.annotate(text, (1.005, mean), xycoords=("axes fraction", "data"), va="center", **marked)
        ax.annotate(dots.amounts, (1.005, 1.02), xycoords="axes fraction", va="bottom", **marked)
    else:
        is_near = mean > NEAR_THE_END * ax.get_xlim()[1]
        ax.annotate(
            text, (mean, 1.0), xycoords=("data", "axes fraction"), va="bottom",
            xytext=(-3 if is_near else 0, 0), textcoords="offset points",
            ha="right" if is_near else "center", **marked,
        )  # fmt: skip
        ax.annotate(
            dots.amounts, (1, 1.0), xycoords="axes fraction", va="bottom", **right, **marked
        )


def draw_categories(dots: CategoryDots, *, width: int = 80) -> str:
    """The numbers of categories as bars of text, the highest first.

    Args:
        dots: of a result.
        width: width of the lines, in characters.
    """
    bars = [
        Bar(each.name, 100 * (each.number.value or 0.0), each.number.text, each.amount)
        for each in dots.defined
    ]
    title = f"{dots.title[0].upper()}{dots.title[1:]}"
    amount = "share of the pixels" if dots.iou is None else f"number of {dots.amounts}"
    return draw_bars(f"{title} (%) and {amount} by category", bars, width=width, most=100)
