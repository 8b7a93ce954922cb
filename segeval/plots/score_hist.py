"""How true and false predictions are scored."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from segeval.errors import InputError
from segeval.frozen import frozen
from segeval.metrics.coco.curves import half_or_first
from segeval.metrics.kinds import KINDS
from segeval.plots.bars import Bar, draw_bars
from segeval.plots.style import SMALL_POINTS, drawing

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from segeval.metrics.coco.matches import Matches
    from segeval.plots.palette import Palette

BINS = 20
"""Bins of scores."""

LEAST = 5
"""Predictions in a bin from which the share of true ones is drawn."""

WIDE = 30
"""Ratio of the tallest bin to the median from which the axis of counts is logarithmic."""


@frozen
class ScoreCounts:
    """True and false predictions by score.

    Attributes:
        iou: what IoU compares.
        threshold: IoU from which a prediction may be true.
        edges: of B bins, increasing, float64, shape (B + 1,).
        true: matched predictions in each bin, int64, shape (B,).
        false: unmatched predictions in each, int64, shape (B,).
    """

    iou: str
    threshold: float
    edges: NDArray[np.float64]
    true: NDArray[np.int64]
    false: NDArray[np.int64]

    @property
    def precision(self) -> NDArray[np.float64]:
        """Share of true predictions in each bin, NaN where there are none, float64, shape (B,)."""
        total = self.true + self.false
        share = np.full(len(total), np.nan)
        np.divide(self.true, total, out=share, where=total > 0)
        return share

    def rows(self) -> list[tuple[str | float | None, ...]]:
        """The data behind the figure: a header, then a row per bin."""
        rows: list[tuple[str | float | None, ...]] = [
            ("iou", "threshold", "from", "to", "true", "false", "precision")
        ]
        columns = (self.edges[:-1], self.edges[1:], self.true, self.false, self.precision)
        for *bin_, precision in zip(*(column.tolist() for column in columns), strict=True):
            share = None if np.isnan(precision) else precision
            rows.append((self.iou, self.threshold, *bin_, share))
        return rows


def score_counts(matches: Matches, *, threshold: float | None = None) -> ScoreCounts:
    """Count true and false predictions by score.

    Predictions that count neither way, such as those inside crowd regions, are left out, as are
    those beyond the cap.

    Args:
        matches: of one kind of IoU.
        threshold: one of the IoU thresholds evaluated; by default .50, else the first.

    Raises:
        InputError: for a threshold that was not evaluated, or if there are no predictions.

    Example:
        >>> import segeval
        >>> from segeval.data.synthetic import furniture
        >>> scene = furniture(images=8)
        >>> found = score_counts(segeval.match(scene.better, scene.ground_truth))
        >>> int(found.true.sum()), int(found.false.sum())
        (56, 14)
    """
    if threshold is None:
        threshold = half_or_first(matches.thresholds)
    counts = matches.within_cap & ~matches.ignored(threshold)
    if not counts.any():
        path = str(matches.inputs["preds"]["path"])
        raise InputError(
            f"{path}: no prediction counts, so there are no scores to draw.",
            code="no-predictions",
            path=path,
        )
    true = matches.matched(threshold)
    scores = matches.score[counts]
    low, high = float(scores.min()), float(scores.max())
    ends = (0.0, 1.0) if low >= 0 and high <= 1 else (low, high if high > low else low + 1)
    edges = np.linspace(*ends, BINS + 1)
    return ScoreCounts(
        iou=matches.request.iou,
        threshold=threshold,
        edges=edges,
        true=np.histogram(matches.score[counts & true], edges)[0].astype(np.int64),
        false=np.histogram(matches.score[counts & ~true], edges)[0].astype(np.int64),
    )


def plot_scores(counts: ScoreCounts, *, ax: Axes | None = None) -> Axes:
    """Draw how many true and false predictions have each score, and the share that is true.

    Bins of fewer than `LEAST` predictions have no share.

    Args:
        counts: of a result, as from `score_counts`.
        ax: where to draw; None makes a figure of one column's width.

    Returns:
        The axes of the counts; the share has axes of its own on the right.

    Example:
        >>> import segeval
        >>> from segeval.data.synthetic import furniture
        >>> scene = furniture(images=4)
        >>> matches = segeval.match(scene.better, scene.ground_truth)
        >>> plot_scores(score_counts(matches)).get_xlabel()
        'score'
    """
    with drawing(ax) as (ax, colours):
        ax.stairs(counts.true, counts.edges, color=colours.blue, fill=True, alpha=0.25)
        ax.stairs(counts.true, counts.edges, color=colours.blue, baseline=None)
        ax.stairs(
            counts.false, counts.edges, color=colours.vermilion, linestyle="--", baseline=None
        )
        _set_axes(ax, counts)
        _add_share(ax, counts, colours)
        _add_names(ax, counts, colours)
    return ax


def _set_axes(ax: Axes, counts: ScoreCounts) -> None:
    """Ranges and names; counts far apart stand on a logarithmic axis."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    every = np.concatenate([counts.true, counts.false])
    some = every[every > 0]
    ax.set_xlim(counts.edges[0], counts.edges[-1])
    if some.max() > WIDE * np.median(some):
        ax.set_yscale("symlog", linthresh=1, linscale=0.4)
        ax.set_ylim(0, 2.0 * float(some.max()))
        ax.minorticks_off()
        top = int(np.floor(np.log10(some.max())))
        ax.set_yticks([0, *(10**power for power in range(top + 1))])
    else:
        ax.set_ylim(0, 1.08 * float(some.max()))
        ax.yaxis.set_major_locator(MaxNLocator(5, integer=True, steps=[1, 2, 5, 10]))
    ax.yaxis.set_major_formatter(FuncFormatter(lambda number, _: f"{number:,.0f}"))
    ax.set_xlabel("score")
    ax.set_ylabel("number of predictions")


