"""How likely one category is in an image that has another."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from segeval.errors import InputError
from segeval.plots.bars import Bar, draw_bars
from segeval.plots.letters import fitting
from segeval.plots.style import SMALL_POINTS, drawing
from segeval.rescore.statistics.presence import Cooccurrence
from segeval.words import percent

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from segeval.plots.palette import Palette

MOST = 24
"""Categories that a figure has room for."""

MOST_PAIRS = 20
"""Pairs that are drawn in the terminal."""

LONGEST_NAME = 14
"""Usual letters of a category's name."""

MOST_WITH_NUMBERS = 12
"""Categories up to which each cell has its number."""


def cooccurrence_rows(found: Cooccurrence) -> list[tuple[str | int | float | None, ...]]:
    """The data behind the figure: a header, then a row for each pair that shares an image.

    Args:
        found: of one data set.
    """
    rows: list[tuple[str | int | float | None, ...]] = [
        ("category", "given", "name", "given_name", "images", "together", "probability", "lift")
    ]
    chance, lift = found.probability, found.lift
    for i, j in zip(*np.nonzero(found.together), strict=True):
        if i != j:
            rows.append(
                (
                    found.categories[i], found.categories[j], found.names[i], found.names[j],
                    int(found.present[j]), int(found.together[i, j]), float(chance[i, j]),
                    float(lift[i, j]),
                )
            )  # fmt: skip
    return rows


def cooccurrence_height(found: Cooccurrence) -> float:
    """Height in millimetres of a figure of one column's width."""
    return 34.0 + min(3.2 * len(_shown(found)), 60.0)


def plot_cooccurrence(found: Cooccurrence, *, ax: Axes | None = None) -> Axes:
    """Draw the chance of each category (row) in images that have another one (column).

    The darker, the more likely. The most frequent categories are shown, the most frequent first.

    Args:
        found: of one data set, as from `segeval.rescore.cooccurrence`.
        ax: where to draw; None makes a figure of one column's width.

    Returns:
        The axes; their figure can be written with `segeval.plots.save`.

    Raises:
        InputError: if no two categories share an image.

    Source:
        Open Images paper (arXiv 2003.07557), figure 2.

    Example:
        >>> import segeval
        >>> from segeval.data.synthetic import furniture
        >>> from segeval.rescore import cooccurrence
        >>> gt = segeval.load_ground_truth(furniture(images=8).ground_truth)
        >>> type(plot_cooccurrence(cooccurrence(gt))).__name__
        'Axes'
    """
    from matplotlib.colors import LinearSegmentedColormap

    shown = _shown(found)
    chance = found.probability[np.ix_(shown, shown)]
    names = [fitting(_name(found, place), LONGEST_NAME) for place in shown.tolist()]
    with drawing(ax, height_mm=cooccurrence_height(found)) as (ax, colours):
        plain = LinearSegmentedColormap.from_list("chance", [colours.paper, colours.blue])
        hues = plain.with_extremes(bad=colours.pale)
        ax.imshow(np.ma.masked_invalid(chance), cmap=hues, vmin=0, vmax=1, aspect="equal")
        if len(shown) <= MOST_WITH_NUMBERS:
            for (row, column), value in np.ndenumerate(chance):
                if not np.isnan(value):
                    cell = np.array(hues(float(value))[:3])
                    ax.text(
                        column, row, f"{100 * value:.0f}", ha="center", va="center",
                        size=SMALL_POINTS - 2,
                        color=_clearer(cell, colours),
                    )  # fmt: skip
        ax.set_xticks(range(len(names)), names, rotation=90, size=SMALL_POINTS - 1)
        ax.set_yticks(range(len(names)), names, size=SMALL_POINTS - 1)
        ax.tick_params(length=0)
        ax.spines[:].set_visible(False)
        ax.set_xlabel("if an image has ...")
        ax.set_ylabel("it has ... too")
    return ax


def _clearer(cell: NDArray[np.float64], colours: Palette) -> str:
    """Of the colours of paper and ink the one that is farther from a cell's in lightness."""
    from matplotlib.colors import to_rgb

    weights = np.array([0.299, 0.587, 0.114])
    lightness = float(weights @ cell)
    return max(
        (colours.paper, colours.ink),
        key=lambda each: abs(float(weights @ to_rgb(each)) - lightness),
    )


def draw_cooccurrence(found: Cooccurrence, *, width: int = 80) -> str:
    """The pairs with the highest lift among those that say something, as bars of text.

    Args:
        found: of one data set.
        width: width of the lines, in characters.

    Raises:
        InputError: if no two categories share an image.
    """
    _shown(found)
    chance, lift = found.probability, found.lift
    usable = found.valid()
    np.fill_diagonal(usable, val=False)
    usable = usable if usable.any() else (found.together > 0) & ~np.eye(len(lift), dtype=np.bool_)
    pairs = np.argwhere(usable)
    order = np.argsort(-np.nan_to_num(chance[tuple(pairs.T)]), kind="stable")[:MOST_PAIRS]
    bars = [
        Bar(
            f"{_name(found, i)} beside {_name(found, j)}",
            float(chance[i, j]),
            f"{percent(float(chance[i, j]))} %",
            f"{lift[i, j]:.1f} x",
        )
        for i, j in pairs[order].tolist()
    ]
    return draw_bars("Chance of a category beside another, and lift", bars, width=width)


def _shown(found: Cooccurrence) -> NDArray[np.int64]:
    """Places of the most frequent categories, the most frequent first."""
    shared = found.together.copy()
    np.fill_diagonal(shared, 0)
    if not shared.any():
        raise InputError(
            f"{found.source}: no two categories share an image, so there is nothing to draw.",
            code="no-cooccurrence",
            path=found.source,
        )
    order = np.argsort(-found.present, kind="stable")
    return order[found.present[order] > 0][:MOST]


def _name(found: Cooccurrence, place: int) -> str:
    """The name of a category, else its id."""
    return found.names[place] or str(found.categories[place])
