"""Figures: functions that draw on matplotlib axes and return them; the caller saves.

matplotlib is imported when something is drawn, not before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from segeval.first_use import on_first_use

if TYPE_CHECKING:
    from segeval.plots.category_numbers import CategoryDots, category_dots
    from segeval.plots.category_scores import plot_categories
    from segeval.plots.confusions import plot_confusion
    from segeval.plots.cooccurrence import plot_cooccurrence
    from segeval.plots.differences import DifferenceDots, difference_dots, plot_compare
    from segeval.plots.error_bars import ErrorCosts, error_costs, plot_errors
    from segeval.plots.image_sheet import plot_images
    from segeval.plots.intervals import Estimate
    from segeval.plots.iou_hist import BestIoUs, best_iou_of_objects, plot_iou_hist
    from segeval.plots.one_image import plot_image
    from segeval.plots.oracle_dots import OracleGains, oracle_gains, plot_oracles
    from segeval.plots.pr_curves import PrecisionRecall, plot_precision_recall, precision_recall
    from segeval.plots.pr_models import plot_models_precision_recall
    from segeval.plots.reliability import Reliability, plot_reliability, reliability_of
    from segeval.plots.score_hist import ScoreCounts, plot_scores, score_counts
    from segeval.plots.size_hist import size_histogram
    from segeval.plots.size_scores import SizeDots, plot_sizes, size_dots
    from segeval.plots.style import add_title, new_figure, save
    from segeval.plots.surround import plot_surround
    from segeval.plots.suspect_sheet import plot_suspects
    from segeval.plots.sweep import plot_sweep
    from segeval.plots.terminal import draw_sizes
    from segeval.plots.training import plot_training
    from segeval.plots.trimap import TrimapCurve, trimap_curve, trimap_plot
    from segeval.plots.trimap_terminal import draw_trimap
else:
    __getattr__ = on_first_use(
        __name__,
        {
            "category_numbers": "CategoryDots category_dots",
            "category_scores": "plot_categories",
            "confusions": "plot_confusion",
            "cooccurrence": "plot_cooccurrence",
            "differences": "DifferenceDots difference_dots plot_compare",
            "error_bars": "ErrorCosts error_costs plot_errors",
            "image_sheet": "plot_images",
            "intervals": "Estimate",
            "iou_hist": "BestIoUs best_iou_of_objects plot_iou_hist",
            "one_image": "plot_image",
            "oracle_dots": "OracleGains oracle_gains plot_oracles",
            "pr_curves": "PrecisionRecall plot_precision_recall precision_recall",
            "pr_models": "plot_models_precision_recall",
            "reliability": "Reliability plot_reliability reliability_of",
            "score_hist": "ScoreCounts plot_scores score_counts",
            "size_hist": "size_histogram",
            "size_scores": "SizeDots plot_sizes size_dots",
            "style": "add_title new_figure save",
            "surround": "plot_surround",
            "suspect_sheet": "plot_suspects",
            "sweep": "plot_sweep",
            "terminal": "draw_sizes",
            "training": "plot_training",
            "trimap": "TrimapCurve trimap_curve trimap_plot",
            "trimap_terminal": "draw_trimap",
        },
    )

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
    "SizeDots",
    "TrimapCurve",
    "add_title",
    "best_iou_of_objects",
    "category_dots",
    "difference_dots",
    "draw_sizes",
    "draw_trimap",
    "error_costs",
    "new_figure",
    "oracle_gains",
    "plot_categories",
    "plot_compare",
    "plot_confusion",
    "plot_cooccurrence",
    "plot_errors",
    "plot_image",
    "plot_images",
    "plot_iou_hist",
    "plot_models_precision_recall",
    "plot_oracles",
    "plot_precision_recall",
    "plot_reliability",
    "plot_scores",
    "plot_sizes",
    "plot_surround",
    "plot_suspects",
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


def __dir__() -> list[str]:
    return __all__
