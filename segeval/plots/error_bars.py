"""What each kind of error costs in AP, or in mean IoU of label maps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from segeval.analysis.errors.label_scores import LabelErrorScores
from segeval.analysis.errors.tables import TITLES
from segeval.frozen import frozen
from segeval.metrics.kinds import KINDS, kinds_title
from segeval.plots.bars import Bar, draw_bars
from segeval.plots.labels import name_above, room_beside
from segeval.plots.letters import fitting
from segeval.plots.missing import nothing_counts
from segeval.plots.names import ap_name, lettered
from segeval.plots.palette import MOST_MODELS, check_told_apart
from segeval.plots.size_scores import Intervals
from segeval.plots.style import SMALL_POINTS, drawing
from segeval.words import percent

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from segeval.analysis.errors.label_result import LabelErrors
    from segeval.analysis.errors.result import ErrorKinds
    from segeval.analysis.errors.scores import LostAP
    from segeval.plots.palette import Palette

NAMES = {**TITLES, "segment": "whole segment"}
"""Kinds as people call them, where that differs from their keys."""

NOTE_MM = 3.6
"""Height of the line that says what the lines through the bars are."""

LONGEST_NAME = 21
"""Usual letters of a model's name in a figure."""


@frozen
class Cost:
    """What one kind of error costs one model; fractions of AP or IoU, None is undefined.

    Attributes:
        model: name of the model; "" if there is one alone.
        kind: of error, such as "loc".
        share: of 1 - AP, or of 1 - mIoU; None where shares are not computed.
        alone: what AP gains if this kind alone is fixed; None for label maps.
        last: what AP gains if it is fixed after all others; None for label maps.
        count: number of errors, or of wrong pixels; None for means over thresholds.
        low: lower end of the interval of the share; None without one.
        high: upper end, likewise.
    """

    model: str
    kind: str
    share: float | None
    alone: float | None
    last: float | None
    count: int | None
    low: float | None = None
    high: float | None = None

    @property
    def is_sampled(self) -> bool:
        """Whether there is an interval of the share, from draws of the images."""
        return self.low is not None and self.high is not None

    @property
    def shown(self) -> float | None:
        """The share, or else what AP gains alone."""
        return self.alone if self.share is None else self.share


@frozen
class ErrorCosts:
    """Costs of all kinds of errors, of one model or several.

    Attributes:
        iou: what IoU compares; None for label maps.
        number: AP or mean IoU by name of the model.
        costs: kinds by falling cost to the first model, each with all models.
        threshold: the IoU threshold of AP; None for the mean of several, or for label maps.
    """

    iou: str | None
    number: Mapping[str, float | None]
    costs: tuple[Cost, ...]
    threshold: float | None = None

    @property
    def measure(self) -> str:
        """What people call the number."""
        if self.iou is None:
            return "mIoU"
        return "AP" if self.threshold is None else ap_name(self.threshold)

    @property
    def counted(self) -> str:
        """What people call what is counted."""
        return "pixels" if self.iou is None else "errors"

    def rows(self) -> list[tuple[str | int | float | None, ...]]:
        """The data behind the figure: a header, then a row for each kind and model."""
        rows: list[tuple[str | int | float | None, ...]] = [
            ("iou", "model", "kind", "share", "low", "high", "alone", "last", "count")
        ]
        for each in self.costs:
            numbers = (each.share, each.low, each.high, each.alone, each.last, each.count)
            rows.append((self.iou, each.model, each.kind, *numbers))
        return rows