def _add_share(ax: Axes, counts: ScoreCounts, colours: Palette) -> None:
    """The share of true predictions in each bin, on an axis at the right."""
    from matplotlib.ticker import FixedLocator

    right = ax.twinx()
    middles = (counts.edges[:-1] + counts.edges[1:]) / 2
    known = counts.true + counts.false >= LEAST
    right.plot(
        middles[known], 100 * counts.precision[known], ".-",
        color=colours.grey, linewidth=0.8, markersize=3,
    )  # fmt: skip
    right.set_ylim(0, 103)
    right.yaxis.set_major_locator(FixedLocator([0, 25, 50, 75, 100]))
    right.set_ylabel("share that is true (%)", color=colours.grey)
    right.tick_params(axis="y", labelcolor=colours.grey)
    right.spines["right"].set_visible(True)


def _add_names(ax: Axes, counts: ScoreCounts, colours: Palette) -> None:
    """What the lines are, above them."""
    true, false = int(counts.true.sum()), int(counts.false.sum())
    above: dict[str, Any] = {"xycoords": "axes fraction", "va": "bottom", "size": SMALL_POINTS}
    ax.annotate(
        f"{true:,} true (IoU \N{GREATER-THAN OR EQUAL TO} {counts.threshold:g})",
        (0, 1.02),
        color=colours.blue,
        **above,
    )
    ax.annotate(f"{false:,} false", (1, 1.02), ha="right", color=colours.vermilion, **above)


def draw_scores(counts: ScoreCounts, *, width: int = 80) -> str:
    """The share of true predictions by score as bars of text.

    Args:
        counts: of a result.
        width: width of the lines, in characters.
    """
    bars = []
    columns = (counts.edges, counts.edges[1:], counts.true, counts.false, counts.precision)
    for low, high, true, false, share in zip(*(c.tolist() for c in columns), strict=False):
        known = None if np.isnan(share) else 100 * share
        text = "-" if known is None else f"{known:.1f}"
        bars.append(
            Bar(f"{low:.2f}\N{EN DASH}{high:.2f}", known, text, f"{true:,} of {true + false:,}")
        )
    heading = (
        f"True predictions (%) by score, {KINDS[counts.iou]} IoU of at least {counts.threshold:g}"
    )
    return draw_bars(heading, bars, width=width, most=100)
