"""Whether scores tell how often predictions are true."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from segeval.analysis.calibration.errors import BINS, Bin, d_ece, reliability
from segeval.analysis.outcomes import outcomes_at
from segeval.analysis.pairs import overlapping_pairs
from segeval.errors import InputError
from segeval.frozen import frozen
from segeval.metrics.kinds import KINDS
from segeval.plots.bars import Bar, draw_bars
from segeval.plots.style import SMALL_POINTS, drawing
from segeval.words import counted, percent

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from segeval.metrics.coco.average_precision import Evaluation

SHOWN_BINS = 10
"""Bins that are drawn; D-ECE has 25, as in its definition."""

LEAST, MOST = 2.0, 8.0
"""Sizes of the dots of few and of many predictions, in points."""


@frozen
class Reliability:
    """Precision by score at one IoU threshold.

    Attributes:
        iou: what IoU compares.
        threshold: IoU from which a prediction may be true.
        bins: equal bins of the scores from 0 to 1.
        d_ece: detection ECE, of 25 bins, a fraction.
    """

    iou: str
    threshold: float
    bins: tuple[Bin, ...]
    d_ece: float | None

    def rows(self) -> list[tuple[str | int | float | None, ...]]:
        """The data behind the figure: a header, then a row per bin."""
        rows: list[tuple[str | int | float | None, ...]] = [
            ("iou", "threshold", "from", "to", "preds", "score", "precision", "mean_iou")
        ]
        for each in self.bins:
            numbers = (each.low, each.high, each.preds, each.score, each.precision, each.iou)
            rows.append((self.iou, self.threshold, *numbers))
        return rows


def reliability_of(
    evaluation: Evaluation, *, threshold: float = 0.5, workers: int | None = None
) -> Reliability:
    """Precision by score of the predictions that count, of categories that have objects.

    Args:
        evaluation: both files, matched by one kind of IoU.
        threshold: IoU from which a prediction may be true.
        workers: threads, None for all cores.

    Raises:
        InputError: if there are no predictions, or scores are not from 0 to 1.

    Example:
        >>> from segeval.data.synthetic import furniture
        >>> from segeval.metrics.coco.arguments import Arguments
        >>> from segeval.metrics.coco.average_precision import evaluations
        >>> scene = furniture(images=8)
        >>> [found] = evaluations(scene.better, scene.ground_truth, Arguments(), None)
        >>> round(reliability_of(found).d_ece, 3)
        0.086
    """
    pairs = overlapping_pairs(evaluation, workers=workers)
    found = outcomes_at(evaluation.matches, pairs, threshold).of_categories_with_objects()
    source = evaluation.preds.source
    if not len(found.score):
        raise InputError(
            f"{source}: no prediction counts, so there are no scores to draw.",
            code="no-predictions",
            path=source,
        )
    low, high = float(found.score.min()), float(found.score.max())
    if low < 0 or high > 1:
        wrong = low if low < 0 else high
        raise InputError(
            f"{source}: a score is {wrong:g}, expected scores from 0 to 1, which precision can be "
            "compared with.",
            code="score-range",
            path=source,
        )
    return Reliability(
        iou=evaluation.matches.request.iou,
        threshold=threshold,
        bins=reliability(found, SHOWN_BINS),
        d_ece=d_ece(found.score, found.true, BINS),
    )


def plot_reliability(found: Reliability, *, ax: Axes | None = None) -> Axes:
    """Draw precision against score, as large as the number of predictions, beside the diagonal.

    Where a dot lies below the diagonal, scores are too high.

    Args:
        found: of one model, as from `reliability_of`.
        ax: where to draw; None makes a figure of one column's width.

    Returns:
        The axes; their figure can be written with `segeval.plots.save`.

    Example:
        >>> from segeval.data.synthetic import furniture
        >>> from segeval.metrics.coco.arguments import Arguments
        >>> from segeval.metrics.coco.average_precision import evaluations
        >>> scene = furniture(images=8)
        >>> [found] = evaluations(scene.better, scene.ground_truth, Arguments(), None)
        >>> plot_reliability(reliability_of(found)).get_xlabel()
        'score'
    """
    from matplotlib.ticker import FixedLocator

    known = [each for each in found.bins if each.preds]
    with drawing(ax, height_mm=70.0) as (ax, colours):
        ax.plot([0, 1], [0, 100], color=colours.pale, linewidth=0.8, linestyle=(0, (4, 3)))
        most = max(each.preds for each in known)
        scores = [each.score or 0.0 for each in known]
        shares = [100 * (each.precision or 0.0) for each in known]
        for score, share in zip(scores, shares, strict=True):
            ax.plot([score, score], [100 * score, share], color=colours.vermilion, linewidth=0.8)
        ax.plot(scores, shares, color=colours.blue, linewidth=0.8)
        for each, score, share in zip(known, scores, shares, strict=True):
            size = LEAST + (MOST - LEAST) * float(np.sqrt(each.preds / most))
            ax.plot([score], [share], "o", color=colours.blue, markersize=size, clip_on=False)
        ax.set_xlim(0, 1)
        ax.set_ylim(0, 103)
        ax.yaxis.set_major_locator(FixedLocator([0, 25, 50, 75, 100]))
        ax.set_xlabel("score")
        at = f"IoU \N{GREATER-THAN OR EQUAL TO} {found.threshold:g}"
        ax.set_ylabel(f"true at {KINDS[found.iou]} {at} (%)")
        number = sum(each.preds for each in known)
        ax.annotate(
            f"D-ECE {percent(found.d_ece)} %", (0, 1.02), xycoords="axes fraction", va="bottom",
            size=SMALL_POINTS, color=colours.vermilion,
        )  # fmt: skip
        ax.annotate(
            counted(number, "prediction"), (1, 1.02), xycoords="axes fraction", ha="right",
            va="bottom", size=SMALL_POINTS, color=colours.blue,
        )  # fmt: skip
    return ax


def draw_reliability(found: Reliability, *, width: int = 80) -> str:
    """Precision by score as bars of text.

    Args:
        found: of one model.
        width: width of the lines, in characters.
    """
    bars = []
    for each in found.bins:
        share = None if each.precision is None else 100 * each.precision
        name = f"{each.low:.1f}\N{EN DASH}{each.high:.1f}"
        more = "" if each.score is None else f"mean score {each.score:.2f}, {each.preds:,}"
        bars.append(Bar(name, share, percent(each.precision), more))
    heading = (
        f"True predictions (%) by score at {KINDS[found.iou]} IoU {found.threshold:g}; D-ECE "
        f"{percent(found.d_ece)}"
    )
    return draw_bars(heading, bars, width=width, most=100)
