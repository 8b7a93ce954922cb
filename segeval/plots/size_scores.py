"""AP of each size bucket, for several kinds of IoU side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from segeval.analysis.key_paths import KeyPath
from segeval.frozen import frozen
from segeval.metrics.kinds import KINDS, kinds_title
from segeval.plots.bars import Bar, draw_bars
from segeval.plots.intervals import MARKERS, Estimate, draw_estimate
from segeval.plots.labels import label_step, spread
from segeval.plots.letters import fitting
from segeval.plots.missing import nothing_counts
from segeval.plots.style import SMALL_POINTS, drawing, size_mm

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from segeval.metrics.coco.result import APResult
    from segeval.plots.palette import Palette

Intervals = Mapping[KeyPath, tuple[float | None, float | None]]
"""Lower and upper ends, fractions, by the place of the number."""

MM_OF_NUMBER = 7.5
"""Room that a number beside its dot needs."""

LOW = 0.04
"""Share of the axis below which a number stands above its dot, off the axis below."""

UNDEFINED = "\N{EN DASH}"
"""Stands on the axis where AP is undefined."""

SIDE = 0.16
"""Distance of the dots of one bucket from each other, in distances of buckets."""


@frozen
class SizeDots:
    """AP of one kind of IoU by size bucket, "all" first.

    Attributes:
        iou: what IoU compares.
        names: A + 1 names.
        areas: least and largest area in pixels squared of each.
        gt: ground truths that count in each.
        ap: AP of each.
        relative: which of them have parts of the image's area in `areas` instead; () for none.
    """

    iou: str
    names: tuple[str, ...]
    areas: tuple[tuple[float, float], ...]
    gt: tuple[int, ...]
    ap: tuple[Estimate, ...]
    relative: tuple[bool, ...] = ()


def size_dots(result: APResult, intervals: Intervals | None = None) -> tuple[SizeDots, ...]:
    """AP by size bucket for each kind of IoU of a result.

    Args:
        result: of `segeval.average_precision`.
        intervals: of the numbers, by their place in JSON, such as ("segm", "sizes", "small", "ap").

    Raises:
        InputError: if no ground truth counts.

    Example:
        >>> import segeval
        >>> from segeval.data.synthetic import furniture
        >>> scene = furniture(images=8)
        >>> [dots] = size_dots(segeval.average_precision(scene.better, scene.ground_truth))
        >>> dots.names
        ('all', 'small', 'medium', 'large')
    """
    if result.first.overall.gt == 0:
        raise nothing_counts(result)
    known = intervals or {}
    found = []
    for iou, scores in result.scores.items():
        sizes = [scores.overall, *scores.sizes]
        paths: list[KeyPath] = [(iou, "ap"), *((iou, "sizes", s.name, "ap") for s in scores.sizes)]
        ap = (Estimate(s.ap, *known.get(path, ())) for s, path in zip(sizes, paths, strict=True))
        found.append(
            SizeDots(
                iou=iou,
                names=tuple(size.name for size in sizes),
                areas=tuple((size.min_area, size.max_area) for size in sizes),
                gt=tuple(size.gt for size in sizes),
                ap=tuple(ap),
                relative=tuple(size.relative for size in sizes),
            )
        )
    return tuple(found)


def size_rows(kinds: Sequence[SizeDots]) -> list[tuple[str | float | None, ...]]:
    """The data behind the figure: a header, then a row for each kind of IoU and bucket.

    Args:
        kinds: as from `size_dots`.
    """
    with_unit = any(True in kind.relative for kind in kinds)
    unit = ("relative",) if with_unit else ()
    rows: list[tuple[str | float | None, ...]] = [
        ("iou", "size", "min_area", "max_area", *unit, "gt", "ap", "low", "high")
    ]
    for kind in kinds:
        units = [(str(own).lower(),) for own in kind.relative] if with_unit else [()] * len(kind.gt)
        every = zip(kind.names, kind.areas, units, kind.gt, kind.ap, strict=True)
        for name, area, own, gt, ap in every:
            rows.append((kind.iou, name, *area, *own, gt, ap.value, ap.low, ap.high))
    return rows


def plot_sizes(kinds: Sequence[SizeDots], *, ax: Axes | None = None) -> Axes:
    """Draw AP of each size bucket as a dot with its interval, kinds of IoU side by side.

    Args:
        kinds: of a result, as from `size_dots`.
        ax: where to draw; None makes a figure of one column's width.

    Returns:
        The axes; their figure can be written with `segeval.plots.save`.

    Example:
        >>> import segeval
        >>> from segeval.data.synthetic import furniture
        >>> scene = furniture(images=4)
        >>> result = segeval.average_precision(scene.better, scene.ground_truth)
        >>> plot_sizes(size_dots(result)).get_ylabel()
        'mask AP (%)'
    """
    with drawing(ax) as (ax, colours):
        groups = len(kinds[0].names)
        width = 0.75 * size_mm(ax)[0] / groups
        with_numbers = width >= MM_OF_NUMBER * max(len(kinds), 1.3) and len(kinds) <= 2
        _set_axes(ax, kinds)
        ax.axvline(0.5, color=colours.pale, linewidth=0.6, zorder=0)
        for place, kind in enumerate(kinds):
            shift = SIDE * (place - (len(kinds) - 1) / 2)
            colour = colours.line(place)[0]
            left = place == 0 and len(kinds) > 1
            for group, ap in enumerate(kind.ap):
                draw_estimate(
                    ax, group + shift, ap, colour, marker=MARKERS[place % 3], upright=True
                )
                if ap.value is None:
                    ax.annotate(
                        UNDEFINED, (group + shift, 0), xytext=(0, 3), textcoords="offset points",
                        ha="center", size=SMALL_POINTS, color=colour,
                    )  # fmt: skip
                elif with_numbers:
                    is_low = 100 * ap.value < LOW * ax.get_ylim()[1]
                    ax.annotate(
                        f"{100 * ap.value:.1f}", (group + shift, 100 * ap.value),
                        xytext=(-4 if left else 4, 0), textcoords="offset points",
                        ha="right" if left else "left", va="bottom" if is_low else "center",
                        size=SMALL_POINTS - 1, color=colour,
                    )  # fmt: skip
        if len(kinds) > 1:
            _name_kinds(ax, kinds, colours)
    return ax


def _set_axes(ax: Axes, kinds: Sequence[SizeDots]) -> None:
    """Buckets below, and how many objects each has."""
    from matplotlib.ticker import MaxNLocator

    groups = len(kinds[0].names)
    room = int(0.75 * size_mm(ax)[0] / groups / 1.6)
    labels = [
        f"{fitting(name, max(room, 4))}\n{gt:,}"
        for name, gt in zip(kinds[0].names, kinds[0].gt, strict=True)
    ]
    ax.set_xticks(range(groups), labels)
    ax.tick_params(axis="x", length=0)
    side = 0.5 if len(kinds) == 1 else 0.75
    ax.set_xlim(-side, groups - 1 + side)
    ends = [
        end for kind in kinds for ap in kind.ap for end in (ap.value, ap.high) if end is not None
    ]
    ax.set_ylim(0, 100 * max([0.01, *ends]) * 1.08)
    ax.yaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
    ax.set_xlabel("size of objects, and their number")
    name = f"{KINDS[kinds[0].iou]} AP" if len(kinds) == 1 else "AP"
    ax.set_ylabel(f"{name} (%)")


def _name_kinds(ax: Axes, kinds: Sequence[SizeDots], colours: Palette) -> None:
    """Put the name of each kind of IoU right of its last dot."""
    last = [next((ap.value for ap in kind.ap[::-1] if ap.value is not None), 0.0) for kind in kinds]
    step = label_step(ax)
    places = spread([100 * value for value in last], step)
    for number, (kind, place) in enumerate(zip(kinds, places, strict=True)):
        ax.annotate(
            KINDS[kind.iou], (1.02, place), xycoords=("axes fraction", "data"),
            color=colours.line(number)[0], size=SMALL_POINTS, va="center", annotation_clip=False,
        )  # fmt: skip


def draw_size_scores(kinds: Sequence[SizeDots], *, width: int = 80) -> str:
    """AP by size bucket as bars of text.

    Args:
        kinds: of a result.
        width: width of the lines, in characters.
    """
    parts = []
    for kind in kinds:
        bars = [
            Bar(name, None if ap.value is None else 100 * ap.value, ap.text, f"{gt:,}")
            for name, ap, gt in zip(kind.names, kind.ap, kind.gt, strict=True)
        ]
        heading = f"{kinds_title([kind.iou], 'AP')} (%) and number of objects by size"
        parts.append(draw_bars(heading, bars, width=width, most=100))
    return "\n\n".join(parts)
