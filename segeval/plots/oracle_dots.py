"""What AP would be if one thing were perfect."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from segeval.analysis.oracles.presented import TITLES
from segeval.frozen import frozen
from segeval.metrics.kinds import KINDS, kinds_title
from segeval.plots.bars import Bar, draw_bars
from segeval.plots.intervals import MARKERS
from segeval.plots.labels import name_above
from segeval.plots.letters import fitting
from segeval.plots.missing import nothing_counts
from segeval.plots.names import lettered
from segeval.plots.palette import MOST_MODELS, check_told_apart
from segeval.plots.style import SMALL_POINTS, drawing
from segeval.words import percent, signed

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from segeval.analysis.oracles.upper_bounds import Oracles
    from segeval.plots.palette import Palette

LONGEST_NAME = 24
"""Usual letters of a model's name in a figure."""

BEST = "best_of_models"
"""The oracle that several models have together."""

NAMES = {**TITLES, BEST: "best of all models"}


@frozen
class Gain:
    """One oracle of one model; fractions, None is undefined.

    Attributes:
        model: name of the model; "" if there is one alone, or of all together.
        oracle: what is perfect, such as "score".
        ap: AP then.
        gain: what that is above AP as it is.
    """

    model: str
    oracle: str
    ap: float | None
    gain: float | None


@frozen
class OracleGains:
    """The oracles of one model or several.

    Attributes:
        iou: what IoU compares.
        ap: AP as it is, by name of the model.
        gains: oracles by falling gain of the first model, each with all models; last, with several
            models, the best mask of any of them.
    """

    iou: str
    ap: dict[str, float | None]
    gains: tuple[Gain, ...]

    def rows(self) -> list[tuple[str | float | None, ...]]:
        """The data behind the figure: a header, then a row for each model and oracle."""
        rows: list[tuple[str | float | None, ...]] = [("iou", "model", "oracle", "ap", "gain")]
        rows += [(self.iou, name, "none", ap, 0.0) for name, ap in self.ap.items()]
        rows += [(self.iou, each.model, each.oracle, each.ap, each.gain) for each in self.gains]
        return rows


def oracle_gains(result: Oracles) -> OracleGains:
    """The oracles of a result, for its first kind of IoU.

    Args:
        result: of `segeval.oracles`.

    Raises:
        InputError: if no ground truth counts.

    Example:
        >>> import segeval
        >>> from segeval.data.synthetic import furniture
        >>> scene = furniture(images=8)
        >>> len(oracle_gains(segeval.oracles(scene.better, scene.ground_truth)).gains)
        8
    """
    scores = result.first
    first = scores.models[0].overall
    if first.ap is None:
        raise nothing_counts(result)
    alone = len(scores.models) == 1
    names = ["" if alone else each.name.removesuffix(".json") for each in scores.models]
    order = sorted(first.oracles, key=lambda name: -(first.oracles[name].gain or 0.0))
    gains = [
        Gain(name, oracle, own.ap, own.gain)
        for oracle in order
        for name, model in zip(names, scores.models, strict=True)
        for own in (model.overall.oracles[oracle],)
    ]
    if not alone:
        gains.append(Gain("", BEST, scores.best_of_models, None))
    ap = {name: each.overall.ap for name, each in zip(names, scores.models, strict=True)}
    return OracleGains(scores.iou, ap, tuple(gains))


def oracles_height(found: OracleGains) -> float:
    """Height in millimetres of a figure of oracles."""
    return (
        18.0
        + 4.0 * len(found.ap)
        + 4.6 * len(_names(found))
        + 2.0 * len(found.gains) * (len(found.ap) > 1)
    )


def _names(found: OracleGains) -> list[str]:
    """The oracles from top to bottom."""
    return list(dict.fromkeys(each.oracle for each in found.gains))


