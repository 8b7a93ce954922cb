"""Which categories are most often taken for which."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from segeval.analysis.errors.confusion import ConfusedPair, Confusion
from segeval.errors import InputError
from segeval.metrics.kinds import KINDS
from segeval.plots.bars import Bar, draw_bars
from segeval.plots.labels import end_with_room
from segeval.plots.letters import fitting
from segeval.plots.names import short_name
from segeval.plots.style import SMALL_POINTS, drawing
from segeval.words import percent

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from segeval.plots.palette import Palette

LONGEST_NAME = 12
"""Usual letters of a category's name."""


def confusion_rows(found: Confusion) -> list[tuple[str | int | float | None, ...]]:
    """The data behind the figure: a header, then a row for each pair that occurs, right ones too.

    Args:
        found: of one model.
    """
    header = ("gt", "pred", "gt_name", "pred_name", "count")
    before: tuple[str | float | None, ...] = ()
    rows: list[tuple[str | int | float | None, ...]] = [header]
    if found.iou is not None:  # pixels have none of these
        before = (found.iou, found.threshold, found.min_score)
        rows = [("iou", "threshold", "min_score", *header)]
    rows += [(*before, own, own, name, name, count) for own, name, count in found.right()]
    rows += [
        (*before, pair.gt, pair.pred, pair.gt_name, pair.pred_name, pair.count)
        for pair in found.worst(None)
    ]
    return rows


def confusion_height(found: Confusion) -> float:
    """Height in millimetres of a figure of the worst pairs."""
    return 24.0 + 4.0 * max(len(found.worst()), 3)


def plot_confusion(found: Confusion, *, ax: Axes | None = None) -> Axes:
    """Draw the pairs of categories that are confused most, the most frequent first.

    Blue are objects or pixels taken for another category, grey objects that nothing hit and pixels
    predicted as labels that are not evaluated, vermilion predictions that hit nothing.

    Args:
        found: of one model, as from `segeval.analysis.confusion` or `label_confusion`.
        ax: where to draw; None makes a figure of one column's width.

    Returns:
        The axes; their figure can be written with `segeval.plots.save`.

    Raises:
        InputError: if nothing was confused.

    Example:
        >>> from segeval.analysis import confusion
        >>> from segeval.data.synthetic import furniture
        >>> from segeval.metrics.coco.arguments import Arguments
        >>> from segeval.metrics.coco.average_precision import evaluations
        >>> scene = furniture(images=8)
        >>> [found] = evaluations(scene.weaker, scene.ground_truth, Arguments(), None)
        >>> plot_confusion(confusion(found)).get_xlabel()
        'number (share)'
    """
    from matplotlib.ticker import MaxNLocator, StrMethodFormatter

    pairs = _some(found)
    with drawing(ax, height_mm=confusion_height(found)) as (ax, colours):
        names = [_name(pair, found, fitting) for pair in pairs]
        texts = [_number(pair) for pair in pairs]
        for place, (pair, text) in enumerate(zip(pairs, texts, strict=True)):
            colour = _colour(pair, colours)
            ax.plot([0, pair.count], [place, place], color=colour, linewidth=0.8, alpha=0.6)
            ax.plot([pair.count], [place], "o", color=colour, markersize=4)
            ax.annotate(
                text, (pair.count, place), xytext=(5, 0), textcoords="offset points",
                va="center", size=SMALL_POINTS - 1, color=colour,
            )  # fmt: skip
        ax.set_yticks(range(len(pairs)), names)
        ax.tick_params(axis="y", length=0)
        ax.set_ylim(len(pairs) - 0.4, -0.6)
        ax.set_xlim(0, end_with_room(ax, names, [pair.count for pair in pairs], texts))
        ax.xaxis.set_major_locator(MaxNLocator(4, integer=True, steps=[1, 2, 5, 10]))
        ax.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
        ax.set_xlabel("number (share)" if found.iou else "pixels (share)")
    return ax


def _some(found: Confusion) -> Sequence[ConfusedPair]:
    """The worst pairs, at least one."""
    pairs = found.worst()
    if not pairs and found.iou is None:
        raise InputError(
            "no pixel is taken for another class, so there is nothing to draw.",
            code="no-confusion",
        )
    if not pairs:
        raise InputError(
            f"nothing is confused at {_matched(found, ' and')}, so there is nothing to draw.",
            code="no-confusion",
        )
    return pairs


def _matched(found: Confusion, joint: str = ",") -> str:
    """How objects and predictions were matched."""
    kind = "" if found.iou is None else f"{KINDS[found.iou]} "
    return f"{kind}IoU {found.threshold:g}{joint} scores from {found.min_score:g}"


def _name(
    pair: ConfusedPair, found: Confusion, short: Callable[[str, int], str] = short_name
) -> str:
    """What happened, in words, with names that are cut for the terminal or a figure."""
    gt, pred = short(pair.gt_name, LONGEST_NAME), short(pair.pred_name, LONGEST_NAME)
    if found.iou is None:
        return f"{gt} as {pred}"
    if pair.gt is None:
        return f"no object: {pred}"
    return f"not found: {gt}" if pair.pred is None else f"{gt} as {pred}"


def _number(pair: ConfusedPair) -> str:
    """How often it happened, and the share of the objects or pixels."""
    return f"{pair.count:,}" + ("" if pair.gt is None else f" ({percent(pair.share)} %)")


def _colour(pair: ConfusedPair, colours: Palette) -> str:
    """The colour of what happened."""
    if pair.gt is None:
        return colours.vermilion
    return colours.grey if pair.pred is None else colours.blue


def draw_confusion(found: Confusion, *, width: int = 80) -> str:
    """The worst pairs as bars of text.

    Args:
        found: of one model.
        width: width of the lines, in characters.

    Raises:
        InputError: if nothing was confused.
    """
    bars = [
        Bar(
            _name(pair, found), pair.count, f"{pair.count:,}",
            "" if pair.gt is None else f"{percent(pair.share)} %",
        )
        for pair in _some(found)
    ]  # fmt: skip
    heading = "Pixels of classes that are taken for others, and share of the class"
    if found.iou is not None:
        heading = f"Categories taken for others at {_matched(found)}, and share of the objects"
    return draw_bars(heading, bars, width=width)
