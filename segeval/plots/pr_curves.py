"""Precision against recall, one curve per IoU threshold."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from segeval.frozen import frozen
from segeval.metrics.coco.curves import RECALLS
from segeval.metrics.kinds import KINDS, kinds_title
from segeval.plots.bars import Bar, draw_bars
from segeval.plots.labels import label_step, spread
from segeval.plots.missing import nothing_counts
from segeval.plots.style import SMALL_POINTS, drawing

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from segeval.metrics.coco.result import APResult
    from segeval.plots.palette import Palette

FIRST_LABELS = (0.5, 0.75)
"""Thresholds that get a label before the others."""

APART = 9.0
"""Least distance in percent of precision from which a curve has a label beside the first ones."""

CLOSE = 1.0
"""Distance of curves in percent from which each of the first ones has a label."""

RIGHT = 60.0
"""Recall in percent from which labels stand left of their curve, as they would leave the axes."""


@frozen
class PrecisionRecall:
    """Precision at every recall, the mean over the categories that have ground truth.

    Attributes:
        iou: what IoU compares.
        thresholds: T IoU thresholds, float64, shape (T,).
        recall: R fractions, float64, shape (R,).
        precision: interpolated precision at the largest cap, float64, shape (T, R).
        categories: number of categories in the mean.
    """

    iou: str
    thresholds: NDArray[np.float64]
    recall: NDArray[np.float64]
    precision: NDArray[np.float64]
    categories: int

    @property
    def ap(self) -> NDArray[np.float64]:
        """AP at each threshold, a fraction, float64, shape (T,)."""
        means: NDArray[np.float64] = self.precision.mean(axis=1)
        return means

    def rows(self) -> list[tuple[str | float, ...]]:
        """The data behind the figure: a header, then a row for each threshold and recall."""
        rows: list[tuple[str | float, ...]] = [("iou", "threshold", "recall", "precision")]
        for threshold, curve in zip(self.thresholds.tolist(), self.precision.tolist(), strict=True):
            points = zip(self.recall.tolist(), curve, strict=True)
            rows += [(self.iou, threshold, *point) for point in points]
        return rows


def precision_recall(result: APResult) -> PrecisionRecall:
    """The curves of a result, for its first kind of IoU.

    Args:
        result: of `segeval.average_precision`.

    Raises:
        InputError: if no ground truth counts.

    Example:
        >>> import segeval
        >>> from segeval.data.synthetic import furniture
        >>> scene = furniture(images=8)
        >>> curves = precision_recall(segeval.average_precision(scene.better, scene.ground_truth))
        >>> curves.precision.shape
        (10, 101)
    """
    curves = result.first.curves
    precision = curves.mean_precision
    if precision is None:
        raise nothing_counts(result)
    return PrecisionRecall(
        iou=result.first.iou,
        thresholds=curves.thresholds,
        recall=RECALLS,
        precision=precision,
        categories=len(curves.defined),
    )


def plot_precision_recall(curves: PrecisionRecall, *, ax: Axes | None = None) -> Axes:
    """Draw precision against recall, a thin line per IoU threshold with its AP beside it.

    Args:
        curves: of a result, as from `precision_recall`.
        ax: where to draw; None makes a figure of one column's width.

    Returns:
        The axes; their figure can be written with `segeval.plots.save`.

    Source:
        Interpolated precision at 101 recalls, as pycocotools has it, meaned over categories: the
        area below a line is AP.

    Example:
        >>> import segeval
        >>> from segeval.data.synthetic import furniture
        >>> scene = furniture(images=4)
        >>> result = segeval.average_precision(scene.better, scene.ground_truth)
        >>> plot_precision_recall(precision_recall(result)).get_xlabel()
        'recall (%)'
    """
    with drawing(ax, height_mm=66.0) as (ax, colours):
        ax.set_xlim(0, 100)
        ax.set_ylim(0, 103)
        last = len(curves.thresholds) - 1
        for place, curve in enumerate(curves.precision):
            main = place == 0
            ax.plot(
                100 * curves.recall, 100 * curve,
                color=colours.vermilion if main else colours.blue,
                alpha=1.0 if main else 1.0 - 0.65 * place / max(last, 1),
                linewidth=1.2 if main else 0.7,
                zorder=2.1 if main else 2,
            )  # fmt: skip
        _label(ax, curves, colours)
        set_axes(ax, curves.iou)
    return ax


def set_axes(ax: Axes, iou: str, where: str = "") -> None:
    """Ticks and names of the axes.

    Args:
        ax: where precision is drawn against recall.
        iou: what IoU compares.
        where: the precision is measured, such as " at IoU 0.50".
    """
    from matplotlib.ticker import FixedLocator

    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_locator(FixedLocator([0, 20, 40, 60, 80, 100]))
    ax.set_xlabel("recall (%)")
    ax.set_ylabel(f"{KINDS[iou]} precision{where} (%)".removeprefix("mask "))


def _label(ax: Axes, curves: PrecisionRecall, colours: Palette) -> None:
    """Put threshold and AP where each curve meets the diagonal, if no label is near."""
    meeting: dict[int, float] = {}
    for place in _by_importance(curves.thresholds):
        curve = curves.precision[place]
        meets = 100 * float(curves.recall[np.argmax(curve <= curves.recall)])
        is_first = min(abs(curves.thresholds[place] - each) for each in FIRST_LABELS) < 1e-9
        apart = CLOSE if is_first else APART
        if all(abs(meets - other) >= apart for other in meeting.values()):
            meeting[place] = meets
    step = label_step(ax)
    falling = sorted(meeting.items(), key=lambda item: -item[1])
    # Below a curve at its left, above it at its right, but in the order of the curves.
    wishes = [meets + (-0.6 if meets > RIGHT else 0.6) * step for _, meets in falling]
    heights = spread(np.minimum.accumulate(wishes).tolist(), step)
    for (place, meets), height in zip(falling, heights, strict=True):
        text = f"{curves.thresholds[place]:.2f}: AP {100 * curves.ap[place]:.1f}"
        is_left = meets > RIGHT
        ax.annotate(
            f"IoU {text}" if place == 0 else text,
            (meets, height),
            xytext=(-4 if is_left else 3, 0),
            textcoords="offset points",
            ha="right" if is_left else "left",
            va="center",
            size=SMALL_POINTS - 1,
            color=colours.vermilion if place == 0 else colours.blue,
            bbox={"boxstyle": "square,pad=0.1", "facecolor": colours.paper, "linewidth": 0},
        )


def _by_importance(thresholds: NDArray[np.float64]) -> list[int]:
    """Places of thresholds: the first, .50 and .75, the last, then the others."""
    named = [int(np.argmin(np.abs(thresholds - each))) for each in FIRST_LABELS]
    found = [place for place in named if np.abs(thresholds[place] - FIRST_LABELS).min() < 1e-9]
    return list(dict.fromkeys([0, *found, len(thresholds) - 1, *range(len(thresholds))]))


def draw_precision_recall(curves: PrecisionRecall, *, width: int = 80) -> str:
    """AP by IoU threshold as bars of text.

    Args:
        curves: of a result.
        width: width of the lines, in characters.
    """
    bars = [
        Bar(f"{threshold:.2f}", 100 * ap, f"{100 * ap:.1f}")
        for threshold, ap in zip(curves.thresholds.tolist(), curves.ap.tolist(), strict=True)
    ]
    heading = f"{kinds_title([curves.iou], 'AP')} (%) by IoU threshold"
    return draw_bars(heading, bars, width=width, most=100)
