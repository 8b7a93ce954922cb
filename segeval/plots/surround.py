"""Which categories lie inside of which others."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from segeval.errors import InputError
from segeval.plots.bars import Bar, draw_bars
from segeval.plots.letters import fitting
from segeval.plots.names import short_name
from segeval.plots.style import SMALL_POINTS, drawing
from segeval.rescore.statistics.surround import MIN_OBJECTS, Surround
from segeval.words import percent

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST = 20
"""Pairs that are drawn."""

LONGEST_NAME = 12
"""Usual letters of a category's name."""


def surround_rows(found: Surround) -> list[tuple[str | int | float | None, ...]]:
    """The data behind the figure: a header, then a row for each pair that occurs.

    Args:
        found: of one data set.
    """
    rows: list[tuple[str | int | float | None, ...]] = [
        ("inside", "around", "inside_name", "around_name", "objects", "p_in", "p_in_by_chance",
         "p_out", "p_out_by_chance")
    ]  # fmt: skip
    tables = found.p_in, found.inside_by_chance, found.p_out, found.around_by_chance
    for a, b in np.argwhere(found.inside > 0).tolist():
        values = (float(table[a, b]) for table in tables)
        rows.append(
            (
                found.categories[b], found.categories[a], found.names[b], found.names[a],
                int(found.objects[a, b]), *(None if np.isnan(v) else v for v in values),
            )
        )  # fmt: skip
    return rows


def surround_height(found: Surround) -> float:
    """Height in millimetres of a figure of one column's width."""
    return 22.0 + 4.0 * len(_pairs(found))


def plot_surround(found: Surround, *, ax: Axes | None = None) -> Axes:
    r"""Draw the share of the objects of a category that are inside of another one, beside chance.

    Filled dots are the share, rings what it would be by chance. Pairs of at least 20 objects are
    shown, those with the highest share first.

    Args:
        found: of one data set, as from `segeval.rescore.surround_statistics`.
        ax: where to draw; None makes a figure of one column's width.

    Returns:
        The axes; their figure can be written with `segeval.plots.save`.

    Raises:
        InputError: if no object is inside of one of another category.

    Source:
        Open Images paper (arXiv 2003.07557), figure 3.

    Example:
        >>> import segeval
        >>> from segeval.rescore import surround_statistics
        >>> boxes = {1: [0, 0, 50, 50], 2: [10, 10, 9, 9]}
        >>> gt = {
        ...     "images": [{"id": image, "width": 90, "height": 60} for image in range(20)],
        ...     "categories": [{"id": 1, "name": "car"}, {"id": 2, "name": "wheel"}],
        ...     "annotations": [
        ...         {"id": 2 * image + k, "image_id": image, "category_id": k, "bbox": box}
        ...         for image in range(20)
        ...         for k, box in boxes.items()
        ...     ],
        ... }
        >>> ax = plot_surround(surround_statistics(segeval.load_ground_truth(gt)))
        >>> ax.get_xlabel()
        'share inside (%)\nrings: by chance'
    """
    from matplotlib.ticker import MaxNLocator

    pairs = _pairs(found)
    places = np.arange(len(pairs))
    share = [100 * float(found.p_in[a, b]) for a, b in pairs]
    chance = [100 * float(found.inside_by_chance[a, b]) for a, b in pairs]
    with drawing(ax, height_mm=surround_height(found)) as (ax, colours):
        ax.hlines(places, share, chance, color=colours.pale)
        rings: dict[str, Any] = {"color": colours.blue, "markersize": 5}
        ax.plot(chance, places, "o", markerfacecolor=colours.paper, **rings)
        ax.plot(share, places, "o", **rings)
        names = [_label(found, a, b, fitting) for a, b in pairs]
        ax.set_yticks(places.tolist(), names, size=SMALL_POINTS)
        ax.tick_params(axis="y", length=0)
        ax.set_ylim(len(pairs) - 0.4, -0.6)
        most = max(1.0, *share, *np.nan_to_num(chance).tolist())
        ax.set_xlim(-0.03 * most, 1.05 * most)
        ax.xaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
        ax.set_xlabel("share inside (%)\nrings: by chance")
    return ax


def draw_surround(found: Surround, *, width: int = 80) -> str:
    """The same pairs as bars of text.

    Args:
        found: of one data set.
        width: width of the lines, in characters.

    Raises:
        InputError: if no object is inside of one of another category.
    """
    bars = []
    for a, b in _pairs(found):
        share, chance = float(found.p_in[a, b]), float(found.inside_by_chance[a, b])
        by_chance = None if np.isnan(chance) else chance
        bars.append(
            Bar(
                _label(found, a, b),
                share,
                f"{percent(share)} %",
                f"{percent(by_chance)} % by chance",
            )
        )
    return draw_bars("Share of objects inside of others, and by chance", bars, width=width)


def _pairs(found: Surround) -> list[tuple[int, int]]:
    """The pairs that are drawn, around and inside, by falling share."""
    if not found.inside.any():
        raise InputError(
            f"{found.source}: no object is inside of one of another category, so there is nothing "
            "to draw.",
            code="no-surround",
            path=found.source,
        )
    usable = (found.inside > 0) & (found.objects >= MIN_OBJECTS)
    pairs = np.argwhere(usable if usable.any() else found.inside > 0)
    order = np.argsort(-found.p_in[tuple(pairs.T)], kind="stable")[:MOST]
    return [(a, b) for a, b in pairs[order].tolist()]


def _label(
    found: Surround, around: int, inside: int, short: Callable[[str, int], str] = short_name
) -> str:
    """Such as "wheel in bicycle", with names that are cut for the terminal or a figure."""
    names = [
        short(found.names[place] or str(found.categories[place]), LONGEST_NAME)
        for place in (inside, around)
    ]
    return " in ".join(names)