def error_costs(
    results: Mapping[str, ErrorKinds | LabelErrors],
    intervals: Mapping[str, Intervals] | None = None,
) -> ErrorCosts:
    """The costs of error kinds, for the first kind of IoU.

    Args:
        results: of `segeval.error_kinds` or of `segeval.label_errors` by name of the model; the
            name of a single one may be "".
        intervals: of label maps' numbers by name of the model, by their place in JSON, such as
            ("kinds", "boundary", "share"); results of AP have theirs.

    Raises:
        InputError: if no ground truth counts.

    Example:
        >>> import segeval
        >>> from segeval.data.synthetic import furniture
        >>> scene = furniture(images=8)
        >>> found = segeval.error_kinds(scene.better, scene.ground_truth)
        >>> error_costs({"": found}).threshold
        0.5
    """
    found: list[list[Cost]] = []
    number: dict[str, float | None] = {}
    iou, thresholds = None, set[float]()
    for name, result in results.items():
        if isinstance(result.scores, LabelErrorScores):
            number[name] = result.scores.miou
            own = _of_pixels(name, result.scores, (intervals or {}).get(name, {}))
        else:
            iou, scores = next(iter(result.scores.items()))
            thresholds.update(result.settings["thresholds"])
            number[name] = scores.overall.ap
            own = _of_objects(name, scores.overall)
        if number[name] is None:
            raise nothing_counts(result, "ap" if iou else "iou")
        found.append(own)
    order = sorted(range(len(found[0])), key=lambda at: -(found[0][at].shown or 0.0))
    costs = tuple(own[at] for at in order for own in found)
    return ErrorCosts(iou, number, costs, *(thresholds if len(thresholds) == 1 else ()))


def _of_objects(model: str, lost: LostAP) -> list[Cost]:
    """What the kinds of errors cost in AP."""
    own = []
    for kind, cost in lost.kinds.items():
        ends = (cost.intervals or {}).get("share") or (None, None)
        own.append(Cost(model, kind, cost.share, cost.alone, cost.last, cost.count, *ends))
    return own


def _of_pixels(model: str, scores: LabelErrorScores, known: Intervals) -> list[Cost]:
    """What the kinds of wrong pixels cost in mean IoU."""
    own = []
    for kind, found in scores.kinds.items():
        ends = known.get(("kinds", kind, "share"), (None, None))
        own.append(Cost(model, kind, found.share, None, None, found.count, *ends))
    return own


def errors_height(costs: ErrorCosts) -> float:
    """Height in millimetres of a figure of costs."""
    each = 6.0 if len(costs.number) == 1 else 4.5
    below = 18.0 + NOTE_MM * bool(_meaning(costs))
    return below + 4.0 * len(costs.number) + each * len(costs.costs)


def plot_errors(costs: ErrorCosts, *, ax: Axes | None = None) -> Axes:
    """Draw what each kind of error costs in points, the largest first.

    The bar is the share, the numbers add up to 100 - AP or 100 - mIoU; a thin line without ends
    spans what AP gains if the kind is fixed alone and if it is fixed last. Where there are
    intervals of the share, lines with ends are these in its place. The label of the axis says which
    it is. Without shares (tidecv) the bar is what AP gains alone.

    Args:
        costs: of one model or several, as from `error_costs`.
        ax: where to draw; None makes a figure of one column's width.

    Returns:
        The axes; their figure can be written with `segeval.plots.save`.

    Raises:
        InputError: for more than three models.

    Example:
        >>> import segeval
        >>> from segeval.data.synthetic import furniture
        >>> scene = furniture(images=8)
        >>> found = segeval.error_kinds(scene.better, scene.ground_truth)
        >>> plot_errors(error_costs({"": found})).get_xlabel().splitlines()
        ['cost in points of mask AP50', 'thin line: fixed alone to last']
    """
    models = list(costs.number)
    check_told_apart(len(models), MOST_MODELS)
    with drawing(ax, height_mm=errors_height(costs)) as (ax, colours):
        ends = []
        for place, each in enumerate(costs.costs):
            at = _place(place, len(models))
            colour = colours.line(models.index(each.model))[0]
            value = 100 * (each.shown or 0.0)
            thick = 0.5 / len(models) + 0.1
            ax.barh(at, value, height=thick, color=colour, alpha=0.45, linewidth=0)
            span = _span(each)
            if span is not None:
                ax.plot(span, [at, at], color=colour, linewidth=1.0 if each.is_sampled else 0.5)
                if each.is_sampled:
                    ax.plot(span, [at, at], "|", color=colour, markersize=4)
            end = max(value, *(span or (0.0,)))
            ends.append(end)
            ax.annotate(
                percent(each.shown), (end, at), xytext=(3, 0), textcoords="offset points",
                va="center", size=SMALL_POINTS - 1, color=colour,
            )  # fmt: skip
        _set_axes(ax, costs, max(ends), colours)
    return ax


