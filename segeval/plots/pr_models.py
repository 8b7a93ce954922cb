"""Precision against recall of several models, a line each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from segeval.errors import InputError
from segeval.metrics.kinds import kinds_title
from segeval.plots.bars import Bar, draw_bars
from segeval.plots.letters import fitting
from segeval.plots.names import ap_name
from segeval.plots.palette import check_told_apart
from segeval.plots.pr_curves import PrecisionRecall, set_axes
from segeval.plots.style import SMALL_POINTS, drawing

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from segeval.plots.palette import Palette

HEIGHT_MM, ROW_MM = 62.0, 3.6
"""Height of the axes with what is below them, and of a row of names above."""

LONGEST = 26
"""Letters of a name that fit above the axes of one column's width."""


def plot_models_precision_recall(
    curves: Mapping[str, PrecisionRecall], *, ax: Axes | None = None
) -> Axes:
    """Draw precision against recall at the first IoU threshold, a line per model with its AP there.

    A line above the names says which threshold that is.

    Args:
        curves: by name of the model, as from `precision_recall`.
        ax: where to draw; None makes a figure of one column's width.

    Returns:
        The axes; their figure can be written with `segeval.plots.save`.

    Raises:
        InputError: for no model, more than nine, or curves of different kinds of IoU or first
            thresholds.

    Example:
        >>> import segeval
        >>> from segeval.data.synthetic import furniture
        >>> from segeval.plots import precision_recall
        >>> scene = furniture(images=4)
        >>> curves = {
        ...     name: precision_recall(segeval.average_precision(preds, scene.ground_truth))
        ...     for name, preds in (("a", scene.better), ("b", scene.weaker))
        ... }
        >>> plot_models_precision_recall(curves).get_ylabel()
        'precision at IoU 0.50 (%)'
    """
    check_told_apart(len(curves))
    threshold = common_threshold(curves)
    number = ap_name(threshold)
    with drawing(ax, height_mm=models_height(curves)) as (ax, colours):
        ax.set_xlim(0, 100)
        ax.set_ylim(0, 103)
        for place, (name, own) in enumerate(curves.items()):
            colour, dashes = colours.line(place)
            ax.plot(
                100 * own.recall, 100 * own.precision[0], color=colour, linestyle=dashes,
                linewidth=1.2, label=f"{fitting(name, LONGEST)}  {number} {100 * own.ap[0]:.1f}",
            )  # fmt: skip
        first = next(iter(curves.values()))
        set_axes(ax, first.iou, f" at IoU {threshold:.2f}")
        _add_names(ax, colours, drawn_threshold(curves))
    return ax


def common_threshold(curves: Mapping[str, PrecisionRecall]) -> float:
    """The first IoU threshold of all curves.

    Raises:
        InputError: if they differ in it or in the kind of IoU, or if there are none.
    """
    kinds = {(own.iou, float(own.thresholds[0])) for own in curves.values()}
    if len(kinds) != 1:
        found = ", ".join(f"{iou} at {threshold:.2f}" for iou, threshold in sorted(kinds))
        raise InputError(
            f"curves are of {found or 'no model'}, expected one kind of IoU and one first "
            "threshold for all models",
            code="settings",
        )
    return kinds.pop()[1]


def drawn_threshold(curves: Mapping[str, PrecisionRecall]) -> str:
    """Which IoU threshold is drawn, in words; of several, that it is the first one.

    Args:
        curves: by name of the model.
    """
    several = max(len(own.thresholds) for own in curves.values())
    first = f"IoU {common_threshold(curves):.2f}"
    return first if several == 1 else f"{first}, the first of {several} thresholds"


def model_rows(curves: Mapping[str, PrecisionRecall]) -> list[tuple[str | float, ...]]:
    """The data behind the figure: a header, then a row per model, threshold and recall.

    Args:
        curves: by name of the model.
    """
    rows: list[tuple[str | float, ...]] = []
    for name, own in curves.items():
        header, *points = own.rows()
        rows += [] if rows else [("model", *header)]
        rows += [(name, *each) for each in points]
    return rows


def draw_models_precision_recall(curves: Mapping[str, PrecisionRecall], *, width: int = 80) -> str:
    """AP of each model at the first threshold as bars of text.

    Args:
        curves: by name of the model.
        width: width of the lines, in characters.
    """
    threshold = common_threshold(curves)
    bars = [
        Bar(name, 100 * float(own.ap[0]), f"{100 * own.ap[0]:.1f}") for name, own in curves.items()
    ]
    title = kinds_title([next(iter(curves.values())).iou], ap_name(threshold))
    return draw_bars(f"{title} (%) at {drawn_threshold(curves)}", bars, width=width, most=100)


def models_height(names: Iterable[str]) -> float:
    """Height of the figure in millimetres, with rows above for threshold and names.

    Args:
        names: of the models.
    """
    return HEIGHT_MM + ROW_MM * (1 + len(list(names)))


def _add_names(ax: Axes, colours: Palette, title: str) -> None:
    """The names of the lines above the axes, where no curve is, below a title."""
    legend = ax.legend(
        title=title, title_fontsize=SMALL_POINTS - 1, alignment="left",
        loc="lower left", bbox_to_anchor=(0.0, 1.01), fontsize=SMALL_POINTS - 1,
        frameon=False, borderpad=0.0, handlelength=2.4, labelspacing=0.3, borderaxespad=0.0,
    )  # fmt: skip
    for text in (legend.get_title(), *legend.get_texts()):
        text.set_color(colours.ink)
