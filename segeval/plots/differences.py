"""Differences between two models with their intervals, around a line at zero."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from segeval.analysis.comparison.differences import Difference, family_of
from segeval.analysis.comparison.tables import of_categories
from segeval.analysis.comparison.verdicts import Verdict, verdict_text
from segeval.analysis.key_paths import KeyPath, dotted
from segeval.characters import shown as plain
from segeval.errors import InputError
from segeval.frozen import frozen
from segeval.plots.letters import fitting
from segeval.plots.names import short_name
from segeval.plots.style import SMALL_POINTS, drawing
from segeval.words import signed

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from segeval.analysis.comparison.result import Comparison
    from segeval.analysis.comparison.scores import ComparisonScores
    from segeval.plots.palette import Palette

MOST = 60
"""Differences that a figure shows; of more, those farthest from zero."""

FEW = 30
"""Differences whose names have the usual size."""

LONGEST_NAME = 20
"""Usual letters of a name."""

LONGEST_MODEL = 16
"""Usual letters of a model's name in a figure."""


@frozen
class DifferenceDot:
    """One number of two models.

    Attributes:
        path: its place in JSON.
        name: what it is called.
        found: both values, their difference and its verdict.
    """

    path: KeyPath
    name: str
    found: Difference


@frozen
class DifferenceDots:
    """The numbers of a comparison that a figure shows.

    Attributes:
        a: name of the first model.
        b: name of the second.
        dots: from top to bottom.
        margin: differences up to this are of no interest, a fraction.
        images: that are drawn.
    """

    a: str
    b: str
    dots: tuple[DifferenceDot, ...]
    margin: float
    images: int

    def rows(self) -> list[tuple[str | float | None, ...]]:
        """The data behind the figure: a header, then a row per number."""
        rows: list[tuple[str | float | None, ...]] = [
            ("number", "name", "a", "b", "difference", "low", "high", "p", "p_corrected", "verdict")
        ]
        for each in self.dots:
            own = each.found
            low, high = own.interval or (None, None)
            values = (own.a, own.b, own.difference, low, high, own.p, own.p_corrected)
            rows.append((dotted(each.path), each.name, *values, own.verdict.value))
        return rows


def difference_dots(comparison: Comparison, *, by: str = "size", pair: int = 0) -> DifferenceDots:
    """The differences of a comparison: main numbers and sizes, or one number by category.

    Args:
        comparison: of `segeval.compare`.
        by: "size" for the overall numbers, then sizes and the like in their order; "category" for
            the main number of every category, by falling difference.
        pair: place of the pair of models.

    Raises:
        InputError: if nothing of it is defined.

    Example:
        >>> import segeval
        >>> from segeval.data.synthetic import furniture
        >>> scene = furniture(images=12)
        >>> found = segeval.compare(scene.better, scene.weaker, scene.ground_truth, resamples=100)
        >>> difference_dots(found).images
        12
    """
    scores = comparison.scores
    chosen = scores.pairs[pair]
    places = set(of_categories(scores) if by == "category" else _by_size(scores))
    found = []
    for path, one in chosen.differences.items():
        if path in places and one.difference is not None:
            name = scores.name_of(path)
            if by == "category":
                name = scores.categories[path[path.index("categories") + 1]]
            found.append(DifferenceDot(path, name, one))
    if not found:
        raise InputError(
            f"no difference by {by} is defined, so there is nothing to draw.", code="no-difference"
        )
    if by == "category":
        found.sort(key=lambda dot: -(dot.found.difference or 0.0))
    return DifferenceDots(
        a=_model(chosen.a),
        b=_model(chosen.b),
        dots=tuple(found),
        margin=scores.margin,
        images=scores.groups or scores.images,
    )


def _model(name: str) -> str:
    """The name of a model: its file's, without suffix."""
    return name.removesuffix(".json").removesuffix(".csv")


def _by_size(scores: ComparisonScores) -> list[KeyPath]:
    """The overall numbers, and the main one of sizes and other parts but categories."""
    families = [(path, family_of(path)) for path in scores.paths if "ar_by_max_dets" not in path]
    return [
        path
        for path, family in families
        if family is None or ("categories" not in family and path[-1] == scores.primary[-1])
    ]


def drawn_dots(dots: DifferenceDots) -> list[DifferenceDot]:
    """Those that a figure shows: of too many, those farthest from zero, in their order."""
    far = sorted(dots.dots, key=lambda dot: -abs(dot.found.difference or 0.0))[:MOST]
    kept = {dot.path for dot in far}
    return [dot for dot in dots.dots if dot.path in kept]


def compare_height(dots: DifferenceDots) -> float:
    """Height in millimetres at which all names can be read."""
    number = len(drawn_dots(dots))
    return 28.0 + (4.2 if number <= FEW else 3.0) * max(number, 3)


