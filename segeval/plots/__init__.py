"""Figures: functions that draw on matplotlib axes and return them; the caller saves.

matplotlib is imported when something is drawn, not before.
"""

from segeval.plots.category_scores import CategoryDots, category_dots, plot_categories
from segeval.plots.confusions import plot_confusion
from segeval.plots.differences import DifferenceDots, difference_dots, plot_compare
from segeval.plots.error_costs import ErrorCosts, error_costs, plot_errors
from segeval.plots.image_sheet import plot_images
from segeval.plots.image_tiles import Seen, Tile, image_tiles
from segeval.plots.intervals import Estimate
from segeval.plots.iou_hist import BestIoUs, best_iou_of_objects, plot_iou_hist
from segeval.plots.oracle_gains import OracleGains, oracle_gains, plot_oracles
from segeval.plots.precision_recall import PrecisionRecall, plot_precision_recall, precision_recall
from segeval.plots.reliability import Reliability, plot_reliability, reliability_of
from segeval.plots.score_hist import ScoreCounts, plot_scores, score_counts
from segeval.plots.size_hist import size_histogram
from segeval.plots.size_scores import SizeDots, plot_sizes, size_dots
from segeval.plots.style import add_title, new_figure, save
from segeval.plots.sweep import plot_sweep
from segeval.plots.terminal import draw_sizes
from segeval.plots.training import plot_training
from segeval.plots.trimap import TrimapCurve, trimap_curve, trimap_plot
from segeval.plots.trimap_terminal import draw_trimap

__all__ = [
    "BestIoUs",
    "CategoryDots",
    "DifferenceDots",
    "ErrorCosts",
    "Estimate",
    "OracleGains",
    "PrecisionRecall",
    "Reliability",
    "ScoreCounts",
    "Seen",
    "SizeDots",
    "Tile",
    "TrimapCurve",
    "add_title",
    "best_iou_of_objects",
    "category_dots",
    "difference_dots",
    "draw_sizes",
    "draw_trimap",
    "error_costs",
    "image_tiles",
    "new_figure",
    "oracle_gains",
    "plot_categories",
    "plot_compare",
    "plot_confusion",
    "plot_errors",
    "plot_images",
    "plot_iou_hist",
    "plot_oracles",
    "plot_precision_recall",
    "plot_reliability",
    "plot_scores",
    "plot_sizes",
    "plot_sweep",
    "plot_training",
    "precision_recall",
    "reliability_of",
    "save",
    "score_counts",
    "size_dots",
    "size_histogram",
    "trimap_curve",
    "trimap_plot",
]
