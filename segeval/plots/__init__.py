"""Figures: functions that draw on matplotlib axes and return them; the caller saves.

matplotlib is imported when something is drawn, not before.
"""

from segeval.plots.size_hist import size_histogram
from segeval.plots.style import add_title, new_figure, save
from segeval.plots.sweep import plot_sweep
from segeval.plots.terminal import draw_sizes
from segeval.plots.training import plot_training
from segeval.plots.trimap import TrimapCurve, trimap_curve, trimap_plot
from segeval.plots.trimap_terminal import draw_trimap

__all__ = [
    "TrimapCurve",
    "add_title",
    "draw_sizes",
    "draw_trimap",
    "new_figure",
    "plot_sweep",
    "plot_training",
    "save",
    "size_histogram",
    "trimap_curve",
    "trimap_plot",
]