def plot_compare(dots: DifferenceDots, *, ax: Axes | None = None) -> Axes:
    """Draw each difference as a dot with its interval, around a line at zero.

    Filled dots are decided: they have the colour of the better model, blue for the first (left) and
    vermilion for the second (right), as in other figures. Hollow grey ones are not decided or the
    same, crosses have too few images. A margin is a pale band.

    Args:
        dots: of a comparison, as from `difference_dots`.
        ax: where to draw; None makes a figure of one column's width.

    Returns:
        The axes; their figure can be written with `segeval.plots.save`.

    Example:
        >>> import segeval
        >>> from segeval.data.synthetic import furniture
        >>> scene = furniture(images=12)
        >>> found = segeval.compare(scene.better, scene.weaker, scene.ground_truth, resamples=100)
        >>> plot_compare(difference_dots(found)).get_xlabel()
        'difference in points'
    """
    shown = drawn_dots(dots)
    with drawing(ax, height_mm=compare_height(dots)) as (ax, colours):
        ax.axvline(0, color=colours.grey, linewidth=0.8, zorder=0)
        if dots.margin:
            band = 100 * dots.margin
            ax.axvspan(-band, band, color=colours.pale, alpha=0.35, linewidth=0, zorder=-1)
        for place, each in enumerate(shown):
            _draw(ax, place, each.found, colours, small=len(shown) > FEW)
        _set_axes(ax, dots, shown, colours)
    return ax


def _draw(ax: Axes, place: int, found: Difference, colours: Palette, *, small: bool) -> None:
    """Draw one dot and its interval."""
    verdict = found.verdict
    first, second = colours.line(0)[0], colours.line(1)[0]
    colour = {Verdict.BETTER: second, Verdict.WORSE: first}.get(verdict, colours.grey)
    if found.interval is not None:
        ends = [100 * end for end in found.interval]
        ax.plot(ends, [place, place], color=colour, linewidth=1.0, solid_capstyle="butt")
    decided = verdict in (Verdict.BETTER, Verdict.WORSE)
    ax.plot(
        [100 * (found.difference or 0.0)], [place],
        "x" if verdict is Verdict.TOO_FEW else "o", color=colour,
        markersize=2.5 if small else 4.0,
        markerfacecolor=colour if decided else colours.paper,
    )  # fmt: skip


def _set_axes(
    ax: Axes, dots: DifferenceDots, shown: Sequence[DifferenceDot], colours: Palette
) -> None:
    """Names at the left, points below, which side is whose above."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    points = SMALL_POINTS if len(shown) <= FEW else 5.5
    names = [fitting(each.name, LONGEST_NAME) for each in shown]
    ax.set_yticks(range(len(shown)), names, size=points)
    ax.tick_params(axis="y", length=0)
    ax.set_ylim(len(shown) - 0.4, -0.6)
    ends = [100 * abs(end) for each in shown for end in (each.found.interval or ())]
    ends += [100 * abs(each.found.difference or 0.0) for each in shown]
    most = 1.1 * max(*ends, 150 * dots.margin, 0.1)
    ax.set_xlim(-most, most)
    ax.xaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
    ax.xaxis.set_major_formatter(FuncFormatter(_signed))
    label = "difference in points"
    if len(shown) < len(dots.dots):
        label += f"\nfarthest {len(shown)} of {len(dots.dots):,}"
    ax.set_xlabel(label)
    for text, at, side, colour in (
        (f"{fitting(dots.a, LONGEST_MODEL)}\nbetter", 0.0, "left", colours.line(0)[0]),
        (f"{fitting(dots.b, LONGEST_MODEL)}\nbetter", 1.0, "right", colours.line(1)[0]),
    ):
        ax.annotate(
            text, (at, 1.01), xycoords="axes fraction", ha=side, va="bottom",
            size=SMALL_POINTS, color=colour, annotation_clip=False,
        )  # fmt: skip


def _signed(value: float, _: int) -> str:
    """A number on the axis, with its sign."""
    return f"{value:+g}".replace("-", "\N{MINUS SIGN}") if value else "0"


AXIS = "─"
ZERO = "│"
DOT = "●"


def draw_compare(dots: DifferenceDots, *, width: int = 80) -> str:
    """Differences with intervals as text, a line each.

    Args:
        dots: of a comparison.
        width: width of the lines, in characters.
    """
    shown = drawn_dots(dots)
    names = [short_name(each.name, 20) for each in shown]
    before = max(map(len, names))
    numbers = [signed(each.found.difference or 0.0) for each in shown]
    number = max(map(len, numbers))
    verdicts = [
        verdict_text(each.found.verdict, dots.margin, each.found.detectable).partition(" (")[0]
        for each in shown
    ]
    room = max(width - 2 - before - 2 - number - 1 - 2 - max(map(len, verdicts)), 11)
    ends = [abs(end) for each in shown for end in (each.found.interval or ())]
    most = max(*ends, *(abs(each.found.difference or 0.0) for each in shown), 1e-3)
    half = room // 2
    lines = [f"{plain(dots.b)} - {plain(dots.a)}, points with 95 % intervals"]
    for name, value, verdict, each in zip(names, numbers, verdicts, shown, strict=True):
        cells = [" "] * (2 * half + 1)
        cells[half] = ZERO
        low, high = each.found.interval or (each.found.difference, each.found.difference)
        places = [half + round((end or 0.0) / most * half) for end in (low, high)]
        for at in range(places[0], places[1] + 1):
            cells[at] = AXIS
        cells[half + round((each.found.difference or 0.0) / most * half)] = DOT
        lines.append(f"  {name:<{before}}  {value:>{number}} {''.join(cells)}  {verdict}".rstrip())
    return "\n".join(lines)
