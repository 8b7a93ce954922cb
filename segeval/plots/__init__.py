"""Figures: functions that draw on matplotlib axes and return them; the caller saves.

matplotlib is imported when something is drawn, not before.
"""

from segeval.plots.size_counts import SizeCounts, count_sizes, object_areas
from segeval.plots.size_hist import size_histogram
from segeval.plots.style import add_title, new_figure, save
from segeval.plots.terminal import draw_sizes

__all__ = [
    "SizeCounts",
    "add_title",
    "count_sizes",
    "draw_sizes",
    "new_figure",
    "object_areas",
    "save",
    "size_histogram",
]