def _place(place: int, models: int) -> float:
    """Height of a bar: kinds at whole numbers, their models beside each other."""
    kind, model = divmod(place, models)
    return kind + (model - (models - 1) / 2) * 0.7 / models


def _span(cost: Cost) -> tuple[float, float] | None:
    """Ends of the thin line in AP points."""
    if cost.low is not None and cost.high is not None:
        return 100 * cost.low, 100 * cost.high
    if cost.share is None or cost.alone is None or cost.last is None:
        return None
    low, high = sorted((cost.alone, cost.last))
    return 100 * low, 100 * high


def _meaning(costs: ErrorCosts) -> str:
    """What the lines through the bars are; "" without lines."""
    with_lines = [each for each in costs.costs if _span(each) is not None]
    sampled = {each.is_sampled for each in with_lines}
    interval, gains = "95 % interval", "fixed alone to last"
    if sampled == {True, False}:
        return f"line with ends: {interval}\nthin line: {gains}"
    return "" if not sampled else f"line: {interval}" if True in sampled else f"thin line: {gains}"


def _set_axes(ax: Axes, costs: ErrorCosts, longest: float, colours: Palette) -> None:
    """Kinds at the left, points below, AP of each model above."""
    from matplotlib.ticker import MaxNLocator

    kinds = list(dict.fromkeys(each.kind for each in costs.costs))
    counts = {each.kind: each.count for each in costs.costs}
    with_counts = len(costs.number) == 1 and None not in counts.values()
    ax.set_yticks(range(len(kinds)), [NAMES.get(kind, kind) for kind in kinds])
    texts = [f"{counts[kind]:,}" for kind in kinds] if with_counts else []
    right: dict[str, Any] = {
        "xytext": (room_beside(texts), 0), "textcoords": "offset points", "ha": "right",
        "size": SMALL_POINTS - 1, "color": colours.grey, "annotation_clip": False,
    }  # fmt: skip
    for place, text in enumerate(texts):
        ax.annotate(text, (1, place), xycoords=("axes fraction", "data"), va="center", **right)
    if with_counts:
        ax.annotate(costs.counted, (1, 1.01), xycoords="axes fraction", va="bottom", **right)
    ax.tick_params(axis="y", length=0)
    ax.set_ylim(len(kinds) - 0.4, -0.6)
    lowest = min(0.0, *(100 * (each.shown or 0.0) for each in costs.costs))
    ax.set_xlim(1.15 * lowest, max(1.15 * longest, 1.0))
    ax.xaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
    kind = "" if costs.iou is None else f"{KINDS[costs.iou]} "
    ax.set_xlabel(f"cost in points of {kind}{costs.measure}\n{_meaning(costs)}".strip())
    name_above(
        ax,
        [
            (
                f"{fitting(name, LONGEST_NAME)} {costs.measure} {percent(number)}".strip(),
                colours.line(place)[0],
            )
            for place, (name, number) in enumerate(costs.number.items())
        ],
    )


def draw_errors(costs: ErrorCosts, *, width: int = 80) -> str:
    """Costs of error kinds as bars of text.

    Args:
        costs: of one model or several.
        width: width of the lines, in characters.
    """
    letter = lettered(costs.number)
    bars = [
        Bar(
            f"{NAMES.get(each.kind, each.kind)}  {letter[each.model]}".rstrip(),
            None if each.shown is None else 100 * max(each.shown, 0.0),
            percent(each.shown),
            "" if each.count is None else f"{each.count:,}",
        )
        for each in costs.costs
    ]
    models = (
        f"{letter[name]} is {name}, " * bool(name) + f"{costs.measure} {percent(number)}"
        for name, number in costs.number.items()
    )
    lost = costs.measure if costs.iou is None else kinds_title([costs.iou], costs.measure)
    heading = f"{lost} points that each kind of error costs"
    return draw_bars("; ".join((heading, *models)), bars, width=width)
