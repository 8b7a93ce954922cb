"""The size histogram as text."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.analysis.size_counts import AREA_NAMES, By, SizeCounts
from segeval.characters import shown as plain

HEIGHT = 20
"""Lines of a whole drawing, axis and headings included."""

LEAST_BARS = 4
"""Least lines of bars of a file, even if they make the drawing higher."""

LEVELS = " ▁▂▃▄▅▆▇█"
EDGE = "┊"
MARGIN = 8
"""Characters left of the bars: the numbers of the vertical axis."""


def draw_sizes(counted: SizeCounts, *, by: By = "box", share: bool = False, width: int = 80) -> str:
    """Draw the histograms of all files below each other, on the same two axes.

    Args:
        counted: sizes in at most `bar_columns(width)` bins.
        by: what has these areas, for the label of the axis.
        share: draw percentages of each file's objects.
        width: width of the lines, in characters.

    Returns:
        About `HEIGHT` lines; more for many files.

    Example:
        >>> from segeval.metrics.sizes import buckets
        >>> from segeval.analysis import count_sizes
        >>> areas = np.array([10.0, 20, 30, 38, 60, 120]) ** 2
        >>> counted = count_sizes({"a": areas}, buckets=buckets("coco"), most_bins=8)
        >>> print(draw_sizes(counted, width=32).splitlines()[0])
        a   6 objects   small 3
    """
    repeat = max(bar_columns(width) // counted.counts.shape[1], 1)
    headings = [_heading(counted, file, width) for file in range(len(counted.names))]
    used = sum(len(heading) for heading in headings) + len(headings) + 3
    bars = max(LEAST_BARS, (HEIGHT - used) // len(headings))
    columns = counted.counts.shape[1] * repeat
    edges = zip(
        _columns_of(counted, counted.bucket_sides, repeat), counted.bucket_sides, strict=True
    )
    shown = {column: side for column, side in edges if 0 <= column < columns}
    labels = _edge_labels(shown)
    drawn = counted.shares if share else counted.counts
    peak = float(drawn.max())
    top = f"{peak:.3g} %" if share else short_number(int(peak))
    lines: list[str] = []
    for heading, heights in zip(headings, drawn, strict=True):
        lines += [*heading, labels]
        lines += _bars(np.repeat(heights, repeat), peak, top, bars, list(shown))
    return "\n".join([*lines, *_axis(counted, repeat, by)])


def bar_columns(width: int) -> int:
    """How many columns of bars fit in lines of `width` characters."""
    return max(width - MARGIN - 2, 8)


def _heading(counted: SizeCounts, file: int, width: int) -> list[str]:
    """Name and numbers of one file."""
    total = int(counted.totals[file])
    parts = [plain(counted.names[file]), f"{total:,} object{'s' * (total != 1)}"]
    parts += [
        f"{bucket.name} {number:,}"
        for bucket, number in zip(counted.buckets, counted.in_buckets[file], strict=True)
    ]
    # Lines break between parts only, at the three blanks.
    glued = "   ".join(part.replace(" ", "\N{NO-BREAK SPACE}") for part in parts)
    lines = textwrap.wrap(glued, width, break_on_hyphens=False, drop_whitespace=True)
    return [line.replace("\N{NO-BREAK SPACE}", " ") for line in lines]


def _columns_of(counted: SizeCounts, sides: list[float], repeat: int) -> list[int]:
    """The columns that sides fall in."""
    edges = np.log(counted.edges) if counted.log else counted.edges
    places = np.log(sides) if counted.log else np.array(sides)
    scale = repeat / (edges[1] - edges[0])
    return [int(place) for place in np.floor((places - edges[0]) * scale)]


def _edge_labels(shown: Mapping[int, float]) -> str:
    """A line with the edges of the buckets at their columns, as far as there is room."""
    line = ""
    for column, side in shown.items():
        place = MARGIN + 1 + column
        if len(line) <= place:
            line = f"{line:<{place}}{EDGE}{side:.4g} "
    return line.rstrip()


def _bars(heights: NDArray[Any], peak: float, top: str, height: int, marks: list[int]) -> list[str]:
    """Lines of block characters from the top; the first shows the highest number."""
    eighths = np.ceil(heights * (8 * height / (peak or 1))).astype(np.int64)
    lines = []
    for row in reversed(range(height)):
        cells = [LEVELS[level] for level in np.clip(eighths - 8 * row, 0, 8)]
        for column in marks:
            if cells[column] == " ":
                cells[column] = EDGE
        number = top if row == height - 1 else ""
        lines.append(f"{number:>{MARGIN - 1}} │{''.join(cells)}".rstrip())
    return lines


def short_number(number: int) -> str:
    """A number in at most seven characters.

    Example:
        >>> short_number(999999), short_number(12345678)
        ('999,999', '12.3M')
    """
    return f"{number:,}" if number < 10**6 else f"{number / 10**6:.1f}M"


def _axis(counted: SizeCounts, repeat: int, by: By) -> list[str]:
    """The horizontal axis, its numbers and its label."""
    bins = counted.counts.shape[1]
    # On a logarithmic axis whole octaves are numbered.
    unit = round(1 / np.log2(counted.edges[1] / counted.edges[0])) if counted.log else 1
    spacing = unit * -(-10 // (repeat * unit))
    ticks = list(range(0, bins + 1, spacing))
    rule = "".join("┴" if c % (spacing * repeat) == 0 else "─" for c in range(bins * repeat + 1))
    numbers = ""
    for tick in ticks:
        label = f"{counted.edges[tick]:.4g}"
        place = MARGIN + 1 + tick * repeat - len(label) // 2
        place = min(place, MARGIN + 2 + bins * repeat - len(label))
        numbers = f"{numbers:<{place}}{label}"
    label = f"square root of {AREA_NAMES[by]} (px)"
    middle = MARGIN + 1 + bins * repeat // 2 - len(label) // 2
    return [f"{0:>{MARGIN - 1}} └{rule[1:]}", numbers, " " * max(middle, 0) + label]
