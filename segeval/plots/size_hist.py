"""The size histogram: number of objects against the square root of their area."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from segeval.analysis.size_counts import AREA_NAMES, By, SizeCounts, count_sizes
from segeval.metrics.sizes import SizeBucket
from segeval.plots.letters import fitting
from segeval.plots.palette import Palette, check_told_apart
from segeval.plots.style import SMALL_POINTS, drawing

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.offsetbox import OffsetBox

LONGEST_NAME = 22
"""Usual letters of a file's name that the table shows."""

ROOM = 218.0
"""Width of the table in points where it fills a column."""

LETTER = 0.6
"""Usual width of a letter, as a fraction of the font's size."""


def size_histogram(
    areas_by_file: Mapping[str, NDArray[np.float64]],
    *,
    buckets: Sequence[SizeBucket],
    log: bool = False,
    by: By = "box",
    share: bool = False,
    ax: Axes | None = None,
) -> Axes:
    """Draw the number of objects against the square root of their area, one line per file.

    Args:
        areas_by_file: areas in pixels squared by name of the file, float64, shape (M,), as from
            `object_areas`.
        buckets: size buckets; their edges are marked, their counts listed above the axes.
        log: logarithmic sides, with bins of equal ratio.
        by: what has these areas, for the label of the axis.
        share: draw percentages of each file's objects, so that files of any length compare.
        ax: where to draw; None makes a figure of one column's width.

    Returns:
        The axes; their figure can be written with `segeval.plots.save`.

    Raises:
        InputError: if no file has an object, or there are more than nine.

    Source:
        Figure 1 of the technical report of team FineGrainedSeg, 3D AI Challenge 2020 (instance
        segmentation on 3D-FUTURE).

    Example:
        >>> import segeval
        >>> from segeval.metrics.sizes import buckets
        >>> from segeval.data.synthetic import furniture
        >>> from segeval.analysis import object_areas
        >>> gt = segeval.load_ground_truth(furniture().ground_truth)
        >>> ax = size_histogram({"furniture": object_areas(gt)}, buckets=buckets("3dfuture"))
        >>> ax.get_xlabel()
        'square root of box area (px)'
    """
    check_told_apart(len(areas_by_file))
    counted = count_sizes(areas_by_file, buckets=buckets, log=log)
    with drawing(ax, height_mm=figure_height(len(areas_by_file))) as (ax, colours):
        for place, counts in enumerate(counted.shares if share else counted.counts):
            colour, dashes = colours.line(place)
            ax.stairs(counts, counted.edges, baseline=None, color=colour, linestyle=dashes)
        for side in counted.bucket_sides:
            ax.axvline(side, color=colours.pale, linewidth=0.8, linestyle=(0, (4, 3)), zorder=0)
        _set_axes(ax, counted, share=share)
        ax.set_xlabel(f"square root of {AREA_NAMES[by]} (px)")
        ax.set_ylabel("share of objects (%)" if share else "number of objects")
        _add_table(ax, counted, colours)
    return ax


def figure_height(files: int) -> float:
    """Height in millimetres at which the axes of a one-column figure keep their shape.

    Args:
        files: number of lines, each of which has a row in the table.
    """
    return 54.0 + 3.6 * files


def _set_axes(ax: Axes, counted: SizeCounts, *, share: bool) -> None:
    """Ranges and ticks."""
    from matplotlib.ticker import (
        LogLocator,
        MaxNLocator,
        NullLocator,
        ScalarFormatter,
        StrMethodFormatter,
    )

    if counted.log:
        ax.set_xscale("log", base=2)
        ax.xaxis.set_major_locator(LogLocator(base=2, numticks=16))
        ax.xaxis.set_major_formatter(ScalarFormatter())
        ax.xaxis.set_minor_locator(NullLocator())
    ax.set_xlim(counted.edges[0], counted.edges[-1])
    ax.set_ylim(0, None)
    ax.yaxis.set_major_locator(MaxNLocator(5, integer=not share, steps=[1, 2, 5, 10]))
    ax.yaxis.set_major_formatter(StrMethodFormatter("{x:g}" if share else "{x:,.0f}"))


def table_rows(counted: SizeCounts) -> list[list[str]]:
    """Rows of the table above the axes.

    They are the names of the buckets, their sides unless the names give them, and for every file
    its name and its numbers.
    """
    ends = [(f"{b.min_area**0.5:.4g}", f"{b.max_area**0.5:.4g}") for b in counted.buckets]
    names = [bucket.name for bucket in counted.buckets]
    rows = [["", *names]]
    if names != [f"{low}-{high}" for low, high in ends]:
        at_least = "\N{GREATER-THAN OR EQUAL TO} "
        spans = (at_least + a if b == "inf" else f"{a}\N{EN DASH}{b}" for a, b in ends)
        rows.append(["", *spans])
    for name, numbers in zip(counted.names, counted.in_buckets, strict=True):
        rows.append([fitting(name, LONGEST_NAME), *(f"{number:,}" for number in numbers)])
    return rows


def _add_table(ax: Axes, counted: SizeCounts, colours: Palette) -> None:
    """The table above the axes: the line of each file, and its objects per bucket."""
    from matplotlib.offsetbox import AnchoredOffsetbox, HPacker, VPacker

    rows = table_rows(counted)
    headers = len(rows) - len(counted.names)
    columns = list(zip(*rows, strict=True))
    # A row: two widths of a letter for the line, one between columns, and the texts themselves.
    width = 2 + len(columns) + LETTER * sum(max(map(len, column)) for column in columns)
    points = min(SMALL_POINTS, ROOM / width)

    def stacked(column: Sequence[OffsetBox], align: Literal["left", "right"]) -> OffsetBox:
        return VPacker(children=list(column), pad=0, sep=points / 4, align=align)

    samples = [_text("", points, colours.ink)] * headers
    samples += [_sample(place, points, colours) for place in range(len(counted.names))]
    names, *numbers = (
        [
            _text(cell, points, colours.grey if 0 < row < headers else colours.ink)
            for row, cell in enumerate(column)
        ]
        for column in columns
    )
    packed: list[Artist] = [stacked(samples, "left"), stacked(names, "left")]
    packed += [stacked(column, "right") for column in numbers]
    ax.add_artist(
        AnchoredOffsetbox(
            "lower right",
            child=HPacker(children=packed, pad=0, sep=points, align="top"),
            frameon=False,
            pad=0,
            borderpad=0.4,
            bbox_to_anchor=(1, 1),
            bbox_transform=ax.transAxes,
        )
    )


def _text(text: str, points: float, colour: str) -> OffsetBox:
    """A cell of text; a blank one is as high as any other, so that rows stay level."""
    from matplotlib.offsetbox import TextArea

    return TextArea(text or " ", textprops={"size": points, "color": colour})


def _sample(place: int, points: float, colours: Palette) -> OffsetBox:
    """A short piece of a file's line."""
    from matplotlib.lines import Line2D
    from matplotlib.offsetbox import DrawingArea

    colour, dashes = colours.line(place)
    cell = DrawingArea(2 * points, points)
    height = 0.45 * points
    line = Line2D([0, 2 * points], [height, height], color=colour, linestyle=dashes, linewidth=1.2)
    cell.add_artist(line)
    return cell