def plot_oracles(found: OracleGains, *, ax: Axes | None = None) -> Axes:
    """Draw what AP would be if one thing were perfect, a line from AP as it is to a dot.

    Gains overlap and must not be added.

    Args:
        found: of one model or several, as from `oracle_gains`.
        ax: where to draw; None makes a figure of one column's width.

    Returns:
        The axes; their figure can be written with `segeval.plots.save`.

    Raises:
        InputError: for more than three models.

    Example:
        >>> import segeval
        >>> from segeval.data.synthetic import furniture
        >>> scene = furniture(images=8)
        >>> found = segeval.oracles(scene.better, scene.ground_truth)
        >>> plot_oracles(oracle_gains(found)).get_xlabel()
        'mask AP (%)'
    """
    from matplotlib.ticker import MaxNLocator

    check_told_apart(len(found.ap), MOST_MODELS)
    with drawing(ax, height_mm=oracles_height(found)) as (ax, colours):
        names, models = _names(found), list(found.ap)
        for place, ap in enumerate(found.ap.values()):
            if ap is not None:
                line: dict[str, Any] = {"linewidth": 0.7, "linestyle": (0, (4, 3)), "zorder": 0}
                ax.axvline(100 * ap, color=colours.line(place)[0], **line)
        name_above(
            ax,
            [
                (f"{fitting(name, LONGEST_NAME)} AP {percent(ap)}".strip(), colours.line(k)[0])
                for k, (name, ap) in enumerate(found.ap.items())
            ],
        )
        for each in found.gains:
            _draw(ax, each, found, names.index(each.oracle), models, colours)
        ax.set_yticks(range(len(names)), [NAMES[name] for name in names])
        ax.tick_params(axis="y", length=0)
        ax.set_ylim(len(names) - 0.4, -0.6)
        ends = [100 * (each.ap or 0.0) for each in found.gains]
        low = min(100 * (ap or 0.0) for ap in found.ap.values())
        room = max([*ends, low]) - min([*ends, low]) + 1.0
        ax.set_xlim(min([*ends, low]) - 0.06 * room, max([*ends, low]) + 0.2 * room)
        ax.xaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
        ax.set_xlabel(f"{KINDS[found.iou]} AP (%)")
    return ax


def _draw(
    ax: Axes, each: Gain, found: OracleGains, row: int, models: list[str], colours: Palette
) -> None:
    """Draw one dot, its line and its gain."""
    if each.ap is None:
        return
    if each.oracle == BEST:
        at, colour, marker = float(row), colours.ink, "D"
    else:
        place = models.index(each.model)
        at = row + (place - (len(models) - 1) / 2) * 0.6 / len(models)
        colour, marker = colours.line(place)[0], MARKERS[place % 3]
        start = 100 * (found.ap[each.model] or 0.0)
        ax.plot([start, 100 * each.ap], [at, at], color=colour, linewidth=1.0, alpha=0.6)
    ax.plot([100 * each.ap], [at], marker, color=colour, markersize=4)
    text = percent(each.ap) if each.gain is None else signed(each.gain)
    is_left = each.gain is not None and each.gain < 0
    ax.annotate(
        text, (100 * each.ap, at), xytext=(-5 if is_left else 5, 0),
        textcoords="offset points", ha="right" if is_left else "left", va="center",
        size=SMALL_POINTS - 1.5, color=colour,
        bbox={"boxstyle": "square,pad=0.05", "facecolor": colours.paper, "linewidth": 0},
    )  # fmt: skip


def draw_oracles(found: OracleGains, *, width: int = 80) -> str:
    """What AP would be as bars of text.

    Args:
        found: of one model or several.
        width: width of the lines, in characters.
    """
    letter = {**lettered(found.ap), "": ""}
    bars = [
        Bar(f"as it is  {letter[name]}".rstrip(), 100 * (ap or 0.0), percent(ap))
        for name, ap in found.ap.items()
    ]
    bars += [
        Bar(
            f"{NAMES[each.oracle]}  {letter[each.model]}".rstrip(),
            None if each.ap is None else 100 * each.ap,
            percent(each.ap),
            "" if each.gain is None else signed(each.gain),
        )
        for each in found.gains
    ]
    heading = f"{kinds_title([found.iou], 'AP')} (%) if one thing were perfect"
    if len(found.ap) > 1:
        heading += "; " + ", ".join(f"{letter[name]} is {name}" for name in found.ap)
    return draw_bars(heading, bars, width=width, most=100)
