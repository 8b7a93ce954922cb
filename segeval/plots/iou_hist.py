"""How well the objects are covered: the best IoU of each with a prediction."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from segeval.analysis.image_errors import best_ious
from segeval.analysis.pairs import overlapping_pairs
from segeval.data.keys import written
from segeval.errors import InputError
from segeval.frozen import frozen
from segeval.metrics.coco.curves import threshold_index
from segeval.metrics.kinds import KINDS
from segeval.plots.bars import Bar, draw_bars
from segeval.plots.style import SMALL_POINTS, drawing

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from segeval.metrics.coco.average_precision import Evaluation

BINS = 20
"""Bins of IoU; objects that nothing touches are in the first."""

NAMED = (0.5, 0.75, 0.9)
"""Thresholds whose share of objects is written, if they were evaluated."""


@frozen(eq=False)
class BestIoUs:
    """The best IoU of each object with a prediction of its category, whatever its score.

    Attributes:
        iou: what IoU compares.
        thresholds: the IoU thresholds evaluated, float64, shape (T,).
        best: float64, shape (M,).
        ids: of the M annotations.
        image_ids: of their images.
        categories: names of their categories.
    """

    iou: str
    thresholds: NDArray[np.float64]
    best: NDArray[np.float64]
    ids: tuple[int | str, ...]
    image_ids: tuple[int | str, ...]
    categories: tuple[str, ...]

    @property
    def counts(self) -> NDArray[np.int64]:
        """Objects in each bin, int64, shape (`BINS`,)."""
        return np.histogram(self.best, self.edges)[0].astype(np.int64)

    @property
    def edges(self) -> NDArray[np.float64]:
        """Edges of the bins, float64, shape (`BINS` + 1,)."""
        return np.arange(BINS + 1) / BINS

    def share(self, threshold: float) -> float:
        """Share of the objects whose best IoU reaches a threshold, a fraction."""
        return float((self.best >= threshold).mean())

    def rows(self) -> list[tuple[str | int | float, ...]]:
        """The data behind the figure: a header, then a row per object."""
        rows: list[tuple[str | int | float, ...]] = [
            ("iou", "annotation_id", "image_id", "category", "best_iou")
        ]
        columns = (self.ids, self.image_ids, self.categories, self.best.tolist())
        rows += [(self.iou, *row) for row in zip(*columns, strict=True)]
        return rows


def best_iou_of_objects(evaluation: Evaluation, *, workers: int | None = None) -> BestIoUs:
    """The best IoU of each ground truth that counts with a judged prediction of its category.

    Args:
        evaluation: both files, matched by one kind of IoU.
        workers: threads, None for all cores.

    Raises:
        InputError: if no ground truth counts.

    Example:
        >>> from segeval.data.synthetic import furniture
        >>> from segeval.metrics.coco.arguments import Arguments
        >>> from segeval.metrics.coco.average_precision import evaluations
        >>> scene = furniture(images=8)
        >>> [found] = evaluations(scene.better, scene.ground_truth, Arguments(), None)
        >>> float(best_iou_of_objects(found).best.max()) > 0.9
        True
    """
    gt, matches = evaluation.gt, evaluation.matches
    counted = matches.gt_counted[0]
    if not counted.any():
        raise InputError(
            f"{gt.source}: no ground truth counts, so there is no IoU to draw.",
            code="no-ground-truth",
            path=gt.source,
        )
    best = best_ious(matches, overlapping_pairs(evaluation, workers=workers))
    images = written(matches.image_ids[matches.gt_image[counted]], matches.image_keys)
    names = matches.category_names
    return BestIoUs(
        iou=matches.request.iou,
        thresholds=matches.thresholds,
        best=best[counted],
        ids=tuple(written(gt.id[matches.gt[counted]], gt.keys)),
        image_ids=tuple(images),
        categories=tuple(names[k] for k in matches.gt_category[counted].tolist()),
    )


def plot_iou_hist(ious: BestIoUs, *, ax: Axes | None = None) -> Axes:
    """Draw how many objects have each best IoU, with the thresholds and what reaches them.

    Args:
        ious: of the objects, as from `best_iou_of_objects`.
        ax: where to draw; None makes a figure of one column's width.

    Returns:
        The axes; their figure can be written with `segeval.plots.save`.

    Example:
        >>> from segeval.data.synthetic import furniture
        >>> from segeval.metrics.coco.arguments import Arguments
        >>> from segeval.metrics.coco.average_precision import evaluations
        >>> scene = furniture(images=8)
        >>> [found] = evaluations(scene.better, scene.ground_truth, Arguments(), None)
        >>> plot_iou_hist(best_iou_of_objects(found)).get_xlabel()
        'best mask IoU of each object'
    """
    from matplotlib.ticker import MaxNLocator, StrMethodFormatter

    with drawing(ax) as (ax, colours):
        counts = ious.counts
        ax.stairs(counts, ious.edges, color=colours.blue, fill=True, alpha=0.25)
        ax.stairs(counts, ious.edges, color=colours.blue, baseline=None)
        ax.set_xlim(0, 1)
        ax.set_ylim(0, 1.08 * float(counts.max()))
        for threshold in ious.thresholds.tolist():
            named = _is_named(ious, threshold)
            ax.axvline(
                threshold,
                color=colours.grey if named else colours.pale,
                linewidth=0.8 if named else 0.5,
                linestyle=(0, (4, 3)),
                zorder=0,
            )
            if named:
                share = f"{100 * ious.share(threshold):.0f} %"
                ax.annotate(
                    f"{share}\n\N{GREATER-THAN OR EQUAL TO} {threshold:g}",
                    (threshold, 1.01), xycoords=("data", "axes fraction"),
                    ha="center", va="bottom", size=SMALL_POINTS - 1, annotation_clip=False,
                )  # fmt: skip
        ax.yaxis.set_major_locator(MaxNLocator(5, integer=True, steps=[1, 2, 5, 10]))
        ax.yaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
        ax.set_xlabel(f"best {KINDS[ious.iou]} IoU of each object")
        ax.set_ylabel("number of objects")
    return ax


def _is_named(ious: BestIoUs, threshold: float) -> bool:
    """Whether the share of objects that reach a threshold is written above it."""
    named = [each for each in NAMED if threshold_index(ious.thresholds, each) is not None]
    if not named:
        return threshold in (ious.thresholds[0], ious.thresholds[-1])
    return any(abs(threshold - each) < 1e-9 for each in named)


def draw_iou_hist(ious: BestIoUs, *, width: int = 80) -> str:
    """Objects by best IoU as bars of text, thresholds that were evaluated marked.

    Args:
        ious: of the objects.
        width: width of the lines, in characters.
    """
    bars = []
    for low, high, number in zip(ious.edges, ious.edges[1:], ious.counts.tolist(), strict=False):
        reached = threshold_index(ious.thresholds, float(low)) is not None
        more = f"{100 * ious.share(low):.1f} % reach {low:.2f}" if reached else ""
        bars.append(Bar(f"{low:.2f}\N{EN DASH}{high:.2f}", number, f"{number:,}", more))
    return draw_bars(f"Number of objects by best {KINDS[ious.iou]} IoU", bars, width=width)
